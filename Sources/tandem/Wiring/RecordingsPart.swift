import ARI
import CallControl
import Calls
import Events
import Logging
import Persistence
import Recordings
import Telephony

/// Recordings on the calls that are recorded.
enum RecordingsPart {
    static func recordings(
        _ settings: Settings,
        ari: ARIClient,
        manager: any ManagerControlling,
        part: CallsPart,
        store: any RecordingStoring,
        envelope: BusEnvelope,
        logger: Logger
    ) -> Recordings {
        let calls = part.calls
        return Recordings(
            ports: RecordingPorts(
                channels: ari,
                variables: part.variables,
                manager: manager,
                calls: RecordedCalls(
                    set: { try await calls.set($0, to: $1, of: $2) },
                    publishUpdate: { try await calls.publishUpdate(of: $0) },
                    publish: { await calls.publish($0) },
                    owner: { id in
                        guard let record = try await calls.call(id)?.record, let tenant = record.tenant else {
                            return nil
                        }
                        return RecordedCalls.Owner(tenant: tenant, user: record.user)
                    }
                ),
                store: store,
                envelope: envelope,
                folder: settings.recordings.folder,
                retention: settings.retention.history,
                failures: AsteriskFailures(baseURL: settings.ari.displayedBaseURL),
                managerFailures: settings.managerFailures,
                logger: logger
            )
        )
    }
}
