import CallControl
import Core
import Logging
import ServiceLifecycle
import Telephony

/// Channels that come into our Stasis application for a feature that the site has left out: they go on in the dialplan,
/// as if Stasis had not been there, where nobody would take them.
final class UnservedArrivals: Service, EventReceiving {
    /// The first Stasis argument of each feature that takes arrivals.
    private static let instances: [PlugIn: String] = [
        .switchboards: "switchboard", .transfers: "transfer", .relocates: "relocate",
    ]

    private let channels: any ChannelControlling
    private let unserved: Set<String>
    private let logger: Logger
    private let arrivals = Mailbox<ChannelID>(capacity: 256)

    init(_ plugIns: PlugIns, channels: any ChannelControlling, logger: Logger) {
        self.channels = channels
        self.logger = logger
        unserved = Set(Self.instances.filter { !plugIns.isOn($0.key) }.values)
    }

    func wants(_ head: EventHead) -> Bool {
        guard head.type == "StasisStart", head.application == LoneChannelCleanup.application,
            let instance = head.arguments.first
        else { return false }
        return unserved.contains(instance)
    }

    /// Waits while too many have come.
    func receive(_ event: AsteriskEvent, head: EventHead) async {
        if let channel = head.channel { await arrivals.send(channel) }
    }

    func feedConnected() async {}
    func feedDisconnected() async {}

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                while let channel = await self.arrivals.next() { await self.sendOn(channel) }
            } onCancel: {
                self.arrivals.close()
            }
        }
    }

    private func sendOn(_ channel: ChannelID) async {
        do {
            try await channels.continue(channel, at: nil)
            logger.notice("a call came for a feature that is left out", metadata: ["call": "\(channel)"])
        } catch TelephonyFailure.notFound {
            return
        } catch {
            logger.error("call not sent on", metadata: ["call": "\(channel)", "error": "\(error)"])
        }
    }
}
