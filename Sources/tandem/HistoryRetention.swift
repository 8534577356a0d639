import Core
import Foundation
import Logging
import Persistence
import ServiceLifecycle

/// Deletes the history of transitions once it is old enough: at start, then every hour.
struct HistoryRetention: Service {
    let store: any StateStoring
    /// How long a transition is kept, in seconds.
    let seconds: TimeInterval
    let logger: Logger
    private static let interval: Duration = .seconds(3_600)
    /// A database that is away is asked again sooner.
    private static let retryInterval: Duration = .seconds(60)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                var pause = Self.interval
                do {
                    try await store.discardHistory(before: Date().addingTimeInterval(-seconds))
                } catch {
                    logger.debug("history not pruned yet", metadata: ["error": "\(error)"])
                    pause = Self.retryInterval
                }
                try? await Task.sleep(for: pause)
            }
        }
    }
}
