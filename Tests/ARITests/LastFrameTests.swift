import Synchronization
import Testing

@testable import ARI

@Suite("When a WebSocket's peer was last heard")
struct LastFrameTests {
    private final class Clock: Sendable {
        private let instant = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func pass(_ duration: Duration) { instant.withLock { $0 += duration } }
    }

    @Test("silence is the time that the reader has waited; an owner that is slow with a frame makes none")
    func silence() {
        let clock = Clock()
        let last = LastFrame { clock.now }
        clock.pass(.seconds(40))
        #expect(last.silence == .seconds(40))
        last.began()
        clock.pass(.seconds(100))
        #expect(last.silence == .zero)
        last.ended()
        #expect(last.silence == .zero)
        clock.pass(.seconds(1))
        #expect(last.silence == .seconds(1))
        last.began()
        last.ended()
        #expect(last.silence == .zero)
    }
}
