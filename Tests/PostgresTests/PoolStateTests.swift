import Testing

@testable import Postgres

@Suite("Who gets a connection")
struct PoolStateTests {
    private let start = ContinuousClock.now
    private var state: PoolState<String>

    init() throws {
        var configuration = try PostgresConfiguration(uri: "", applicationName: "test", connections: 2)
        configuration.maximumWaiting = 2
        configuration.firstPause = .seconds(1)
        configuration.maximumPause = .seconds(3)
        state = PoolState(configuration)
    }

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test("slots are handed out until none is left, then callers wait, then they are turned away")
    mutating func limits() {
        #expect(state.admit("a", id: 1, now: start) == .run(0))
        #expect(state.admit("b", id: 2, now: start) == .run(1))
        #expect(state.admit("c", id: 3, now: start) == .waiting(needsWatch: true))
        #expect(state.admit("d", id: 4, now: start) == .waiting(needsWatch: false))
        #expect(
            state.admit("e", id: 5, now: start)
                == .refused(.unreachable("2 callers wait for a connection already"))
        )
        #expect(state.finished(0)?.job == "c")
        #expect(state.finished(0)?.job == "d")
        #expect(state.finished(0)?.job == nil)
        #expect(!state.isIdle)
        #expect(state.finished(1)?.job == nil)
        #expect(state.isIdle)
    }

    @Test("the connection used last is used next")
    mutating func warmest() {
        _ = state.admit("a", id: 1, now: start)
        _ = state.admit("b", id: 2, now: start)
        _ = state.connected(0)
        _ = state.connected(1)
        _ = state.finished(1)
        _ = state.finished(0)
        #expect(state.admit("c", id: 3, now: start) == .run(1))
    }

    @Test("while the server is away callers are turned away at once, and one tries after each pause")
    mutating func outage() {
        _ = state.admit("a", id: 1, now: start)
        let first = state.connectingFailed(0, reason: "refused", now: start)
        #expect(first.isNews)
        _ = state.finished(0)
        #expect(!state.isReachable)
        #expect(state.admit("b", id: 2, now: at(0.9)) == .refused(.unreachable("refused")))
        #expect(state.admit("c", id: 3, now: at(1)) == .run(0))
        #expect(state.admit("d", id: 4, now: at(1)) == .refused(.unreachable("refused")))
        let second = state.connectingFailed(0, reason: "still refused", now: at(1))
        #expect(!second.isNews)
        _ = state.finished(0)
        #expect(state.admit("e", id: 5, now: at(2.9)) == .refused(.unreachable("still refused")))
        #expect(state.admit("f", id: 6, now: at(3)) == .run(0))
        let isNews = state.connected(0)
        #expect(isNews)
        #expect(state.isReachable)
        #expect(state.admit("g", id: 7, now: at(3)) == .run(1))
    }

    @Test("the pause grows up to its maximum")
    mutating func longestPause() {
        for _ in 0..<40 { _ = state.connectingFailed(0, reason: "refused", now: start) }
        #expect(state.admit("a", id: 1, now: at(2.9)) == .refused(.unreachable("refused")))
        #expect(state.admit("b", id: 2, now: at(3)) == .run(0))
    }

    @Test("those who wait are turned away when the last connection is lost")
    mutating func turnedAway() {
        _ = state.admit("a", id: 1, now: start)
        _ = state.admit("b", id: 2, now: start)
        _ = state.admit("c", id: 3, now: start)
        _ = state.connected(1)
        #expect(state.connectingFailed(0, reason: "refused", now: start).turnedAway.isEmpty)
        state.disconnected(1)
        let lost = state.connectingFailed(1, reason: "refused", now: start)
        #expect(lost.turnedAway.map(\.job) == ["c"])
        #expect(state.waiting.isEmpty)
    }

    @Test("a slot that could not connect leaves those who wait to one that is open")
    mutating func openOneServes() {
        _ = state.admit("a", id: 1, now: start)
        _ = state.admit("b", id: 2, now: start)
        _ = state.admit("c", id: 3, now: start)
        _ = state.connected(1)
        _ = state.connectingFailed(0, reason: "too many connections", now: start)
        #expect(state.finished(0)?.job == nil)
        #expect(state.finished(1)?.job == "c")
    }

    @Test("a caller that waited too long is taken out, one that gave up too")
    mutating func leaving() {
        _ = state.admit("a", id: 1, now: start)
        _ = state.admit("b", id: 2, now: start)
        _ = state.admit("c", id: 3, now: start)
        _ = state.admit("d", id: 4, now: at(1))
        #expect(state.nextExpiry() == at(2))
        #expect(state.expired(at(1.9)).isEmpty)
        #expect(state.expired(at(2)).map(\.job) == ["c"])
        #expect(state.nextExpiry() == at(3))
        #expect(state.cancelled(4)?.job == "d")
        #expect(state.cancelled(4)?.job == nil)
        #expect(state.waiting.isEmpty)
    }

    @Test("one watch looks after all who wait, and ends when nobody does")
    mutating func watch() {
        _ = state.admit("a", id: 1, now: start)
        _ = state.admit("b", id: 2, now: start)
        #expect(state.admit("c", id: 3, now: start) == .waiting(needsWatch: true))
        #expect(state.finished(0)?.job == "c")
        #expect(state.admit("d", id: 4, now: start) == .waiting(needsWatch: false))
        #expect(state.finished(0)?.job == "d")
        #expect(state.nextExpiry() == nil)
        #expect(state.admit("e", id: 5, now: start) == .waiting(needsWatch: true))
    }

    @Test("a closed pool turns all away")
    mutating func closed() {
        _ = state.admit("a", id: 1, now: start)
        _ = state.admit("b", id: 2, now: start)
        _ = state.admit("c", id: 3, now: start)
        #expect(state.close().map(\.job) == ["c"])
        #expect(state.admit("d", id: 4, now: start) == .refused(.unreachable("the pool is closed")))
    }
}
