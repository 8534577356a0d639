import Core
import Foundation
import Identity
import Logging
import ServiceClient
import ServiceLifecycle
import TandemTesting
import Testing

@testable import tandem

@Suite("With which key the platform's services are asked", .timeLimit(.minutes(1)))
struct PlatformTokenTests {
    /// wazo-auth and all the others in one: a token is the name of whose key it was granted to.
    private static func answer(_ request: FakeService.Request, _ accesses: [String: [String]]) -> FakeService.Answer {
        guard request.path.hasSuffix("/token") else { return .init(200, [:]) }
        let basic = request.headers["authorization"]?.split(separator: " ").last.map(String.init) ?? ""
        let name =
            Data(base64Encoded: basic).map { String(decoding: $0, as: UTF8.self) }?
            .split(separator: ":").first.map(String.init) ?? ""
        let acl = JSONValue.array((accesses[name] ?? []).map(JSONValue.string))
        return .init(200, ["data": ["token": .string(name), "metadata": ["tenant_uuid": "t"], "acl": acl]])
    }

    private func asking(
        agid: Bool,
        _ accesses: [String: [String]] = [:],
        _ body: (PlatformServices, FakeService, LogCapture) async throws -> Void
    ) async throws {
        try await FakeService.running({ Self.answer($0, accesses) }) { service in
            var tree = ConfigurationTree()
            let place: JSONValue = ["host": "127.0.0.1", "port": .integer(Int64(service.port)), "prefix": nil]
            let names = ["auth", "amid", "confd", "agentd", "phoned", "call_logd"]
            tree.add(.object(Dictionary(uniqueKeysWithValues: names.map { ($0, place) })), from: "test")
            tree.add(["mode": "platform"], from: "test")
            let log = LogCapture()
            let platform = PlatformServices(
                try Settings(tree),
                credentials: ServiceCredentials(username: "wazo-calld", password: "p"),
                dialplanCredentials: agid ? ServiceCredentials(username: "wazo-agid", password: "p") : nil,
                logger: log.logger
            )
            let tokens = platform.services.map { token in Task { try await token.run() } }
            try await eventually { platform.token?.isGranted == true && platform.dialplanToken?.isGranted ?? true }
            try await body(platform, service, log)
            for token in tokens { token.cancel() }
            for token in tokens { _ = await token.result }
            await platform.transport.shutdown()
        }
    }

    /// The token that the last request carried.
    private func used(_ client: ServiceClient, _ service: FakeService) async throws -> String? {
        _ = try await client.send(ServiceRequest(.get, ["thing"]))
        return service.requests.last?.headers["x-auth-token"]
    }

    @Test("FastAGI asks with the key of wazo-agid, the REST side with ours")
    func own() async throws {
        try await asking(agid: true) { platform, service, _ in
            #expect(await platform.dialplanTokens?.serviceToken() == "wazo-agid")
            let tokens = [
                try await used(platform.agentd, service), try await used(platform.amid, service),
                try await used(platform.phoned, service),
            ]
            #expect(tokens == ["wazo-agid", "wazo-calld", "wazo-calld"])
        }
    }

    @Test("without the key of wazo-agid both ask with ours")
    func shared() async throws {
        try await asking(agid: false) { platform, service, _ in
            #expect(await platform.dialplanTokens?.serviceToken() == "wazo-calld")
            let token = try await used(platform.agentd, service)
            #expect(token == "wazo-calld")
            #expect(platform.dialplanToken == nil)
        }
    }

    @Test("the log names once what each key lacks, and /status shows it")
    func missing() async throws {
        let accesses = ["wazo-calld": ["amid.action.#", "call-logd.#"], "wazo-agid": ["auth.users.*.tokens.read"]]
        try await asking(agid: true, accesses) { platform, service, log in
            let text = "the service's token lacks accesses; what needs them will not work (docs/operation.md)"
            let line = await log.line(text)
            #expect(line.metadata["service"] == "wazo-agid" && line.level == .warning)
            #expect(line.metadata["access"] == "auth.users.*.sessions.read dird.graphql.user")
            #expect(platform.token?.missingAccess == [])
            // A new token is no reason to say it again.
            _ = await platform.dialplanToken?.renewed(instead: "wazo-agid")
            #expect(log.lines.count { $0.message == text } == 1)
        }
    }

    @Test("with one key for both the log names what either side lacks")
    func missingOfBoth() async throws {
        try await asking(agid: false, ["wazo-calld": ["amid.action.#"]]) { _, _, log in
            let line = await log.line(
                "the service's token lacks accesses; what needs them will not work (docs/operation.md)"
            )
            let access = line.metadata["access"] ?? ""
            #expect(access.contains("call-logd.voicemails.transcriptions.read"))
            #expect(access.contains("auth.users.*.sessions.read") && !access.contains("amid.action"))
        }
    }
}
