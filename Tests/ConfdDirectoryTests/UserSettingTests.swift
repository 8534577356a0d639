import Core
import Directory
import TandemTesting
import Testing

@testable import ConfdDirectory

@Suite("Settings of users in confd", .timeLimit(.minutes(1)))
struct UserSettingTests {
    /// What was asked, as `METHOD path body`.
    private func asked(_ service: FakeService) -> [String] {
        service.requests.map { "\($0.method) \($0.path) \($0.json?.text ?? "")" }
    }

    @Test("each setting is exactly the call that the platform knows, once, without a tenant")
    func calls() async throws {
        let confd = try FakeConfd()
        try await withConfd({ confd.answer($0) }) { directory, service async throws in
            let busy = ForwardSetting(isEnabled: true, destination: "06\"é")
            try await directory.setForward(.busy, to: busy, of: 12)
            try await directory.setForward(.noAnswer, to: ForwardSetting(isEnabled: false), of: 12)
            let forwards = try await directory.forwards(of: 12)
            #expect(forwards[.busy] == busy && forwards[.noAnswer]?.isEnabled == false)
            #expect(Set(forwards.keys) == Set(ForwardKind.allCases))
            try await directory.disableForwards(of: 12)
            for service in [UserService.doNotDisturb, .callScreening] {
                #expect(try await !directory.isEnabled(service, of: 12))
                try await directory.setService(service, isEnabled: true, of: 12)
                #expect(try await directory.isEnabled(service, of: 12))
            }
            let user = "/1.1/users/12"
            let expected = [
                #"PUT \#(user)/forwards/busy {"destination":"06\"é","enabled":true}"#,
                #"PUT \#(user)/forwards/noanswer {"enabled":false}"#, "GET \(user)/forwards ",
                "PUT \(user)/forwards "
                    + #"{"busy":{"enabled":false},"noanswer":{"enabled":false},"unconditional":{"enabled":false}}"#,
            ]
            #expect(Array(asked(service).prefix(4)) == expected)
            #expect(
                Array(asked(service).suffix(6))
                    == ["dnd", "incallfilter"].flatMap {
                        let path = "\(user)/services/\($0) "
                        return ["GET \(path)", #"PUT \#(path){"enabled":true}"#, "GET \(path)"]
                    }
            )
            #expect(service.requests.count == 10)
            #expect(service.requests.allSatisfy { $0.headers["wazo-tenant"] == nil })
            let off = try await directory.forwards(of: 12)
            #expect(off[.busy] == ForwardSetting(isEnabled: false, destination: "06\"é"))
        }
    }

    /// Every method, as the failure that it throws.
    private func failures(of directory: ConfdDirectory, user: Int) async -> [ConfdFailure?] {
        func failure(_ body: () async throws -> Void) async -> ConfdFailure? {
            do {
                try await body()
                return nil
            } catch {
                return error as? ConfdFailure
            }
        }
        return [
            await failure { _ = try await directory.forwards(of: user) },
            await failure { try await directory.setForward(.busy, to: ForwardSetting(isEnabled: false), of: user) },
            await failure { try await directory.disableForwards(of: user) },
            await failure { _ = try await directory.isEnabled(.doNotDisturb, of: user) },
            await failure { try await directory.setService(.doNotDisturb, isEnabled: true, of: user) },
        ]
    }

    @Test("an unknown user is a failure")
    func unknownUser() async throws {
        let confd = try FakeConfd()
        try await withConfd({ confd.answer($0) }) { directory, service async throws in
            let found = await failures(of: directory, user: 99)
            #expect(found.allSatisfy { $0?.status == 404 })
            #expect(service.requests.count == 5)
        }
    }

    @Test("a refusal and an answer without sense are failures that quote nothing", arguments: [400, 401, 500, 200])
    func refused(status: Int) async throws {
        try await withConfd({ _ in .init(status, ["secret"]) }) { directory, _ async throws in
            let found = await failures(of: directory, user: 12)
            for (index, failure) in found.enumerated() {
                // What is written needs no body.
                let isWrite = [1, 2, 4].contains(index)
                #expect((failure == nil) == (status == 200 && isWrite))
                #expect(failure?.originalError.contains("secret") != true)
                #expect(failure?.status == (status == 200 ? nil : status))
            }
        }
    }

