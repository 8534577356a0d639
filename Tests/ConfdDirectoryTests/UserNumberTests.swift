import Core
import Directory
import TandemTesting
import Testing

@testable import ConfdDirectory

@Suite("Numbers of users in confd", .timeLimit(.minutes(1)))
struct UserNumberTests {
    private let user = UserID("b0000000-0000-4000-8000-000000000010")

    @Test("numbers that a user shows come in confd's order, by the call that the platform knows")
    func outgoing() async throws {
        let confd = try FakeConfd()
        try await withConfd({ confd.answer($0) }) { directory, service async throws in
            let found = try await directory.outgoingNumbers(of: user, tenant: FakeConfd.tenant)
            #expect(
                found == [
                    OutgoingNumber(kind: .main, number: "+33180000000"),
                    OutgoingNumber(kind: .associated, number: "33180000010"),
                    OutgoingNumber(kind: .shared, number: "+33180000099"),
                ]
            )
            let asked = service.requests.map { "\($0.method) \($0.path)" }
            #expect(asked == ["GET /1.1/users/\(user)/callerids/outgoing"])
        }
    }

    @Test("a blocked number is told by its uuid, another is not there")
    func blocked() async throws {
        let confd = try FakeConfd()
        try await withConfd({ confd.answer($0) }) { directory, service async throws in
            let hit = try await directory.blockedNumber("+33999000111", user: user, tenant: FakeConfd.tenant)
            #expect(hit == "d0000000-0000-4000-8000-00000000000b")
            let miss = try await directory.blockedNumber("+33999000112", user: user, tenant: FakeConfd.tenant)
            #expect(miss == nil)
            await #expect(throws: ConfdFailure.self) {
                _ = try await directory.blockedNumber("0999", user: user, tenant: FakeConfd.tenant)
            }
            for request in service.requests {
                #expect(request.method == "HEAD" && request.path == "/1.1/users/\(user)/blocklist/numbers")
                #expect(request.headers["wazo-tenant"] == FakeConfd.tenant.rawValue)
            }
            #expect(service.requests.map { $0.query["number_exact"] } == ["+33999000111", "+33999000112", "0999"])
        }
    }

    @Test("a hit without its uuid, refusals and users who are none are failures", arguments: [204, 400, 401, 500])
    func refused(status: Int) async throws {
        try await withConfd({ _ in .init(status) }) { directory, service async throws in
            await #expect(throws: ConfdFailure.self) {
                _ = try await directory.blockedNumber("+1", user: user, tenant: FakeConfd.tenant)
            }
            await #expect(throws: ConfdFailure.self) {
                _ = try await directory.outgoingNumbers(of: user, tenant: FakeConfd.tenant)
            }
            #expect(service.requests.count == 2)
            for id in ["", ".", ".."] {
                await #expect(throws: ConfdFailure.self) {
                    _ = try await directory.outgoingNumbers(of: UserID(id), tenant: FakeConfd.tenant)
                }
            }
            #expect(service.requests.count == 2)
        }
    }

    @Test("faults of the connection are failures in time", arguments: FakeService.Fault.allCases)
    func faults(fault: FakeService.Fault) async throws {
        let confd = try FakeConfd()
        try await withConfd(timeout: 0.3, { confd.answer($0) }) { directory, service async throws in
            service.fail(fault)
            let start = ContinuousClock.now
            await #expect(throws: ConfdFailure.self) {
                _ = try await directory.outgoingNumbers(of: user, tenant: FakeConfd.tenant)
            }
            #expect(ContinuousClock.now - start < .seconds(2))
        }
    }
}
