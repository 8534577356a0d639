import API
import ARI
import CallControl
import Core
import Directory
import Events
import Logging
import Persistence
import Processes
import ServiceLifecycle
import SiblingServices
import Telephony
import Voicemails

/// Voicemails: the feature, and what it hears of Asterisk, the directory and the bus.
struct VoicemailPart {
    let voicemails: Voicemails
    /// Brings call-logd's events; `nil` where there is no platform.
    let busReceiver: (any BusReceiving)?

    init(
        _ settings: Settings,
        platform: PlatformServices,
        directory: DirectoryPart,
        manager: any ManagerControlling,
        managerEvents: ManagerEventRouter,
        ari: ARIClient,
        store: any StateStoring,
        envelope: BusEnvelope,
        publish: @escaping @Sendable (BusEvent) -> Void,
        logger: Logger
    ) {
        let isOnPlatform = settings.parts.directory == .confd
        let voicemails = Voicemails(
            settings.voicemails,
            ports: VoicemailPorts(
                directory: directory.directory,
                manager: manager,
                resource: ari,
                transcriptions: isOnPlatform ? Transcriptions(client: CallLogdClient(client: platform.callLogd)) : nil,
                store: store,
                envelope: envelope,
                publish: publish,
                processes: ProcessRunner(width: 4),
                failures: AsteriskFailures(baseURL: settings.ari.displayedBaseURL),
                managerFailures: settings.managerFailures,
                logger: logger
            )
        )
        self.voicemails = voicemails
        busReceiver = isOnPlatform ? voicemails : nil
        managerEvents.add(voicemails)
        directory.changes.add { change in
            switch change {
            case .voicemail, .everything: voicemails.directoryChanged()
            default: return
            }
        }
    }

    private struct Transcriptions: TranscriptionReading {
        let client: CallLogdClient

        func transcriptions(ofVoicemails ids: [Int]) async throws -> [String: String] {
            try await client.transcriptions(ofVoicemails: ids)
        }
    }

    /// `plugins.voicemails` of the status (contract 31 §5).
    var report: StatusRoutes.Report {
        { ["status": "ok", "cache_items": .integer(Int64(voicemails.watchedCount))] }
    }
}
