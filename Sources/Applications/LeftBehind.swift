import Core
import Logging
import Synchronization
import Telephony

/// Channels and bridges of deleted applications that Asterisk did not take away when it was asked to: it is asked again
/// until they are gone.
final class LeftBehind: Sendable {
    /// Things at most; the bridges and channels of further ones stay until Asterisk ends.
    static let most = 20_000
    /// One round's limit; requests have limits of their own, so this is for an Asterisk that hangs.
    private static let round: Duration = .seconds(30)
    private static let shortestPause: Duration = .seconds(1)
    private static let longestPause: Duration = .seconds(30)

    /// One of them.
    enum Thing: Hashable, Sendable {
        case channel(ChannelID)
        case bridge(BridgeID)
    }

    private let work: ApplicationWork
    private let things = Collector<Thing>()
    private let wakeUps = Mailbox<Void>(capacity: 1)

    init(_ work: ApplicationWork) { self.work = work }

    /// How many there are.
    var count: Int { things.count }

    /// Whether a channel is to be hung up.
    func contains(_ channel: ChannelID) -> Bool { things.contains(.channel(channel)) }

    /// Takes over what is left of an application.
    func add(_ left: LiveApplication) {
        let channels = Array(left.calls.keys) + left.snoops.values.flatMap { $0.arrived.union([$0.channel]) }
        let bridges = Array(left.nodes.keys) + left.snoops.values.map(\.bridge)
        for thing in channels.map(Thing.channel) + bridges.map(Thing.bridge) {
            guard things.count < Self.most else {
                return work.ports.logger.error(
                    "too much is left of deleted applications",
                    metadata: ["application": "\(left.id)", "limit": "\(Self.most)"]
                )
            }
            things.insert(thing)
        }
        if things.count > 0 { wakeUps.offer(()) }
    }

    /// Ends ``run()``.
    func close() { wakeUps.close() }

    /// Asks until nothing is left, whenever there is something.
    func run() async {
        while await wakeUps.next() != nil {
            var pause = Self.shortestPause
            while things.count > 0, !Task.isCancelled {
                await askOnce()
                if things.count == 0 { break }
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }

    private func askOnce() async {
        let (things, asterisk) = (things, work.ports.asterisk)
        await work.each(Array(things.all), until: .now + Self.round, width: ApplicationRemoval.width) { thing in
            do {
                switch thing {
                case .channel(let channel): try await asterisk.hangUp(channel)
                case .bridge(let bridge): try await asterisk.destroyBridge(bridge)
                }
                things.remove(thing)
            } catch TelephonyFailure.notFound {
                things.remove(thing)
            } catch {
                // Once more after a pause.
            }
        }
    }
}

/// A set that several tasks fill.
final class Collector<Element: Hashable & Sendable>: Sendable {
    private let elements = Mutex<Set<Element>>([])

    var all: Set<Element> { elements.withLock { $0 } }
    var count: Int { elements.withLock { $0.count } }
    func contains(_ element: Element) -> Bool { elements.withLock { $0.contains(element) } }
    func insert(_ element: Element) { elements.withLock { _ = $0.insert(element) } }
    func remove(_ element: Element) { elements.withLock { _ = $0.remove(element) } }
}
