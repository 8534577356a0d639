import API
import Core
import Synchronization
import Testing

@Suite("Routes that wait for something first")
final class WaitingRouteTests: Sendable {
    private let steps = Mutex<[String]>([])

    private func bench(failing: Bool) -> APIBench {
        APIBench {
            Route(.get, "/lamps", access: "calld.lamps.read", "Lamps") { _ in
                self.steps.withLock { $0.append("asked") }
                return .ok([:])
            }
            .after {
                self.steps.withLock { $0.append("waited") }
                if failing { throw Failure.databaseUnreachable }
            }
        }
    }

    @Test("the wait comes behind the check of the token and before the work; what it throws is the answer")
    func order() async throws {
        #expect(try await bench(failing: false).request("GET", "/1.0/lamps").status == 200)
        #expect(steps.withLock { $0 } == ["waited", "asked"])
        #expect(try await bench(failing: false).request("GET", "/1.0/lamps", token: "bad").status == 401)
        let refused = try await bench(failing: true).request("GET", "/1.0/lamps")
        #expect(refused.status == 503 && refused.errorID == "database-unreachable")
        #expect(steps.withLock { $0 } == ["waited", "asked", "waited"])
    }
}
