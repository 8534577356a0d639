import Core
import Foundation
import TandemLab
import TandemTesting
import Testing

/// Services of the platform that fail, seen by a client of a running Tandem.
@Suite(
    "Faults of the platform's services",
    .serialized,
    .timeLimit(.minutes(3)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct PlatformFaultTests {
    /// Longer than the services' limit of 2 s, shorter than anybody's patience.
    private static let limit: Duration = .seconds(4)

    @Test(
        "wazo-auth refuses, hangs, breaks off or talks nonsense: 503 in time with the contract's body; then it is served"
    )
    func auth() async throws {
        try await Scene.play(.platform) { scene in
            let platform = try #require(scene.platform)
            for fault in FakeService.Fault.allCases {
                // A token that nobody has asked for yet, so that nothing is cached.
                let token = platform.token(tenant: Demo.tenant, user: Demo.bob, acl: ["calld.#"])
                let rest = scene.tandem.rest.with(token: token)
                platform.auth.fail(fault)
                let start = ContinuousClock.now
                let answer = try await rest.get(scene.queue())
                #expect(ContinuousClock.now - start < Self.limit, "\(fault)")
                #expect(answer.status == 503, "\(fault): \(answer.text)")
                #expect(answer.body?["error_id"] == "authentication-server-unreachable", "\(fault): \(answer.text)")
                #expect(answer.body?["details"]?["auth_server_port"] == .integer(Int64(platform.auth.port)))
                #expect(!answer.text.contains(token), "no token in an answer")
                platform.auth.fail(nil)
                _ = try await eventually("served again") {
                    try await rest.get(scene.queue()).status == 200 ? true : nil
                }
            }
        }
    }

    @Test("wazo-confd fails in each way: 503 with its details in time; then the client gets his answer")
    func confd() async throws {
        try await Scene.play(.platform) { scene in
            let platform = try #require(scene.platform)
            let unknown = scene.queue("30000000-0000-4000-8000-0000000000ff")
            let before = try await scene.rest.get(unknown)
            #expect(before.status == 404 && before.body?["error_id"] == "no-such-switchboard", "\(before.text)")
            for fault in FakeService.Fault.allCases {
                platform.confd.fail(fault)
                let start = ContinuousClock.now
                let answer = try await scene.rest.get(unknown)
                #expect(ContinuousClock.now - start < Self.limit, "\(fault)")
                #expect(answer.status == 503, "\(fault): \(answer.text)")
                #expect(answer.body?["error_id"] == "wazo-confd-unreachable", "\(fault): \(answer.text)")
                let details = answer.body?["details"]?["wazo_confd_config"]
                #expect(details?["port"] == .integer(Int64(platform.confd.port)), "\(fault): \(answer.text)")
                if fault == .hangs || fault == .closes {
                    let status = try await scene.rest.get("/status").body
                    #expect(status?["confd"]?["status"] == "fail" && status?["auth"]?["status"] == "ok", "\(fault)")
                }
                platform.confd.fail(nil)
                _ = try await eventually("found out again") {
                    try await scene.rest.get(unknown).status == 404 ? true : nil
                }
                try await scene.statusBecomes { $0["confd"]?["status"] == "ok" }
            }
        }
    }

    @Test("what confd tells on the bus is known at once: a deleted switchboard is 404, without a further question")
    func invalidated() async throws {
        try await Scene.play(.platform) { scene in
            let platform = try #require(scene.platform)
            let queue = scene.queue(Demo.switchboardB)
            func questions() -> Int {
                platform.confd.requests.count { $0.path.hasSuffix("/switchboards/\(Demo.switchboardB)") }
            }
            for _ in 0..<3 { #expect(try await scene.rest.get(queue).status == 200) }
            #expect(questions() <= 1, "asked once at most, then kept")
            try await platform.deleteSwitchboard(Demo.switchboardB)
            _ = try await eventually("it is gone") { try await scene.rest.get(queue).status == 404 ? true : nil }
        }
    }

    @Test("a revoked token stops within the seconds that answers are kept, and the refusal names the access")
    func revoked() async throws {
        try await Scene.play(.platform) { scene in
            let platform = try #require(scene.platform)
            #expect(try await scene.rest.get(scene.queue()).status == 200)
            platform.tokens.remove(scene.token)
            let refused = try await eventually("refused", within: .seconds(6)) {
                let answer = try await scene.rest.get(scene.queue())
                return answer.status == 401 ? answer : nil
            }
            #expect(refused.body?["details"]?["reason"] == "not_found_or_expired")
            #expect(
                refused.body?["details"]?["required_access"]?.string
                    == "calld.switchboards.\(Demo.switchboardA).calls.queued.read"
            )
        }
    }

    @Test("wazo-auth refuses our own token at first: the port is open, the status says so, and it is asked again")
    func serviceToken() async throws {
        let lab = try LabEnvironment()
        let platform = try await Platform.start(lab)
        platform.tokens.setCredentials("calld", "another")
        let tandem = try TandemProcess(lab, overrides: platform.settings)
        let outcome: Result<Void, any Error>
        do {
            try await tandem.start()
            let rest = tandem.rest.with(token: platform.token(tenant: Demo.tenant, user: nil, acl: ["calld.#"]))
            let first = try await rest.get("/status")
            #expect(first.status == 200 && first.body?["service_token"]?["status"] == "fail", "\(first.text)")
            let ready = try await RESTClient("http://127.0.0.1:\(lab.restPort)").get("/health/ready")
            #expect(ready.status == 503 && ready.body?["components"]?["service_token"] == false, "\(ready.text)")
            platform.tokens.setCredentials("calld", "secret")
            _ = try await eventually("granted", within: .seconds(20)) {
                try await rest.get("/status").body?["service_token"]?["status"] == "ok" ? true : nil
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await tandem.terminate()
        await platform.stop()
        try outcome.get()
    }
}
