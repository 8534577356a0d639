import CallControl
import Core
import Events
import Foundation
import Synchronization
import Telephony

/// Events of the registry's application, turned into news of calls: each event shows the call as it left it, without a
/// request to Asterisk (contract 10 §3.1 with the registry in place of ARI).
final class RegistryEvents: EventReceiving {
    /// A new channel gets its variables one by one, each an event (Asterisk 22.10: within 1 ms, more when busy). Told of before
    /// there is so long a silence, it would lack its user or the number dialled.
    private static let settling: Duration = .milliseconds(10)
    /// The dialplan says on a caller's channel who calls and where the call goes, once its handlers have found that out.
    /// An event before that would lack the number dialled, the direction, and that this is the caller.
    ///
    /// A phone that is called says that it rings: the call is not shown as `Down` before. Both come within milliseconds; this
    /// is how long is waited at most.
    private static let patience: Duration = .milliseconds(250)
    private static let updating: Set<String> = ["ChannelStateChange", "ChannelConnectedLine"]

    private let registry: CallRegistry
    private let ports: CallPorts
    private let news: CallNews
    private let setter: VariableSetter
    private let echoes: DialEchoes
    /// Channels that nobody has been told of: too new, or without a tenant.
    private let unannounced = Mutex<[ChannelID: Waiting]>([:])
    private let settling = Mailbox<(channel: ChannelID, due: ContinuousClock.Instant)>(capacity: 8_192)
    private let arrivals = Mailbox<(channel: ChannelID, due: ContinuousClock.Instant)>(capacity: 8_192)

    /// A channel whose `call_created` has not been published.
    private struct Waiting {
        /// When its last variable came.
        var lastVariable = ContinuousClock.now
        var awaits: Awaited
    }

    /// What would change a call that is published at once.
    private enum Awaited {
        /// The dialplan finds the destination of a caller.
        case destination
        /// The phone that is called rings.
        case ringing
        /// Nothing more than the variables that belong together.
        case silence
    }

    init(_ registry: CallRegistry, _ ports: CallPorts, news: CallNews, setter: VariableSetter, echoes: DialEchoes) {
        self.registry = registry
        self.ports = ports
        self.news = news
        self.setter = setter
        self.echoes = echoes
        registry.whenVanished { [weak self] calls in
            for call in calls where !call.record.isLocal && !call.record.isAutoprovisioning {
                // What nobody was told of has no end either.
                guard self?.forget(call.id) != true else { continue }
                news.offer(.ended(call, cause: 0, ports.clock.now))
            }
        }
    }

    func wants(_ head: EventHead) -> Bool {
        if registry.wants(head) { return true }
        // The dialplan has begun: whatever the channel was made with is set.
        return head.type == "ChannelVarset" && head.variable?.begins(with: "LOCAL(") == true
            && head.channel.map(isUnannounced) == true
    }

    func feedConnected() async { await registry.feedConnected() }
    func feedDisconnected() async { await registry.feedDisconnected() }

    func receive(_ event: AsteriskEvent, head: EventHead) async {
        let before = head.channel.flatMap(registry.call)
        if registry.wants(head) { await registry.receive(event, head: head) }
        switch event.kind {
        case .channelCreated(let channel): await created(channel)
        case .channelVariableSet(let channel?, let name, _): await variableSet(channel.id, name, before: before)
        case .channelDestroyed(let channel, let cause):
            await destroyed(channel, before: before, cause: cause, at: event.timestamp)
        case .channelStateChange(let channel): await stateChanged(channel, at: event.timestamp)
        // A phone that is called learns who calls before it rings.
        case .channelConnectedLine(let channel) where !isAwaitingRinging(channel.id): await updated(channel.id)
        case .channelHold(let channel, _): await held(true, channel.id)
        case .channelUnhold(let channel): await held(false, channel.id)
        case .channelDTMFReceived(let channel, let digit, _):
            if let call = registry.call(channel.id) { await news.send(.tone(digit, call)) }
        case .channelEnteredBridge(let channel, let bridge) where bridge.channels.count > 1:
            // For those who wait nothing changes when others come and go.
            await membersChanged(bridge.isConversation ? bridge.channels : [channel.id])
        case .channelLeftBridge(_, let bridge) where !bridge.channels.isEmpty && bridge.isConversation:
            await membersChanged(bridge.channels)
        case .userEvent(let name, let channel?, _, let fields): await told(name, channel, fields)
        default: break
        }
    }

    // MARK: Announcing

    private func isUnannounced(_ id: ChannelID) -> Bool { unannounced.withLock { $0[id] != nil } }

    private func isAwaitingRinging(_ id: ChannelID) -> Bool { unannounced.withLock { $0[id]?.awaits == .ringing } }

    /// - Returns: Whether nobody was told of it.
    private func forget(_ id: ChannelID) -> Bool { unannounced.withLock { $0.removeValue(forKey: id) != nil } }

    private func created(_ channel: Channel) async {
        ports.measure(.channels("created"))
        guard !channel.name.begins(with: "Local/") else { return }
        var awaits =
            switch channel.state {
            // A phone or a trunk that calls us.
            case "Ring": Awaited.destination
            // One that we or the dialplan call.
            case "Down": Awaited.ringing
            default: Awaited.silence
            }
        if awaits != .silence, !arrivals.offer((channel.id, .now + Self.patience)) { awaits = .silence }
        unannounced.withLock { $0[channel.id] = Waiting(awaits: awaits) }
    }

    /// Tells of a call that nobody was told of, once it has a tenant. The lock keeps it before all that follows.
    private func announce(_ id: ChannelID) {
        unannounced.withLock { waiting in
            guard waiting[id] != nil else { return }
            guard let call = registry.call(id) else {
                waiting[id] = nil
                return
            }
            guard call.record.tenant != nil, !call.record.isAutoprovisioning else { return }
            waiting[id] = nil
            keepDirection(call.computedDirection, of: call)
            if let known = registry.call(id) { news.offer(.call(.created, known)) }
        }
    }

