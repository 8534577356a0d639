import ConfdDirectory
import Core
import Directory
import Events
import Logging
import Postgres
import ServiceLifecycle
import Synchronization

/// Users, lines, switchboards …: the shared tables, or confd with a cache that its events keep true.
struct DirectoryPart {
    let directory: any PlatformDirectory
    /// Who is told of changed configuration: by confd's events, or by the tables' notifications.
    let changes = DirectoryChanges()
    /// Brings confd's events; `nil` where there is no confd.
    let busReceiver: (any BusReceiving)?
    let services: [any Service]

    /// - Throws: `PostgresFailure` when the database's URI cannot be read.
    init(_ settings: Settings, platform: PlatformServices, databases: Databases, logger: Logger) throws {
        switch settings.parts.directory {
        case .postgresql:
            directory = databases.directory
            busReceiver = nil
            services = [
                PostgresListener(try settings.statePool, channels: [DirectoryChange.channel], logger: logger) {
                    [changes] event in
                    // What changed while nobody listened is not told any more.
                    if case .listening = event { changes.tell(.everything) }
                    guard case .notified(let notification) = event else { return }
                    for change in DirectoryChange.changes(notification: notification.payload) { changes.tell(change) }
                }
            ]
        case .confd:
            let confd = ConfdDirectory(client: platform.confd, logger: logger)
            let cached = CachedDirectory(confd)
            directory = cached
            busReceiver = DirectoryChangeReceiver(cached, changes)
            services = []
        }
    }
}

/// Passes on what changed in the directory.
final class DirectoryChanges: Sendable {
    private let receivers = Mutex<[@Sendable (DirectoryChange) -> Void]>([])

    /// From now on `receiver` is told too; it returns at once.
    func add(_ receiver: @escaping @Sendable (DirectoryChange) -> Void) { receivers.withLock { $0.append(receiver) } }

    func tell(_ change: DirectoryChange) {
        for receiver in receivers.withLock({ $0 }) { receiver(change) }
    }
}

/// Drops from the cache what confd's events say has changed, then tells of it.
struct DirectoryChangeReceiver: BusReceiving {
    private let cache: CachedDirectory
    private let told: DirectoryChanges

    init(_ cache: CachedDirectory, _ told: DirectoryChanges) {
        self.cache = cache
        self.told = told
    }

    var bindings: [BusBinding] { DirectoryChange.events.map { BusBinding($0) } }

    func receive(_ delivery: BusDelivery) async {
        guard let name = delivery.name else { return }
        let changes = DirectoryChange.changes(event: name, data: delivery.body["data"] ?? .null)
        for change in changes {
            cache.invalidate(change)
            told.tell(change)
        }
    }

    /// What changed while nobody listened is not told any more.
    func busConnected() async {
        cache.feedStarted()
        told.tell(.everything)
    }
    func busDisconnected() async { cache.feedLost() }
}
