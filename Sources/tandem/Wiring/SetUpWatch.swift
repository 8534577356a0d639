import AsteriskConfiguration
import CallControl
import Core
import Logging
import ServiceLifecycle
import Telephony

/// Looks at Asterisk's set-up after each connection of the manager interface: says in the log what makes calls wrong or
/// silent, since nothing else would, and finds out whether the dialplan has the entrance to our Stasis applications.
struct SetUpWatch: Service, ManagerEventReceiving, CustomStringConvertible {
    /// The type alone: the log names each service that starts, and the settings hold secrets.
    var description: String { "SetUpWatch" }

    let manager: any ManagerControlling
    let settings: Settings
    let entrance: StasisEntrance
    let logger: Logger
    private let connections = Mailbox<Void>(capacity: 1)

    init(manager: any ManagerControlling, settings: Settings, entrance: StasisEntrance, logger: Logger) {
        self.manager = manager
        self.settings = settings
        self.entrance = entrance
        self.logger = logger
    }

    func run() async throws {
        await withTaskCancellationOrGracefulShutdownHandler {
            while await connections.next() != nil { await look() }
        } onCancelOrGracefulShutdown: {
            connections.close()
        }
    }

    private func look() async {
        do {
            let isEntranceThere = try await manager.extensionExists(StasisEntrance.place)
            entrance.lead(isEntranceThere ? [LoneChannelCleanup.application] : [])
            // Over amid Asterisk is the platform's, and set up by it.
            guard settings.parts.manager == .ami else { return }
            for problem in SetUpCheck(try await .asked(of: manager, settings)).problems() {
                logger.error("Asterisk's set-up: \(problem)")
            }
        } catch {
            // The next connection looks again.
            logger.debug("Asterisk's set-up was not looked at", metadata: ["error": "\(error)"])
        }
    }

    func wants(_ name: String) -> Bool { false }
    func receive(_ event: ManagerEvent) async {}
    func managerConnected() async { connections.offer(()) }
    func managerDisconnected() async {}
}
