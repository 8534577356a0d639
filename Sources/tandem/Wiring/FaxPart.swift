import API
import Agid
import Core
import Events
import Faxes
import Logging
import Persistence
import Processes

/// Faxes: received ones, the file that says where they go, and what the dialplan's handler asks of them; and sent ones.
struct FaxPart {
    let sending: SentFaxes
    let configuration: FaxConfigurationFile
    let service: ReceivedFaxes

    init(
        _ settings: Settings,
        databases: Databases,
        sending: SentFaxes,
        store: any StateStoring,
        envelope: BusEnvelope,
        logger: Logger
    ) {
        self.sending = sending
        configuration = FaxConfigurationFile(path: settings.agi.faxFile, logger: logger)
        service = ReceivedFaxes(
            ports: ReceivedFaxPorts(
                store: store,
                envelope: envelope,
                configuration: configuration,
                processes: ProcessRunner(),
                contexts: databases.directory,
                receivedFolder: settings.faxes.receivedFolder,
                spoolFolder: settings.faxes.spool,
                keep: settings.faxes.receivedKeep,
                keepFailed: settings.faxes.undeliveredKeep,
                logger: logger
            )
        )
    }

    /// Their routes.
    var routes: any RouteProviding { FaxRoutes(sent: sending, received: service) }

    /// What `handle_fax` asks.
    var handling: any ReceivedFaxHandling { FaxReception(faxes: service) }

    private struct FaxReception: ReceivedFaxHandling {
        let faxes: ReceivedFaxes

        func receive(_ fax: ReceivedFaxFile) async throws -> ReceivedFaxAnswer {
            let arrival = FaxArrival(
                file: fax.path,
                destination: fax.destination,
                email: fax.email,
                callerID: fax.callerID,
                pages: fax.pages,
                remoteStationID: fax.remoteStationID,
                tenant: fax.tenant,
                context: fax.context,
                user: fax.user,
                fault: fax.fault
            )
            switch try await faxes.receive(arrival) {
            case .delivered: return .delivered
            case .kept: return .kept
            case .alreadyTaken: return .alreadyTaken
            case .nothingReceived: return .nothingReceived
            }
        }
    }
}
