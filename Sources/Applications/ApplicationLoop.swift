import CallControl
import Core
import Directory
import Events
import Foundation
import Logging
import Persistence
import Synchronization
import Telephony

/// One application: it is its lock.
///
/// Everything that happens to it goes through one bounded mailbox and is taken one by one in ``run()``, the only writer
/// of its state: state -> rows and bus messages in one commit -> effects, which ``ApplicationWork`` performs beside the
/// loop, one after the other for each call, so that a slow call delays no other.
final class ApplicationLoop: Sendable {
    /// What reaches an application.
    enum Input: Sendable {
        /// Asterisk tells, or we have done something that cannot be taken back.
        case event(LiveApplication.Event)
        /// The same; the reply says when it has been handled.
        case told(LiveApplication.Event, Reply<Bool>)
        /// A channel came in; its variables are read first, beside the loop.
        case arrival(Arrival)
        /// They have been read.
        case read(ChannelID, [String: String])
        /// A client asks; after `expiry` he has been told that it is too late, so it is not carried out.
        case request(LiveApplication.Event, expiry: ContinuousClock.Instant, Reply<LiveApplication>)
        /// Bring rows and Asterisk together.
        case look(AsteriskSnapshot, Reply<Void>)
    }

    let id: String
    let mailbox = Mailbox<Input>(capacity: 1_024)
    private let ports: ApplicationPorts
    private let work: ApplicationWork
    private let writer: StateWriter
    private let logger: Logger
    /// Channels whose variables are to be read.
    private let readings = Mailbox<Channel>(capacity: Arrivals.most)
    private let unread = LinePause()
    private struct State {
        var live: LiveApplication
        var arrivals = Arrivals()
        /// Nodes and snoops of rows that were being made when their process ended.
        var orphans: Set<LiveApplication.Item>
        var claimed: Set<BridgeID> = []
        var isLeaving = false
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]
    }
    private struct Waiter {
        var isMet: @Sendable (LiveApplication) -> Bool
        var reply: Reply<Void>
    }
    /// Written by ``run()`` alone, but for the waiters; read from everywhere.
    private let state: Mutex<State>

    /// - Parameter restored: With what the rows hold.
    init(_ restored: LiveApplication, ports: ApplicationPorts, work: ApplicationWork) {
        var logger = ports.logger
        logger[metadataKey: "application"] = "\(restored.id)"
        logger[metadataKey: "tenant"] = "\(restored.record.tenant)"
        id = restored.id
        self.ports = ports
        self.work = work
        writer = StateWriter(store: ports.store, logger: logger)
        self.logger = logger
        let planned =
            restored.nodes.values.filter { $0.phase == .planned }.map { LiveApplication.Item.node($0.id) }
            + restored.snoops.values.filter { $0.phase != .open }.map { .snoop($0.id) }
        state = Mutex(State(live: restored, orphans: Set(planned)))
    }

    /// The application as its last stored change left it.
    var live: LiveApplication { state.withLock { $0.live } }

    /// Its Stasis application.
    var stasis: StasisApplication {
        StasisApplication(name: StasisArguments.application(id), alsoReads: ["ChannelVarset"], isLasting: false)
    }

    /// Takes inputs until the mailbox is closed.
    func run() async {
        claimBridges(live)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.readVariables() }
            while let input = await mailbox.next() { await take(input) }
            readings.close()
            group.cancelAll()
        }
        await endArrivals()
    }

    private func take(_ input: Input) async {
        switch input {
        case .event(let event): await hear(event)
        case .told(let event, let reply): reply.resolve(.success(await feed(event)))
        case .arrival(let arrival): await arrive(arrival)
        case .read(let channel, let variables): await comeIn(channel, variables)
        case .request(let event, let expiry, let reply): await serve(event, expiry, reply)
        case .look(let snapshot, let reply):
            await look(snapshot)
            state.withLock { $0.arrivals.watch(reply) }
            tellArrived()
        }
    }

    // MARK: From outside

    /// Something that was done, or that Asterisk told; waits while the mailbox is full.
    func send(_ event: LiveApplication.Event) async { await mailbox.send(.event(event)) }

    /// Something that a command has done: returns once lists show it, or after `limit` when the database is away.
    /// - Returns: Whether it is stored.
    @discardableResult
    func apply(_ event: LiveApplication.Event, within limit: Duration = .seconds(2)) async -> Bool {
        struct TooLate: Error {}
        let reply = Reply<Bool>()
        guard await mailbox.send(.told(event, reply)) else { return false }
        return (try? await reply.value(within: limit) { TooLate() }) ?? false
    }

    /// What a client wants to be stored before it is done.
    /// - Returns: The application afterwards.
    /// - Throws: `Failure` when it cannot be stored, or not in time.
    @discardableResult
    func store(_ event: LiveApplication.Event, within limit: Duration = .seconds(8)) async throws -> LiveApplication {
        if writer.isStoreAway { throw Failure.databaseUnreachable }
        let reply = Reply<LiveApplication>()
        let late: @Sendable () -> any Error = { [writer, ports] in
            writer.isStoreAway
                ? Failure.databaseUnreachable : ports.failures.failure(for: .unreachable("no answer within the limit"))
        }
        guard mailbox.offer(.request(event, expiry: .now + limit, reply)) else { throw late() }
        return try await reply.value(within: limit, late: late)
    }

    /// Waits until the application is as wanted.
    /// - Returns: `false` when it is not at the end of the time.
    func waits(_ limit: Duration, until isMet: @escaping @Sendable (LiveApplication) -> Bool) async -> Bool {
        let reply = Reply<Void>()
        let ticket: UInt64? = state.withLock { state in
            if isMet(state.live) { return nil }
            state.nextWaiter += 1
            state.waiters[state.nextWaiter] = Waiter(isMet: isMet, reply: reply)
            return state.nextWaiter
        }
        guard let ticket else { return true }
        struct TooLate: Error {}
        let isInTime = (try? await reply.value(within: limit) { TooLate() }) != nil
        state.withLock { _ = $0.waiters.removeValue(forKey: ticket) }
        return isInTime
    }

    /// Whether the application was deleted: nobody comes in any more.
    var isLeaving: Bool { state.withLock { $0.isLeaving } }
    /// The application was deleted.
    func leave() { state.withLock { $0.isLeaving = true } }

    /// Stops; what is waiting for it is refused.
    func close() { mailbox.close() }

    // MARK: Steps

    /// Nothing follows from an event that could not be stored: what it leads to would not be known after a restart, and
    /// the next look at Asterisk finds it again.
    /// - Returns: Whether it is stored.
    @discardableResult
    private func feed(_ event: LiveApplication.Event) async -> Bool {
        let before = live
        var next = before
        let outcome = next.handle(event)
        guard next != before || !outcome.isEmpty else { return true }
        let change = change(&next, outcome, before: before, because: event)
        guard await writer.storeUntilDone(change) else {
            logger.error("event without effect: not stored", metadata: ["event": "\(event.name)"])
            return false
        }
        adopt(next, outcome)
        return true
    }

    private func serve(
        _ event: LiveApplication.Event,
        _ expiry: ContinuousClock.Instant,
        _ reply: Reply<LiveApplication>
    ) async {
        guard ContinuousClock.now < expiry else { return }
        let before = live
        var next = before
        let outcome = next.handle(event)
        let change = change(&next, outcome, before: before, because: event)
        do {
            try await writer.storeOnce(change)
        } catch {
            logger.error("change not stored", metadata: ["error": "\(error)"])
            reply.resolve(.failure(Failure.databaseUnreachable))
            // The row may be written although the answer was lost: then memory must agree with it.
            guard case .save(let row)? = change.writes.first,
                await writer.hasStored(kind: row.kind, id: row.id, revision: row.revision)
            else { return }
        }
        adopt(next, outcome)
        if reply.resolveFirst(.success(next)) { return }
        // The client has been told that it failed, and does not go on with it.
        if let back = event.takingBack { await feed(back) }
        if case .snoopEnding(let id) = event, let snoop = next.snoops[id] { work.begin(.endSnoop(snoop), of: self) }
    }

    private func change(
        _ next: inout LiveApplication,
        _ outcome: LiveApplication.Outcome,
        before: LiveApplication,
        because event: LiveApplication.Event
    ) -> StateChange {
        let now = ports.clock.now
        let events = ApplicationBusEvents(application: next.record)
        return StateChange(
            writes: next.writes(for: outcome.touched, before: before),
            history: next.history(for: outcome.touched, before: before, because: event.name, at: now),
            messages: outcome.notices.map { ports.envelope.message(for: events.event($0), at: now) }
        )
    }

    private func adopt(_ next: LiveApplication, _ outcome: LiveApplication.Outcome) {
        let met = state.withLock { state -> [Waiter] in
            state.live = next
            let met = state.waiters.filter { $0.value.isMet(next) }
            for ticket in met.keys { state.waiters[ticket] = nil }
            return Array(met.values)
        }
        for waiter in met { waiter.reply.resolve(.success(())) }
        claimBridges(next)
        for effect in outcome.effects { work.begin(effect, of: self) }
    }

    // MARK: Arrivals

    /// The variables of a channel are not in its snapshot; they are read once, when it comes (contract 11 §6 row 6).
    private func arrive(_ arrival: Arrival) async {
        let channel = arrival.channel
        let (isComing, coming) = state.withLock { ($0.arrivals.contains(channel.id), $0.arrivals.count) }
        if isComing || live.calls[channel.id]?.phase == .inside { return }
        if case .snoop = arrival.arguments {
            await feed(.started(channel, arrival.arguments, variables: [:], replaced: nil))
            return
        }
        if isLeaving { return work.sendAway(channel.id) }
        if live.calls.count + coming >= ApplicationWork.mostCalls, live.calls[channel.id] == nil {
            logger.error("too many calls: one goes on in the dialplan", metadata: ["channel": "\(channel.id)"])
            return work.sendAway(channel.id)
        }
        let isRead = state.withLock { state in
            let isFull = state.arrivals.isFull
            state.arrivals.begin(arrival)
            return !isFull && ports.manager.isConnected && readings.offer(channel)
        }
        if !isRead {
            if let before = unread.admit() {
                logger.warning(
                    "calls come in without their variables",
                    metadata: ["channel": "\(channel.id)", "before": "\(before)"]
                )
            }
            await comeIn(channel.id, [:])
        }
    }

    /// Reads the variables of channels that have come, beside the loop.
    private func readVariables() async {
        await withDiscardingTaskGroup { group in
            while let channel = await readings.next() {
                group.addTask {
                    let variables = await self.work.variables(of: channel)
                    await self.mailbox.send(.read(channel.id, variables))
                }
            }
        }
    }

    /// An event of Asterisk; one of a channel that is coming in waits for it.
    private func hear(_ event: LiveApplication.Event) async {
        let waiting = state.withLock { state -> (channel: ChannelID, isKept: Bool)? in
            guard let channel = state.arrivals.channel(before: event) else { return nil }
            return (channel, !state.isLeaving && state.arrivals.keep(event, behind: channel))
        }
        if waiting?.isKept == true { return }
        if let waiting { await comeIn(waiting.channel, [:]) }
        await feed(event)
    }

    /// A channel whose variables are known comes in, and what happened to it meanwhile is handled.
    private func comeIn(_ channel: ChannelID, _ variables: [String: String]) async {
        guard let (arrival, events) = state.withLock({ $0.arrivals.end(channel) }) else { return }
        defer { tellArrived() }
        if isLeaving { return work.sendAway(channel) }
        let started = LiveApplication.Event.started(
            arrival.channel,
            arrival.arguments,
            variables: variables,
            replaced: arrival.replaced
        )
        guard await feed(started) else {
            // Nobody would look after the caller. When the server is stopping the next start does.
            if !Task.isCancelled { work.sendAway(channel) }
            return
        }
        for event in events { await feed(event) }
    }

    private func tellArrived() {
        for reply in state.withLock({ $0.arrivals.takeMet() }) { reply.resolve(.success(())) }
    }

    /// The loop has ended: channels that are still coming in go on in the dialplan when the application was deleted; else
    /// the next start finds them.
    private func endArrivals() async {
        for arrival in state.withLock({ $0.arrivals.all }) {
            let channel = arrival.channel.id
            _ = state.withLock { $0.arrivals.end(channel) }
            guard isLeaving else { continue }
            if live.calls[channel] != nil { await feed(.ended(channel)) }
            work.sendAway(channel)
        }
        tellArrived()
    }

    // MARK: Recovery

    private func look(_ snapshot: AsteriskSnapshot) async {
        let orphans = state.withLock { state in
            defer { state.orphans = [] }
            return state.orphans
        }
        var next = ApplicationLook(application: live, snapshot: snapshot, orphans: orphans, work: work)
        do {
            for input in try await next.inputs() { await take(input) }
            try await next.settle(live)
        } catch {
            // The feed is away again, and its return brings the next look.
            state.withLock { $0.orphans.formUnion(orphans) }
            logger.warning("application not seen yet", metadata: ["error": "\(error)"])
        }
        for effect in next.effects { work.begin(effect, of: self) }
    }

    // MARK: Bridges

    /// One who stands alone in a node stays there (contract 11), also for the clean-up of other features.
    private func claimBridges(_ application: LiveApplication) {
        let wanted = Set(application.nodes.keys).union(application.snoops.values.map(\.bridge))
        let (new, old) = state.withLock { state in
            defer { state.claimed = wanted }
            return (wanted.subtracting(state.claimed), state.claimed.subtracting(wanted))
        }
        for bridge in new { ports.cleanup.claim(bridge) }
        if old.isEmpty { return }
        work.release(old, of: self)
    }

    /// Whether a bridge is one of its nodes or snoops now.
    func claims(_ bridge: BridgeID) -> Bool { state.withLock { $0.claimed.contains(bridge) } }
}
