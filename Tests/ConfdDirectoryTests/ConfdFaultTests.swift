import Core
import Directory
import TandemLab
import TandemTesting
import Testing

@testable import ConfdDirectory

@Suite("confd that fails", .timeLimit(.minutes(1)))
struct ConfdFaultTests {
    private let user = UserID("b0000000-0000-4000-8000-000000000010")

    /// What a look-up of each shape throws: an object, a list, a paged list.
    private func failures(of directory: ConfdDirectory) async -> [ConfdFailure?] {
        func failure(_ body: () async throws -> Void) async -> ConfdFailure? {
            do {
                try await body()
                return nil
            } catch {
                return error as? ConfdFailure
            }
        }
        return [
            await failure { _ = try await directory.user(user, tenant: nil) },
            await failure { _ = try await directory.switchboards() },
            await failure { _ = try await directory.lines() },
        ]
    }

    @Test(
        "each fault is the typed failure within the limit, and is over with its cause",
        arguments: FakeService.Fault.allCases
    )
    func faults(fault: FakeService.Fault) async throws {
        let confd = try FakeConfd()
        try await withConfd(timeout: 0.5, { confd.answer($0) }) { directory, service async throws in
            service.fail(fault)
            let start = ContinuousClock.now
            let found = await failures(of: directory)
            #expect(ContinuousClock.now - start < .seconds(3))
            for failure in found {
                #expect(failure?.host == "127.0.0.1")
                #expect(failure?.port == service.port)
                #expect(failure?.status == (fault == .internalError ? 500 : nil))
                #expect(failure?.failure.errorID == "wazo-confd-unreachable")
                #expect(failure?.originalError.isEmpty == false)
            }
            service.fail(nil)
            let lines = try await eventually("confd is asked again") { try await directory.lines() }
            #expect(lines.count == 3)
        }
    }

    @Test("a refused connection is the typed failure at once")
    func refused() async throws {
        let confd = try FakeConfd()
        try await withConfd({ confd.answer($0) }) { directory, service async throws in
            await service.stop()
            let start = ContinuousClock.now
            let found = await failures(of: directory)
            #expect(found.allSatisfy { $0 != nil })
            #expect(ContinuousClock.now - start < .seconds(1))
            let again = try await FakeService.start(port: service.port) { confd.answer($0) }
            let read = try await eventually("confd is back") { try await directory.user(user, tenant: nil) }
            #expect(read.lines.count == 1)
            await again.stop()
        }
    }

    @Test("a refused token is a 503 that does not repeat it; no token yet asks nobody")
    func token() async throws {
        let confd = try FakeConfd()
        confd.accept([])
        try await withConfd({ confd.answer($0) }) { directory, _ async throws in
            for failure in await failures(of: directory) {
                #expect(failure?.status == 401)
                #expect(failure?.failure.status == 503)
                #expect(failure.map { "\($0) \($0.failure)".contains(FakeConfd.token) } == false)
            }
            confd.accept([FakeConfd.token])
            #expect(try await directory.user(user, tenant: nil) != nil)
        }
        try await withConfd(token: nil, { confd.answer($0) }) { directory, service async throws in
            let found = await failures(of: directory)
            #expect(found.allSatisfy { $0?.originalError == "no service token yet" })
            #expect(service.requests.isEmpty)
        }
    }

    @Test("a meeting without a public address is confd's 503, not a missing meeting")
    func meetingWithoutAddress() async throws {
        try await withConfd({ _ in .init(503, ["Unexpected error: no ingress"]) }) { directory, _ async throws in
            await #expect {
                try await directory.meeting("d0000000-0000-4000-8000-000000000003")
            } throws: { ($0 as? ConfdFailure)?.status == 503 }
        }
    }

    @Test(
        "an answer of another shape is a failure, never an empty list",
        arguments: [[], "text", ["total": 0], ["items": "x"], .null] as [JSONValue]
    )
    func shapes(body: JSONValue) async throws {
        try await withConfd({ _ in .init(200, body) }) { directory, _ async throws in
            await #expect(throws: ConfdFailure.self) { try await directory.lines() }
            await #expect(throws: ConfdFailure.self) { try await directory.applications() }
        }
    }

    @Test("404 for a list is a failure, for an object it is nothing")
    func missing() async throws {
        try await withConfd({ _ in .init(404, ["Resource Not Found"]) }) { directory, _ async throws in
            await #expect(throws: ConfdFailure.self) { try await directory.lines() }
            await #expect(throws: ConfdFailure.self) { try await directory.conferences(tenant: TenantID("T")) }
            #expect(try await directory.conference(15) == nil)
            #expect(try await directory.voicemail(of: user, tenant: nil) == nil)
        }
    }

    @Test("a caller that gives up is let go at once")
    func cancellation() async throws {
        let confd = try FakeConfd()
        try await withConfd(timeout: 30, { confd.answer($0) }) { directory, service async throws in
            service.fail(.hangs)
            let look = Task { try await directory.user(user, tenant: nil) }
            _ = try await eventually("confd is asked") { service.requests.isEmpty ? nil : true }
            look.cancel()
            await #expect(throws: CancellationError.self) { try await look.value }
        }
    }
}
