import Core
public import Events
public import Logging
import Metrics
public import ServiceLifecycle
import Synchronization

/// Hands each message of the bus to everybody who wants events of its name, one after the other, in the order
/// of arrival (contract 00 §6.2).
public final class BusDispatcher: Service {
    private let consumer: any EventConsuming
    private let logger: Logger
    private struct State {
        var receivers: [any BusReceiving] = []
        var byName: [String: [any BusReceiving]] = [:]
        var isConnected = false
    }
    private let state = Mutex(State())
    private let handover = Timer(label: "tandem_bus_handover")

    /// A dispatcher of what `consumer` delivers.
    public init(consumer: any EventConsuming, logger: Logger) {
        self.consumer = consumer
        self.logger = logger
    }

    /// Adds a receiver; its bindings hold as soon as the broker has them, and through every reconnection.
    public func add(_ receiver: any BusReceiving) {
        let bindings = receiver.bindings
        state.withLock { state in
            state.receivers.append(receiver)
            for name in Set(bindings.map(\.name)) { state.byName[name, default: []].append(receiver) }
        }
        consumer.bind(bindings)
    }

    /// Runs until the consumer ends.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled, let occurrence = await self.consumer.nextOccurrence() {
                await self.dispatch(occurrence)
            }
        }
    }

    private func dispatch(_ occurrence: BusOccurrence) async {
        switch occurrence {
        case .connected:
            for receiver in state.withLock({ $0.receivers }) { await receiver.busConnected() }
        case .disconnected:
            for receiver in state.withLock({ $0.receivers }) { await receiver.busDisconnected() }
        case .delivery(let delivery):
            // A message without a name, or with a body that its receiver cannot read, is dropped there with a
            // log line: nothing that a peer sends may stop the others.
            guard let name = delivery.name else {
                logger.warning("message dropped: it has no name", metadata: ["routing_key": "\(delivery.routingKey)"])
                return
            }
            let start = ContinuousClock.now
            for receiver in state.withLock({ $0.byName[name] ?? [] }) { await receiver.receive(delivery) }
            handover.record(duration: ContinuousClock.now - start)
        }
    }
}
