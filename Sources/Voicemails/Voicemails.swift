import API
import Core
import Directory
public import Events
import Foundation
import Logging
public import ServiceLifecycle
public import Telephony

/// Voicemail boxes: their messages and greetings for clients, and events of what happens in them.
///
/// ## A message's journey
/// 1. A caller reaches `VoiceMail()` in the dialplan; Asterisk writes the message into the box's folder and says
///    `MessageWaiting`.
/// 2. `VoicemailWatch` reads the box, finds the message new, and commits the event with what is known of the box.
/// 3. Clients list the box (`VoicemailSpool`, what was read is kept until the folders change) and hear the message:
///    its file is streamed.
/// 4. They move or delete it: Asterisk does so (`VoicemailActions`), for it alone may renumber, and sets the lamps.
///    That the disk shows the outcome is checked.
///
/// ## Where to look
/// - `Routes`, `Routes+…`: paths, and the order of checks. `BoxFinding`: which box a request means.
/// - `Spool/`: files, all on threads of their own. `Watching/`: events.
///
/// Source: contract 31.
public final class Voicemails: Service {
    let ports: VoicemailPorts
    let spool: VoicemailSpool
    let greetings: GreetingFiles
    let actions: VoicemailActions
    let watch: VoicemailWatch

    /// Voicemails in this spool.
    public init(_ configuration: VoicemailConfiguration, ports: VoicemailPorts) {
        self.ports = ports
        let spool = VoicemailSpool(root: configuration.spool, logger: ports.logger)
        let actions = VoicemailActions(ports: ports)
        self.spool = spool
        self.actions = actions
        greetings = GreetingFiles(
            spool: spool,
            conversion: SoundConversion(
                program: configuration.converter,
                processes: ports.processes,
                longest: configuration.longestGreeting
            ),
            logger: ports.logger
        )
        watch = VoicemailWatch(
            ports: ports,
            spool: spool,
            actions: actions,
            sweepInterval: configuration.sweepInterval
        )
    }

    /// Boxes that are watched, for the status.
    public var watchedCount: Int { watch.count }

    /// Something changed in the directory.
    public func directoryChanged() { watch.directoryChanged() }

    /// Watches until shutdown.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await self.watch.run()
        } onGracefulShutdown: {
            self.watch.stop()
        }
    }
}

extension Voicemails: ManagerEventReceiving {
    /// `MessageWaiting` alone.
    public func wants(_ name: String) -> Bool { name == "MessageWaiting" }

    /// The event's counts are not looked at: it only says where (contract 31 §5).
    public func receive(_ event: ManagerEvent) async {
        if let box = event["Mailbox"].flatMap({ BoxPath(mailbox: $0) }) { watch.look(at: box) }
    }

    /// Messages may have come meanwhile, and Asterisk may be another one.
    public func managerConnected() async {
        actions.forget()
        watch.lookEverywhere()
    }

    /// Nothing.
    public func managerDisconnected() async {}
}

extension Voicemails: BusReceiving {
    /// call-logd's transcriptions.
    public var bindings: [BusBinding] { VoicemailEvents.transcriptions.map { BusBinding($0) } }

    /// Passes a transcription on to the people of the box.
    public func receive(_ delivery: BusDelivery) async {
        let data = delivery.body["data"] ?? .null
        guard let name = delivery.name, let id = data["voicemail_id"]?.integer.flatMap({ Int($0) }) else { return }
        do {
            guard let box = try await ports.directory.voicemail(id, tenant: nil) else { return }
            for event in VoicemailEvents.events(ofTranscription: name, data, in: box) { ports.publish(event) }
        } catch {
            ports.logger.warning(
                "a transcription is not announced",
                metadata: ["voicemail": "\(id)", "cause": "\(error)"]
            )
        }
    }
}
