import CallControl
import Core
import Events
import Foundation
import Logging
import Synchronization
import Telephony

/// Manager events turned into news of calls, where there is no registry: each event costs the requests that show the
/// call (contract 10 §3.1). Events of one conversation keep their order, different ones do not wait for each other.
final class ManagerCallEvents: ManagerEventReceiving {
    private enum Input: Sendable {
        case manager(ManagerEvent)
        case destroyed(Channel, cause: Int, Date)
    }
    private static let lanes = 16
    /// What is read also beside a registry, as Stasis does not tell it.
    private static let always: Set<String> = ["Pickup"]
    private static let names: Set<String> = [
        "Newchannel", "Newstate", "NewConnectedLine", "Hold", "Unhold", "Hangup", "UserEvent", "DTMFEnd",
        "BridgeEnter", "BridgeLeave",
    ]

    private let ports: CallPorts
    private let reader: CallReader
    private let news: CallNews
    private let echoes: DialEchoes
    private let mailboxes: [Mailbox<Input>]
    /// New calls that nobody has been told of, as they had no tenant yet.
    private let unannounced = Mutex<Set<ChannelID>>([])

    init(_ ports: CallPorts, reader: CallReader, news: CallNews, echoes: DialEchoes) {
        self.ports = ports
        self.reader = reader
        self.news = news
        self.echoes = echoes
        mailboxes = (0..<Self.lanes).map { _ in Mailbox(capacity: 512) }
    }

    func wants(_ name: String) -> Bool {
        Self.always.contains(name) || ports.registry == nil && Self.names.contains(name)
    }

    func managerConnected() async {}
    func managerDisconnected() async {}

    func receive(_ event: ManagerEvent) async {
        switch event.name {
        case "Newchannel": ports.measure(.channels("created"))
        case "Hangup": return ports.measure(.channels("ended"))
        default: break
        }
        await send(.manager(event), of: event["Linkedid"] ?? event["Uniqueid"] ?? event["BridgeUniqueid"] ?? "")
    }

    /// A channel is gone, as the event feed tells it; in the order of the conversation's other events.
    func destroyed(_ channel: Channel, cause: Int, at date: Date) async {
        await send(.destroyed(channel, cause: cause, date), of: (channel.linkedID ?? channel.id).rawValue)
    }

