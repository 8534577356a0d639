import NIOCore
import Synchronization
import TandemLab
import TandemTesting
import Telephony
import Testing

@testable import AMI

/// Lets nobody pass until it is opened.
private final class Gate: Sendable {
    private let state = Mutex((isOpen: false, waiting: [CheckedContinuation<Void, Never>]()))

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

@Suite("Bounds of the manager interface", .timeLimit(.minutes(1)))
struct AMIBoundsTests {
    private static func events(_ numbers: Range<Int>) -> String {
        numbers.map { "Event: UserEvent\r\nNumber: \($0)\r\nPadding: \(String(repeating: "x", count: 900))\r\n\r\n" }
            .joined()
    }

    @Test("while the receiver is behind, reading stops; then everything comes, in order")
    func slowReceiver() async throws {
        let manager = try await ScriptedManager.start()
        let gate = Gate()
        let recorder = ManagerEventRecorder(onEvent: { _ in await gate.pass() })
        try await withClient(port: manager.port, receiver: recorder) { client in
            await recorder.first { $0 == .connected }
            let count = 40_000
            let saying = Task {
                for start in stride(from: 0, to: count, by: 1_000) {
                    try await manager.say(Self.events(start..<(start + 1_000)))
                }
            }
            // 40 MB do not fit into the buffers of two sockets: the peer must come to a halt.
            var waiting = -1
            while waiting != client.eventsWaiting || waiting < 500 {
                waiting = client.eventsWaiting
                try await Task.sleep(for: .milliseconds(300))
            }
            #expect(waiting < 2_000)
            gate.open()
            await recorder.event("UserEvent") { $0["Number"] == "\(count - 1)" }
            try await saying.value
            #expect(recorder.events.map { $0["Number"] } == (0..<count).map { "\($0)" })
        }
        try await manager.stop()
    }

    @Test("a receiver that sends actions for its events is answered behind a full backlog")
    func receiverSends() async throws {
        let manager = try await ScriptedManager.start()
        let client = Mutex<AMIClient?>(nil)
        let failures = Atomic<Int>(0)
        let recorder = ManagerEventRecorder(onEvent: { event in
            guard let number = event["Number"].flatMap(Int.init), number % 100 == 0 else { return }
            let client = client.withLock { $0 }
            do {
                try await client?.setGlobalVariable("A", to: "\(number)")
            } catch {
                failures.add(1, ordering: .relaxed)
            }
        })
        try await withClient(port: manager.port, receiver: recorder) { running in
            client.withLock { $0 = running }
            await recorder.first { $0 == .connected }
            try await manager.say(Self.events(0..<3_000))
            await recorder.event("UserEvent") { $0["Number"] == "2999" }
            #expect(failures.load(ordering: .relaxed) == 0)
            #expect(manager.actions.count { $0["Action"] == "Setvar" } == 30)
        }
        try await manager.stop()
    }

    @Test("256 actions at once wait for Asterisk, further ones wait here, all are answered")
    func manyActions() async throws {
        let held = Mutex<[String]>([])
        let holds = Mutex(true)
        let manager = try await ScriptedManager.start { _, action in
            guard action["Action"] == "Setvar", holds.withLock({ $0 }) else { return nil }
            held.withLock { $0.append(response(action)) }
            return .nothing
        }
        let recorder = ManagerEventRecorder()
        try await withClient(port: manager.port, receiver: recorder) { client in
            await recorder.first { $0 == .connected }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<1_000 {
                    group.addTask { try await client.setGlobalVariable("A", to: "\(number)") }
                }
                _ = try await eventually("a full table") { held.withLock { $0.count } == 256 ? true : nil }
                // One action that may go only when one of them is answered.
                #expect(manager.actions.count == 256)
                holds.withLock { $0 = false }
                try await manager.say(held.withLock { $0 }.reversed().joined())
                try await group.waitForAll()
            }
            #expect(manager.actions.count == 1_000)
        }
        try await manager.stop()
    }

    @Test("more waiting actions than allowed fail at once")
    func tooManyActions() async throws {
        let manager = try await ScriptedManager.start { _, action in
            action["Action"] == "Setvar" ? .nothing : nil
        }
        let recorder = ManagerEventRecorder()
        try await withClient(
            port: manager.port,
            receiver: recorder,
            configure: { configuration in
                configuration.actionsInFlight = 2
                configuration.actionsWaiting = 3
                configuration.actionLimit = .seconds(2)
                configuration.unreadEvents = []
                configuration.neededActions = []
            }
        ) { client in
            await recorder.first { $0 == .connected }
            let failures = await withTaskGroup(of: ManagerFailure?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        do {
                            try await client.setGlobalVariable("A", to: "b")
                            return nil
                        } catch {
                            return error as? ManagerFailure
                        }
                    }
                }
                return await group.reduce(into: [ManagerFailure]()) { if let failure = $1 { $0.append(failure) } }
            }
            #expect(failures.count { $0 == .unreachable("too many actions wait for Asterisk") } == 3)
            #expect(failures.count { $0 == .timedOut } == 5)
        }
        try await manager.stop()
    }
}
