import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import tandem

@Suite("A stop that does not end", .timeLimit(.minutes(1)))
struct StopLimitTests {
    /// Ends neither by itself nor when it is cancelled.
    private struct Stuck: Service {
        let release: AsyncStream<Int32>
        func run() async throws { await Task { for await _ in release { return } }.value }
    }

    @Test("the process is ended after its patience and grace, not before a stop is asked for")
    func limit() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (statuses, ended) = AsyncStream.makeStream(of: Int32.self)
        let (release, releasing) = AsyncStream.makeStream(of: Int32.self)
        let limit = StopLimit(patience: 0.1, grace: 0.1, logger: logger) { ended.yield($0) }
        let group = ServiceGroup(services: [Stuck(release: release), limit], logger: logger)
        let running = Task { try await group.run() }
        await group.triggerGracefulShutdown()
        var iterator = statuses.makeAsyncIterator()
        #expect(await iterator.next() == 70)
        releasing.yield(0)
        try await running.value
    }
}