    private func send(_ input: Input, of conversation: String) async {
        await mailboxes[Int(UInt(bitPattern: conversation.hashValue) % UInt(Self.lanes))].send(input)
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            for mailbox in mailboxes {
                group.addTask { while let input = await mailbox.next() { await self.handle(input) } }
            }
        }
    }

    func close() { for mailbox in mailboxes { mailbox.close() } }

    private func handle(_ input: Input) async {
        switch input {
        case .destroyed(let channel, let cause, let date): await ended(channel, cause: cause, at: date)
        case .manager(let event):
            do {
                try await handle(event)
            } catch TelephonyFailure.notFound {
                // The channel is gone; its end is told by another event.
            } catch {
                ports.logger.warning("event not told", metadata: ["event": "\(event.name)", "error": "\(error)"])
            }
        }
    }

    private func handle(_ event: ManagerEvent) async throws {
        let id = ChannelID(event["Uniqueid"] ?? "")
        let isLocal = event["Channel"]?.begins(with: "Local/") == true
        switch event.name {
        case "Newchannel" where !isLocal: try await created(id, name: event["Channel"] ?? "")
        case "Newstate" where !isLocal:
            let isUp = event["ChannelStateDesc"] == "Up"
            if isUp {
                try await ports.variables.set(
                    CallVariable.answerTime.name,
                    to: CallMoment.text(ports.clock.now),
                    of: id
                )
            }
            guard let call = try await announced(id) else { return }
            await news.send(.call(.updated, call))
            if isUp { await news.send(.call(.answered, call)) }
        case "NewConnectedLine" where !isLocal:
            if let call = try await announced(id) { await news.send(.call(.updated, call)) }
        case "Hold", "Unhold": try await held(event.name == "Hold", id)
        case "DTMFEnd":
            // What is sent to a channel was received from another one, which tells of it.
            guard event["Direction"] != "Sent", let record = try await reader.record(id) else { return }
            await news.send(.tone(event["Digit"] ?? "", Call(record)))
        case "BridgeEnter" where event["BridgeNumChannels"] != "1",
            "BridgeLeave" where event["BridgeNumChannels"] != "0":
            try await membersChanged(
                BridgeID(event["BridgeUniqueid"] ?? ""),
                entered: event.name == "BridgeEnter" ? id : nil
            )
        case "UserEvent": await told(event, id)
        case "Pickup":
            guard let user = event.channelVariables["WAZO_USERUUID"], !user.isEmpty else { return }
            try await ports.variables.set("WAZO_USERUUID", to: user, of: id)
        default: break
        }
    }

    // MARK: Calls

    /// The call as Asterisk shows it, announced if it was not; `nil` when nothing may be told of it.
    private func announced(_ id: ChannelID) async throws -> Call? {
        guard let call = try await reader.shownCall(id), !call.record.isLocal, !call.record.isAutoprovisioning else {
            return nil
        }
        guard unannounced.withLock({ $0.contains(id) }) else { return call }
        guard call.record.tenant != nil else { return nil }
        unannounced.withLock { _ = $0.remove(id) }
        await news.send(.call(.created, call))
        return call
    }

    private func created(_ id: ChannelID, name: String) async throws {
        unannounced.withLock { _ = $0.insert(id) }
        if name.begins(with: "PJSIP/"), let sip = try await ports.variables.variable("CHANNEL(pjsip,call-id)", of: id) {
            try? await ports.variables.set(CallVariable.sipCallID.name, to: sip, of: id)
        }
        _ = try await announced(id)
    }

    private func held(_ isHeld: Bool, _ id: ChannelID) async throws {
        try await ports.manager.setVariable(
            CallVariable.isOnHold.name,
            to: isHeld ? "1" : "",
            onChannel: id.rawValue
        )
        if let record = try await reader.record(id) { await news.send(.hold(isHeld, Call(record))) }
    }

    private func membersChanged(_ id: BridgeID, entered: ChannelID?) async throws {
        guard let bridge = try await ports.bridges.bridge(id) else { return }
        var records: [ChannelRecord] = []
        // For those who wait nothing changes when others come and go.
        for channel in bridge.isConversation ? bridge.channels : bridge.channels.filter({ $0 == entered }) {
            guard let shown = try await ports.channels.channel(channel), let record = try await reader.complete(shown)
            else { return }
            records.append(record)
        }
        let direction = Call.direction(of: records.filter { !$0.isLocal }.map { $0[.callDirection] })
        for record in records where !record.isLocal && !record.isAutoprovisioning {
            let peers = records.filter { $0.id != record.id }.map(Call.Peer.init)
            var call = Call(record, bridges: [id], peers: peers)
            if call.mustKeep(direction) {
                try? await ports.variables.set(
                    CallVariable.conversationDirection.name,
                    to: direction.rawValue,
                    of: record.id
                )
                call.record[.conversationDirection] = direction.rawValue
            }
            await news.send(.call(.updated, call))
        }
    }

    private func ended(_ channel: Channel, cause: Int, at date: Date) async {
        unannounced.withLock { _ = $0.remove(channel.id) }
        let record = ChannelRecord(channel)
        guard !record.isLocal, !record.isAutoprovisioning else { return }
        await news.send(.ended(Call(record), cause: cause, date))
    }

    private func told(_ event: ManagerEvent, _ id: ChannelID) async {
        switch event["UserEvent"] {
        case "dial_echo": echoes.heard(event.fields)
        case "user_missed_call":
            guard let tenant = event.channelVariables["WAZO_TENANT_UUID"], !tenant.isEmpty else { return }
            var fields = event.fields
            fields["caller_id_name"] = event.message.text("caller_id_name")
            await news.send(.missed(fields, tenant: TenantID(tenant), channel: id))
        default: break
        }
    }
}
