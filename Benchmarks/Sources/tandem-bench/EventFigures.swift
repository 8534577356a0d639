import ARI
import CallControl
import Core
import Events
import Foundation
import Synchronization
import Telephony

/// Stasis events on their way to their owners.
enum EventFigures {
    private static let count = 120_000
    private static let goal = 40_000.0

    static func measure() async throws -> [Figure] {
        var figures: [Figure] = []
        for (name, wanted) in [
            ("decode and route, nobody owns them", []), ("decode and route, a feature's events owned", Owner.usual),
            ("decode and route, every event owned", Owner.all),
        ] {
            let cost = try await decodeAndRoute(wanted)
            figures.append(Figure(name, cost.perSecond, .perSecond, goal: .atLeast(goal)))
            figures.append(Figure("  processor time of one", cost.processorMicroseconds, .microseconds))
        }
        let cost = try await overWebSocket()
        figures.append(
            Figure("through the WebSocket feed to an actor's mailbox", cost.perSecond, .perSecond, goal: .atLeast(goal))
        )
        figures.append(Figure("  processor time of one", cost.processorMicroseconds, .microseconds))
        return figures + (try await slowConsumer())
    }

    // MARK: Without a socket

    /// The way of a message from the bus: find the event in it, read the head, route, decode what is owned.
    private static func decodeAndRoute(_ wanted: Set<String>) async throws -> Cost {
        let configuration = ARIConfiguration(baseURL: try url(port: 1), username: "", password: "")
        let client = ARIClient(configuration: configuration, logger: CachedIdentity.silent)
        let owner = Owner(wanted)
        let feed = ARIBusFeed(
            client: client,
            applications: [],
            receiver: EventRouter([Owner([]), owner, Owner([])]),
            logger: CachedIdentity.silent
        )
        let deliveries = EventSource.call.map { text in
            BusDelivery(
                routingKey: "stasis.app.lab",
                headers: ["category": "stasis"],
                payload: Data(#"{"name":"x","application":"lab","data":\#(text)}"#.utf8)
            )
        }
        let cost = await Meter.median {
            for number in 0..<count { await feed.receive(deliveries[number % deliveries.count]) }
            return count
        }
        await client.shutdown()
        let expected = EventSource.call.filter { text in wanted.contains { text.contains(#""type":"\#($0)""#) } }.count
        guard owner.received == Meter.rounds * count / EventSource.call.count * expected else {
            throw BenchFailure("\(owner.received) events were routed")
        }
        return cost
    }

    // MARK: Over a socket

    private static func overWebSocket() async throws -> Cost {
        var costs: [Cost] = []
        for _ in 0..<Meter.rounds {
            let child = try Child.start(.eventSource, count)
            defer { child.stop() }
            let owner = Owner(Owner.usual)
            try await feed(from: child, to: owner) {
                await owner.first()
                let cost = await Meter.cost {
                    await owner.waitForEnd(of: count)
                    return count
                }
                costs.append(cost)
            }
        }
        return Meter.middle(costs)
    }

    /// A feature that needs a millisecond for each event, while Asterisk sends as fast as it can.
    private static func slowConsumer() async throws -> [Figure] {
        let child = try Child.start(.eventSource, 0)
        defer { child.stop() }
        let owner = Owner(Owner.usual, pause: .milliseconds(1))
        var samples: [Double] = []
        try await feed(from: child, to: owner) {
            await owner.first()
            for _ in 0..<20 {
                try await Task.sleep(for: .milliseconds(500))
                samples.append(Meter.residentMebibytes)
            }
        }
        let start = samples[1]
        return [
            Figure("resident memory, slow owner, after 1 s", start, .mebibytes),
            Figure("  after 10 s", samples[19], .mebibytes, goal: .atMost(start + 8)),
            Figure("  most", samples.max() ?? 0, .mebibytes),
        ]
    }

    private static func feed(
        from source: Child,
        to owner: Owner,
        _ body: () async throws -> Void
    ) async throws {
        let line = await source.line().trimmingCharacters(in: .whitespacesAndNewlines)
        guard let port = Int(line) else { throw BenchFailure("event source: \(line)") }
        let configuration = ARIConfiguration(baseURL: try url(port: port), username: "u", password: "p")
        let client = ARIClient(configuration: configuration, logger: CachedIdentity.silent)
        let feed = ARIEventFeed(
            configuration: configuration,
            client: client,
            applications: [StasisApplication(name: "lab", sources: ["channel:"])],
            receiver: EventRouter([Owner([]), owner, Owner([])]),
            logger: CachedIdentity.silent
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await feed.run() }
            group.addTask { await owner.work() }
            try await body()
            owner.stop()
            group.cancelAll()
        }
        await client.shutdown()
    }

    private static func url(port: Int) throws -> URL {
        guard let url = URL(string: "http://127.0.0.1:\(port)") else { throw BenchFailure("no URL") }
        return url
    }
}

/// A feature: wants events of some types and puts them into a bounded mailbox, which one task empties.
private final class Owner: EventReceiving {
    /// What features of ours own of a call.
    static let usual: Set<String> = [
        "StasisStart", "StasisEnd", "ChannelDestroyed", "ChannelEnteredBridge", "ChannelLeftBridge",
        "ChannelStateChange",
    ]
    static let all: Set<String> = usual.union([
        "ChannelCreated", "ChannelCallerId", "Dial", "DeviceStateChanged", "ChannelHangupRequest", "BridgeDestroyed",
    ])

    private struct State {
        var seen = 0
        var received = 0
        var isWorking = false
        var watcher: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }
    private let wanted: Set<String>
    private let pause: Duration?
    private let mailbox = Mailbox<AsteriskEvent>(capacity: 1_024)
    private let state = Mutex(State())

    init(_ wanted: Set<String>, pause: Duration? = nil) {
        self.wanted = wanted
        self.pause = pause
    }

    var received: Int { state.withLock { $0.received } }

    func wants(_ head: EventHead) -> Bool {
        // Asked twice for an event that it owns.
        if wanted.contains(head.type) { return true }
        if !wanted.isEmpty { note { $0.seen += 1 } }
        return false
    }

    func receive(_ event: AsteriskEvent, head: EventHead) async {
        let isWorking = state.withLock { state in
            state.received += 1
            return state.isWorking
        }
        if isWorking { await mailbox.send(event) } else { note { $0.seen += 1 } }
    }

    /// Empties the mailbox until ``stop()``.
    func work() async {
        state.withLock { $0.isWorking = true }
        while await mailbox.next() != nil {
            if let pause { try? await Task.sleep(for: pause) }
            note { $0.seen += 1 }
        }
    }

    func stop() { mailbox.close() }

    func first() async { await waitForEnd(of: 1) }

    /// Returns once so many events were passed over or handled.
    func waitForEnd(of count: Int) async {
        await withCheckedContinuation { continuation in note { $0.watcher = (count, continuation) } }
    }

    private func note(_ change: (inout State) -> Void) {
        let woken = state.withLock { state -> CheckedContinuation<Void, Never>? in
            change(&state)
            guard let watcher = state.watcher, state.seen >= watcher.count else { return nil }
            state.watcher = nil
            return watcher.continuation
        }
        woken?.resume()
    }

    func feedConnected() async {}
    func feedDisconnected() async {}
}
