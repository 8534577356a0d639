public import CallControl
public import Core
public import Events
import Logging
public import ServiceLifecycle
public import Telephony

/// Calls over REST and on the bus: every channel of Asterisk, what is done with it and what happens to it.
///
/// ## A call's journey
/// 1. Asterisk makes a channel; `CallRegistry` (CallControl) keeps it from then on, and `RegistryEvents` tells the bus
///    of it once it has a tenant, and of each change. Where events come over the bus of the platform, `ManagerCallEvents`
///    does so with Asterisk's answers in place of the registry.
/// 2. `GET /calls` (`Routes`, `CallReader`): from the registry, without a request; else two requests for all calls.
/// 3. `POST /calls` (`CallOrigination`) places one; from a mobile phone it waits for the dialplan's echo (`DialEchoes`).
/// 4. `CallActions`: hang up, mute, digits, and what its phone is told.
/// 5. In a Stasis application a call has a record (`StasisCalls`), and may be connected to a user: `Connection` is the
///    state machine of that.
///
/// ## Where to look
/// `BusEvents`: what clients hear. `Failures`: error ids. docs/calls.md: fields, events, and what differs.
///
/// Source: contract 10.
public final class Calls: Service, EventReceiving, ManagerEventReceiving, Recovering {
    let ports: CallPorts
    let reader: CallReader
    let actions: CallActions
    let origination: CallOrigination
    let stasis: StasisCalls
    private let news: CallNews
    private let setter: VariableSetter
    private let managerEvents: ManagerCallEvents
    private let registryEvents: RegistryEvents?

    /// Calls that work through these ports.
    public init(ports: CallPorts) {
        self.ports = ports
        let echoes = DialEchoes()
        reader = CallReader(ports)
        news = CallNews(ports)
        setter = VariableSetter(ports)
        actions = CallActions(ports: ports, reader: reader, news: news)
        origination = CallOrigination(ports: ports, reader: reader, echoes: echoes)
        stasis = StasisCalls(ports)
        managerEvents = ManagerCallEvents(ports, reader: reader, news: news, echoes: echoes)
        registryEvents = ports.registry.map { [news, setter] registry in
            RegistryEvents(registry, ports, news: news, setter: setter, echoes: echoes)
        }
    }

    // MARK: For other features

    /// A call by its channel; `nil` when the channel is gone.
    /// - Throws: `TelephonyFailure`.
    public func call(_ id: ChannelID) async throws -> Call? { try await reader.call(id) }

    /// Publishes `call_updated` of a call as it is now, in the order of its other events; nothing of a channel that is
    /// gone, of a Local channel, or without a tenant.
    /// - Throws: `TelephonyFailure`.
    public func publishUpdate(of id: ChannelID) async throws {
        guard let call = try await reader.call(id), !call.record.isLocal, !call.record.isAutoprovisioning else {
            return
        }
        await news.send(.call(.updated, call))
    }

    /// Publishes another feature's event of a call, behind what was published of calls before.
    public func publish(_ event: BusEvent) async { await news.send(.event(event)) }

    /// Sets a variable that calls are made of, in Asterisk and in what is shown from now on.
    /// - Throws: `TelephonyFailure`; `VariableNotVisible`.
    public func set(_ variable: CallVariable, to value: String, of id: ChannelID) async throws {
        ports.registry?.note(variable, value, of: id)
        do {
            try await ports.variables.setAndConfirm(variable.name, to: value, of: id)
        } catch {
            ports.registry?.retract(variable, of: id)
            throw error
        }
    }

    /// Who alone gets events of ``CallRegistry/applicationName``; `nil` where there is no registry.
    public var registryReceiver: (any EventReceiving)? { registryEvents }

    // MARK: Service

    /// Works until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    group.addTask { await self.news.run() }
                    group.addTask { await self.setter.run() }
                    group.addTask { await self.managerEvents.run() }
                    group.addTask { await self.stasis.run() }
                    if let registryEvents = self.registryEvents {
                        group.addTask { await registryEvents.run() }
                    }
                    if let registry = self.ports.registry { group.addTask { try? await registry.run() } }
                }
            } onCancel: {
                self.managerEvents.close()
                self.stasis.close()
                self.registryEvents?.close()
                self.setter.close()
                self.news.close()
            }
        }
    }

    // MARK: Events

    /// Calls in Stasis; and ends of all calls where there is no registry.
    public func wants(_ head: EventHead) -> Bool { stasis.wants(head) || isEndWithoutRegistry(head) }

    private func isEndWithoutRegistry(_ head: EventHead) -> Bool {
        ports.registry == nil && head.type == "ChannelDestroyed"
            && head.application == LoneChannelCleanup.application
    }

    /// Takes an event over.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        if stasis.wants(head) { await stasis.receive(event, head: head) }
        guard isEndWithoutRegistry(head), case .channelDestroyed(let channel, let cause) = event.kind else { return }
        await managerEvents.destroyed(channel, cause: cause, at: event.timestamp)
    }

    /// Nothing: the recovery follows.
    public func feedConnected() async {}
    /// Nothing.
    public func feedDisconnected() async {}

    /// What Asterisk showed after a gap in the events.
    public func recover(from snapshot: AsteriskSnapshot) async throws {
        try await ports.registry?.recover(from: snapshot)
        await stasis.recover(from: snapshot)
    }

    // MARK: Manager events

    /// Those that are read beside, or without, the registry.
    public func wants(_ name: String) -> Bool { managerEvents.wants(name) }
    /// Takes an event over.
    public func receive(_ event: ManagerEvent) async { await managerEvents.receive(event) }
    /// Nothing.
    public func managerConnected() async {}
    /// Nothing.
    public func managerDisconnected() async {}

    /// A user's service "do not disturb" was switched: his phones are paused in the queues of groups (contract 10 §3.1).
    public func doNotDisturbChanged(of user: UserID, isEnabled: Bool) async {
        do {
            try await ports.manager.pauseQueueMember("Local/\(user)@usersharedlines", isPaused: isEnabled)
        } catch {
            ports.logger.warning("queue member not paused", metadata: ["user": "\(user)", "error": "\(error)"])
        }
    }
}