    @Test("faults of the connection are failures in time", arguments: FakeService.Fault.allCases)
    func faults(fault: FakeService.Fault) async throws {
        let confd = try FakeConfd()
        try await withConfd(timeout: 0.3, { confd.answer($0) }) { directory, service async throws in
            service.fail(fault)
            let start = ContinuousClock.now
            let found = await failures(of: directory, user: 12)
            #expect(ContinuousClock.now - start < .seconds(5))
            // A status tells of a success whose body nobody reads.
            #expect(found.enumerated().allSatisfy { $1 != nil || (fault == .garbage && [1, 2, 4].contains($0)) })
        }
    }
}

@Suite("Provisioning through confd", .timeLimit(.minutes(1)))
struct ProvisioningTests {
    private func asked(_ service: FakeService) -> [String] {
        service.requests.map { request in
            let query = request.query.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
            return "\(request.method) \(request.path)" + (query.isEmpty ? "" : "?\(query)")
        }
    }

    @Test("a code gives the phone a line")
    func code() async throws {
        let confd = try FakeConfd()
        try await withConfd({ confd.answer($0) }) { directory, service async throws in
            confd.change { world in
                world["lines"] = world["lines"]?.map { line in
                    guard case .object(var members) = line else { return line }
                    members["device_id"] = .null
                    return .object(members)
                }
            }
            try await directory.provisionPhone(at: "192.0.2.77", code: "771904")
            #expect(
                asked(service) == [
                    "GET /1.1/lines?provisioning_code=771904&recurse=True",
                    "GET /1.1/devices?ip=192.0.2.77&recurse=True&search=autoprov",
                    "PUT /1.1/lines/32/devices/9f3c2a71", "GET /1.1/devices/9f3c2a71/synchronize",
                ]
            )
            #expect(service.requests.allSatisfy { $0.headers["wazo-tenant"] == nil && $0.body.isEmpty })
            // It is provisioned now, so no phone fits any more.
            await #expect(throws: ProvisioningFailure(resource: "devices", count: 0)) {
                try await directory.provisionPhone(at: "192.0.2.77", code: "771904")
            }
        }
    }

    @Test("a phone is reset")
    func reset() async throws {
        let confd = try FakeConfd()
        try await withConfd({ confd.answer($0) }) { directory, service async throws in
            try await directory.resetPhone(at: "192.0.2.77")
            #expect(
                asked(service) == [
                    "GET /1.1/devices?ip=192.0.2.77&recurse=True", "GET /1.1/devices/9f3c2a71/autoprov",
                    "GET /1.1/devices/9f3c2a71/synchronize",
                ]
            )
            await #expect(throws: ProvisioningFailure(resource: "devices", count: 0)) {
                try await directory.resetPhone(at: "192.0.2.78")
            }
            confd.change { world in world["devices"] = (world["devices"] ?? []) + (world["devices"] ?? []) }
            await #expect(throws: ProvisioningFailure(resource: "devices", count: 2)) {
                try await directory.resetPhone(at: "192.0.2.77")
            }
        }
    }

    @Test("a line that is taken, and a code that is nobody's, are refused")
    func refused() async throws {
        let confd = try FakeConfd()
        try await withConfd({ confd.answer($0) }) { directory, service async throws in
            confd.change { world in
                world["lines"] = world["lines"]?.map { line in
                    guard case .object(var members) = line else { return line }
                    members["device_id"] = "another"
                    return .object(members)
                }
            }
            await #expect(throws: ConfdFailure.self) {
                try await directory.provisionPhone(at: "192.0.2.77", code: "771904")
            }
            #expect(!asked(service).contains { $0.hasSuffix("synchronize") })
            await #expect(throws: ProvisioningFailure(resource: "lines", count: 0)) {
                try await directory.provisionPhone(at: "192.0.2.77", code: "1&x=é")
            }
        }
    }
}
