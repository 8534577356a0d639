import Core
public import Events
public import Logging
import Metrics
public import ServiceLifecycle

/// Sends measurements to collectd over the bus from a bounded queue; while the broker is away it tries again
/// after 2, 4 … 32 s. Statistics are not worth a call: when the queue is full, a new one is dropped and counted.
public final class CollectdPublisher: Service {
    private let publisher: any EventPublishing
    private let host: @Sendable () -> String
    private let logger: Logger
    private let queue = Mailbox<BusMessage>(capacity: 1_024)

    /// - Parameters:
    ///   - publisher: Publishes to the exchange of collectd.
    ///   - host: The system's uuid.
    public init(publisher: any EventPublishing, host: @escaping @Sendable () -> String, logger: Logger) {
        self.publisher = publisher
        self.host = host
        self.logger = logger
    }

    /// Takes a measurement; never waits.
    public func send(_ measurement: CollectdMeasurement) {
        if !queue.offer(measurement.message(host: host())) {
            Counter(label: "tandem_collectd_dropped").increment()
        }
    }

    /// Runs until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                while let message = await self.queue.next() { await self.publish(message) }
            } onCancel: {
                self.queue.close()
            }
        }
    }

    private func publish(_ message: BusMessage) async {
        var pause = 2
        while !Task.isCancelled {
            do {
                return try await publisher.publish([message])
            } catch {
                if pause == 2 { logger.warning("statistics wait for the bus", metadata: ["error": "\(error)"]) }
                try? await Task.sleep(for: .seconds(pause))
                pause = min(pause + 2, 32)
            }
        }
    }
}
