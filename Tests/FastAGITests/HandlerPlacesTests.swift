import Testing

@testable import FastAGI

@Suite("Places for handlers", .timeLimit(.minutes(1)))
struct HandlerPlacesTests {
    private func places(_ limit: Int, patience: Duration = .seconds(30)) -> HandlerPlaces {
        HandlerPlaces(limit: limit, patience: patience, metrics: FastAGIMetrics())
    }

    @Test("a place that is given back goes to one that waits")
    func handedOn() async throws {
        let places = places(1)
        try await places.take(resuming: false)
        async let second: Void = places.take(resuming: false)
        while places.waiting == 0 { await Task.yield() }
        places.release()
        try await second
        #expect(places.waiting == 0)
    }

    @Test("a session in the middle of a call comes before a new one")
    func resumingFirst() async throws {
        let places = places(1)
        try await places.take(resuming: false)
        let (order, says) = AsyncStream.makeStream(of: String.self)
        let new = Task {
            try await places.take(resuming: false)
            says.yield("new")
            places.release()
        }
        while places.waiting < 1 { await Task.yield() }
        let resuming = Task {
            try await places.take(resuming: true)
            says.yield("resuming")
            places.release()
        }
        while places.waiting < 2 { await Task.yield() }
        places.release()
        try await new.value
        try await resuming.value
        says.finish()
        #expect(await order.reduce(into: []) { $0.append($1) } == ["resuming", "new"])
    }

    @Test("who waits longer than the patience is told busy, and the place is not lost")
    func patience() async throws {
        let places = places(1, patience: .milliseconds(20))
        try await places.take(resuming: false)
        await #expect(throws: AGIError.busy) { try await places.take(resuming: false) }
        places.release()
        try await places.take(resuming: false)
        #expect(places.waiting == 0)
    }

    @Test("one that was cancelled before it waited does not end the patience of those who come after it")
    func cancelledBefore() async throws {
        let places = places(1, patience: .milliseconds(20))
        try await places.take(resuming: false)
        let task = Task {
            // Cancelled before it asks.
            while !Task.isCancelled { await Task.yield() }
            try await places.take(resuming: false)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        for isResuming in [false, true] {
            await #expect(throws: AGIError.busy) { try await places.take(resuming: isResuming) }
        }
        places.release()
        try await places.take(resuming: false)
        #expect(places.waiting == 0)
    }

    @Test("a cancelled wait ends at once, before and after it began", arguments: [true, false])
    func cancelled(waitsFirst: Bool) async throws {
        let places = places(1)
        try await places.take(resuming: false)
        let task = Task { try await places.take(resuming: false) }
        if waitsFirst { while places.waiting == 0 { await Task.yield() } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(places.waiting == 0)
    }
}
