import Core
import Directory
import Events
import Foundation
import Synchronization
import TandemTesting
import Telephony
import Testing

@testable import Applications

/// A manager interface that shows a channel's variables when it is told to.
private final class GatedManager: ManagerControlling {
    private struct State {
        var isOpen = true
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    /// Commands that wait for their answer.
    var waitingCount: Int { state.withLock { $0.waiting.count } }
    func close() { state.withLock { $0.isOpen = false } }
    func open() {
        let waiting = state.withLock { state in
            defer { state = State() }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }

    var isConnected: Bool { true }
    func send(_ action: ManagerAction) async throws -> [ManagerMessage] { [["Response": "Success"]] }
    func command(_ line: String) async throws -> [String] {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
        return ["      Variables:", "X_WAZO_LINE=\(line)"]
    }
}

@Suite("Applications: callers whose variables are being read", .timeLimit(.minutes(1)))
struct ArrivalTests {
    private func arrive(_ id: String, in bench: ApplicationBench) async {
        let channel = Shorthand.channel(id, "Ring")
        bench.asterisk.put(channel)
        await bench.tell(.stasisStart(channel, arguments: ["incoming"], replaced: nil), "StasisStart")
    }

    @Test("a slow manager interface delays nobody who is there; what happens to who comes is told behind the coming")
    func slow() async throws {
        let manager = GatedManager()
        let bench = ApplicationBench(asking: manager)
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            manager.close()
            for id in ["b", "c"] { await arrive(id, in: bench) }
            try await eventually { manager.waitingCount == 2 }
            await bench.tell(
                .channelDTMFReceived(Shorthand.channel("b"), digit: "7", milliseconds: 100),
                "ChannelDtmfReceived"
            )
            await bench.tell(.stasisEnd(Shorthand.channel("b")), "StasisEnd")
            await bench.tell(
                .channelDTMFReceived(Shorthand.channel("a"), digit: "5", milliseconds: 100),
                "ChannelDtmfReceived"
            )
            try await eventually { bench.told.last == "application_call_dtmf_received" }
            #expect(bench.told == ["application_call_entered", "application_call_dtmf_received"])
            #expect(Set(loop.live.calls.keys) == [ChannelID("a")])
            manager.open()
            #expect(
                await loop.waits(.seconds(5)) { $0.calls[ChannelID("c")] != nil && $0.calls[ChannelID("b")] == nil }
            )
            try await eventually { bench.told.count == 6 }
            let ofB = bench.store.messages.filter { "\($0.body)".contains("\"b\"") }.compactMap {
                $0.headers["name"]?.string
            }
            #expect(
                ofB == ["application_call_entered", "application_call_dtmf_received", "application_call_deleted"]
            )
            #expect(loop.live.calls[ChannelID("c")]?.variables["LINE"] == "core show channel PJSIP/c")
        }
    }

    @Test("a manager interface that never answers delays each caller for a second, all at the same time")
    func silent() async throws {
        let manager = GatedManager()
        let bench = ApplicationBench(asking: manager)
        try await bench.run { loop in
            manager.close()
            let start = ContinuousClock.now
            let ids = (0..<20).map { "c\($0)" }
            for id in ids { await arrive(id, in: bench) }
            #expect(await loop.waits(.seconds(10)) { $0.calls.count == ids.count })
            #expect(ContinuousClock.now - start < .seconds(8), "one after the other would take 20 s")
            #expect(loop.live.calls.values.allSatisfy { $0.variables.isEmpty })
            manager.open()
        }
    }

    @Test("an application that is deleted while a caller's variables are read sends the caller on")
    func deleted() async throws {
        let manager = GatedManager()
        let bench = ApplicationBench(asking: manager)
        try await bench.run { loop in
            manager.close()
            await arrive("b", in: bench)
            try await eventually { manager.waitingCount == 1 }
            bench.delete()
            await bench.asterisk.waitForRequest("continue b next")
            manager.open()
            try await bench.isForgotten()
            #expect(!bench.told.contains("application_call_entered"))
        }
    }

    @Test("a node that goes while one who entered it is still read stays gone")
    func nodeGone() async throws {
        let manager = GatedManager()
        let bench = ApplicationBench(asking: manager)
        try await bench.run { loop in
            try await loop.store(.nodePlanned(BridgeID("n")))
            try await loop.store(.nodeMade(BridgeID("n")))
            manager.close()
            await arrive("b", in: bench)
            try await eventually { manager.waitingCount == 1 }
            let channel = Shorthand.channel("b")
            await bench.tell(.channelEnteredBridge(channel, Shorthand.bridge("n", ["b"])), "ChannelEnteredBridge")
            await bench.tell(.bridgeDestroyed(Shorthand.bridge("n", [])), "BridgeDestroyed")
            manager.open()
            #expect(await loop.waits(.seconds(5)) { $0.calls[ChannelID("b")] != nil && $0.nodes.isEmpty })
            try await eventually { bench.told.last == "application_node_deleted" }
            #expect(loop.live.calls[ChannelID("b")]?.bridge == nil)
        }
    }
}