    /// Announces settled calls until it is closed.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.announceSettled() }
            group.addTask { await self.announceArrived() }
        }
    }

    private func announceSettled() async {
        while let (channel, due) = await settling.next() {
            try? await Task.sleep(until: due, clock: .continuous)
            let last = unannounced.withLock { $0[channel]?.lastVariable }
            if let last, last + Self.settling > .now, settling.offer((channel, last + Self.settling)) { continue }
            announce(channel)
        }
    }

    /// Callers whose destination takes long, or who get none; phones that do not say that they ring.
    private func announceArrived() async {
        while let (channel, due) = await arrivals.next() {
            try? await Task.sleep(until: due, clock: .continuous)
            let isLate = unannounced.withLock { waiting in
                guard let found = waiting[channel], found.awaits != .silence else { return false }
                waiting[channel]?.awaits = .silence
                return true
            }
            if isLate { announce(channel) }
        }
    }

    func close() {
        settling.close()
        arrivals.close()
    }

    private func variableSet(_ id: ChannelID, _ name: String, before: Call?) async {
        let variable = CallVariable(name: name)
        guard let waiting = unannounced.withLock({ $0[id] }) else { return await changedHands(id, variable, before) }
        if variable == nil, waiting.awaits == .silence { return announce(id) }
        unannounced.withLock { $0[id]?.lastVariable = .now }
        let record = registry.record(id)
        switch waiting.awaits {
        case .ringing: return
        case .destination:
            guard record?[.channelDirection] == "to-wazo", record?.tenant != nil else { return }
            // What the dialplan sets beside it comes within the same moment.
            unannounced.withLock { $0[id]?.awaits = .silence }
        case .silence: guard before?.record.tenant == nil, record?.tenant != nil else { return }
        }
        settle(id)
    }

    private func settle(_ id: ChannelID) {
        if !settling.offer((id, .now + Self.settling)) { announce(id) }
    }

    private func changedHands(_ id: ChannelID, _ variable: CallVariable?, _ before: Call?) async {
        // A call that changes hands, for instance by pickup: its new user learns of it.
        guard variable == .user, let before, let call = registry.call(id), !call.record.isLocal,
            before.record.user != call.record.user
        else { return }
        await updated(id)
    }

    // MARK: Changes

    /// The call, announced if it was not; `nil` when nothing may be told of it.
    private func announced(_ id: ChannelID) -> Call? {
        announce(id)
        guard !isUnannounced(id), let call = registry.call(id), !call.record.isLocal,
            !call.record.isAutoprovisioning
        else { return nil }
        return call
    }

    private func updated(_ id: ChannelID) async {
        if let call = announced(id) { await news.send(.call(.updated, call)) }
    }

    private func stateChanged(_ channel: Channel, at date: Date) async {
        guard channel.state == "Up" else { return await updated(channel.id) }
        guard let call = announced(channel.id) else { return }
        setter.set(.answerTime, to: CallMoment.text(date), of: channel.id)
        keepDirection(call.computedDirection, of: call)
        guard let answered = registry.call(channel.id) else { return }
        await news.send(.call(.updated, answered))
        await news.send(.call(.answered, answered))
    }

    /// Only a direction that is unknown is computed anew outside bridges.
    private func keepDirection(_ direction: Call.Direction, of call: Call) {
        guard call.direction == .unknown, direction != .unknown else { return }
        setter.set(.conversationDirection, to: direction.rawValue, of: call.id)
    }

    private func held(_ isHeld: Bool, _ id: ChannelID) async {
        setter.set(.isOnHold, to: isHeld ? "1" : "", of: id)
        if let call = registry.call(id) { await news.send(.hold(isHeld, call)) }
    }

    /// One direction for all who are in a bridge; each is told of.
    private func membersChanged(_ members: [ChannelID]) async {
        let calls = members.compactMap(announced)
        let direction = Call.direction(of: calls.map { $0.record[.callDirection] })
        for call in calls {
            if call.mustKeep(direction) {
                setter.set(.conversationDirection, to: direction.rawValue, of: call.id)
            }
            if let current = registry.call(call.id) { await news.send(.call(.updated, current)) }
        }
    }

    private func destroyed(_ channel: Channel, before: Call?, cause: Int, at date: Date) async {
        ports.measure(.channels("ended"))
        announceLast(channel.id, before)
        guard !forget(channel.id) else { return }
        var record = ChannelRecord(channel)
        // What we have set may not be in Asterisk's last snapshot yet.
        for variable in [CallVariable.answerTime, .conversationDirection] where record[variable] == nil {
            if let value = before?.record[variable] { record[variable] = value }
        }
        guard !record.isLocal, !record.isAutoprovisioning else { return }
        await news.send(.ended(Call(record), cause: cause, date))
    }

    /// A call that ends before it has settled is told of all the same.
    private func announceLast(_ id: ChannelID, _ before: Call?) {
        guard let before, before.record.tenant != nil, !before.record.isAutoprovisioning else { return }
        unannounced.withLock { waiting in
            guard waiting.removeValue(forKey: id) != nil else { return }
            news.offer(.call(.created, before))
        }
    }

    private func told(_ name: String, _ channel: Channel, _ fields: [String: JSONValue]) async {
        let fields = fields.compactMapValues(\.string)
        switch name {
        case "dial_echo": echoes.heard(fields)
        case "user_missed_call":
            guard let tenant = registry.record(channel.id)?.tenant else { return }
            await news.send(.missed(fields, tenant: tenant, channel: channel.id))
        default: break
        }
    }
}
