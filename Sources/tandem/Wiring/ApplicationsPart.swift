import API
import ARI
import Applications
import CallControl
import CallRequests
import Core
import Events
import Logging
import Persistence
import PostgresDirectory
import Synchronization
import Telephony

/// Applications, over what the configuration says they ask.
struct ApplicationsPart {
    let applications: Applications
    private let registry: RegistryReference

    init(
        _ settings: Settings,
        ari: ARIClient,
        manager: any ManagerControlling,
        destinations: Destinations,
        directory: DirectoryPart,
        databases: Databases,
        store: any StateStoring,
        envelope: BusEnvelope,
        cleanup: LoneChannelCleanup,
        logger: Logger
    ) {
        let registry = RegistryReference()
        let hasTables = settings.parts.directory == .postgresql
        applications = Applications(
            ports: ApplicationPorts(
                asterisk: ari,
                manager: manager,
                registry: { registry.value },
                applications: directory.directory,
                music: directory.directory,
                users: directory.directory,
                destinations: destinations,
                editing: hasTables ? PostgresApplications(pool: databases.state.pool) : nil,
                store: store,
                envelope: envelope,
                cleanup: cleanup,
                failures: AsteriskFailures(baseURL: settings.ari.displayedBaseURL),
                managerFailures: settings.managerFailures,
                media: MediaRules(
                    folders: settings.applications.mediaFolders,
                    tenantsFolders: [MediaRules.platformsTenants, settings.recordings.folder]
                ),
                hasRecording: { try await ari.storedRecording($0) != nil },
                logger: logger
            )
        )
        self.registry = registry
        directory.changes.add(applications.directoryChanged)
    }

    /// From now on applications are registered in Asterisk.
    func use(_ registry: any ApplicationRegistering) { self.registry.set(registry) }

    /// For `/1.0/status`, below `plugins`.
    var report: StatusRoutes.Report { { [applications] in StatusRoutes.status(applications.isReady) } }

    /// The feed wants the features first, and applications want the feed.
    private final class RegistryReference: Sendable {
        private let registry = Mutex<(any ApplicationRegistering)?>(nil)
        var value: (any ApplicationRegistering)? { registry.withLock { $0 } }
        func set(_ value: any ApplicationRegistering) { registry.withLock { $0 = value } }
    }
}
