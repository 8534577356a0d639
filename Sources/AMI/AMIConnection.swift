import Logging
import NIOCore
import Telephony

/// The manager interface on a NIO channel: login, then many actions at once and events between their answers.
///
/// Lives on the channel's event loop.
final class AMIConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = AMIOrder
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case login(AMILogin)
        case ready
        case leaving
        case ended
    }

    private struct Waiter {
        let action: ManagerAction
        let promise: EventLoopPromise<[ManagerMessage]>
        let deadline: Scheduled<Void>
    }

    private let configuration: AMIConfiguration
    private let status: AMIStatus
    private let backlog: EventBacklog
    private let wants: @Sendable (String) -> Bool
    private let ready: EventLoopPromise<Void>
    private let ended: EventLoopPromise<AMIEnd>
    private let logger: Logger
    private var phase: Phase
    private var parser = AMIParser()
    private var pending = PendingActions()
    private var waiters: [String: Waiter] = [:]
    /// Ids of actions that were not written yet; those without a waiter were given up.
    private var queue = CircularBuffer<String>()
    private let ids: ActionIDs
    private var wasReady = false
    private var isReadingHeld = false
    private var lastRead = NIODeadline.now()
    private var loginDeadline: Scheduled<Void>?
    private var pulse: Scheduled<Void>?
    private var signs = SignsOfLife()
    private var closeDeadline: Scheduled<Void>?

    init(
        configuration: AMIConfiguration,
        status: AMIStatus,
        backlog: EventBacklog,
        ids: ActionIDs,
        wants: @escaping @Sendable (String) -> Bool,
        ready: EventLoopPromise<Void>,
        ended: EventLoopPromise<AMIEnd>,
        logger: Logger
    ) {
        self.configuration = configuration
        self.status = status
        self.backlog = backlog
        self.ids = ids
        self.wants = wants
        self.ready = ready
        self.ended = ended
        self.logger = logger
        phase = .login(AMILogin(configuration))
    }

    // MARK: Channel events

    func channelActive(context: ChannelHandlerContext) {
        loginDeadline = schedule(configuration.connectLimit, context) { $0.end(.loginTimedOut, $1) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        lastRead = .now()
        parser.append(&bytes)
        do {
            while isOpen, let element = try parser.next() {
                switch element {
                case .banner(let text): greet(text, context)
                case .message(let message): receive(message, context)
                }
            }
        } catch {
            end(.malformed("\(error)"), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.closed, context)
        closeDeadline?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("manager connection", metadata: ["error": "\(error)"])
        end(.closed, context)
    }

    /// Holds reading while the receiver is behind: then Asterisk keeps the rest.
    func read(context: ChannelHandlerContext) {
        guard mustHoldReading else { return context.read() }
        isReadingHeld = true
        let channel = context.channel
        backlog.whenBelow(configuration.eventsWaiting / 2) {
            channel.writeAndFlush(AMIOrder.read, promise: nil)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .perform(let action, let id, let answer): perform(action, id, answer, context)
        case .abandon(let id): finish(id, .failure(CancellationError()), context)
        case .read: break
        case .logOff: logOff(context)
        }
        readOn(context)
        promise?.succeed()
    }

    private var isOpen: Bool {
        if case .ended = phase { false } else { true }
    }

    private var mustHoldReading: Bool {
        let count = backlog.count
        if count >= configuration.eventsAtMost { return true }
        return count >= configuration.eventsWaiting && waiters.isEmpty
    }

    private func readOn(_ context: ChannelHandlerContext) {
        guard isReadingHeld, !mustHoldReading else { return }
        isReadingHeld = false
        context.read()
    }

    // MARK: Login

    private func greet(_ banner: String, _ context: ChannelHandlerContext) {
        guard case .login(var login) = phase else { return }
        let step = login.receive(banner: banner)
        phase = .login(login)
        perform(step, context)
    }

    private func receive(_ message: ManagerMessage, _ context: ChannelHandlerContext) {
        switch phase {
        case .login(var login):
            let step = login.receive(message)
            phase = .login(login)
            perform(step, context)
        case .ready:
            receiveWhenReady(message, context)
        case .leaving:
            if message.response == "Goodbye" { end(.stopped, context) }
        case .ended:
            break
        }
    }

    private func perform(_ step: AMILogin.Step, _ context: ChannelHandlerContext) {
        switch step {
        case .ignored: break
        case .send(let action): write(AMIRequest(action: action, id: ids.next()), context)
        case .failed(let end): self.end(end, context)
        case .accepted:
            phase = .ready
            loginDeadline?.cancel()
            // Actions of the receiver find the connection as soon as it is told of it.
            wasReady = true
            status.opened(context.channel)
            backlog.append(.connected)
            ready.succeed()
            schedulePing(context)
        }
    }

    // MARK: Messages

    private func receiveWhenReady(_ message: ManagerMessage, _ context: ChannelHandlerContext) {
        switch pending.receive(message, isOwn: ids.isOwn) {
        case .answered(let id, let messages): finish(id, .success(messages), context)
        case .tooLong(let id): finish(id, .failure(ManagerFailure.malformed("a list without an end")), context)
        case .event(let message):
            guard let event = ManagerEvent(message), wants(event.name) else { return }
            AMIMetrics.countEvent(event.name)
            backlog.append(.event(event))
        case .part, .stray: break
        }
    }

    private func perform(
        _ action: ManagerAction,
        _ id: String,
        _ promise: EventLoopPromise<[ManagerMessage]>,
        _ context: ChannelHandlerContext
    ) {
        guard case .ready = phase else { return promise.fail(ManagerFailure.unreachable("not connected")) }
        guard queue.count < configuration.actionsWaiting else {
            return promise.fail(ManagerFailure.unreachable("too many actions wait for Asterisk"))
        }
        let deadline = schedule(configuration.actionLimit, context) { connection, context in
            connection.finish(id, .failure(ManagerFailure.timedOut), context)
        }
        waiters[id] = Waiter(action: action, promise: promise, deadline: deadline)
        queue.append(id)
        writeQueued(context)
    }

    private func writeQueued(_ context: ChannelHandlerContext) {
        while pending.count < configuration.actionsInFlight, let id = queue.popFirst() {
            guard let waiter = waiters[id] else { continue }
            pending.begin(id)
            write(AMIRequest(action: waiter.action, id: id), context)
        }
    }

    private func finish(_ id: String, _ result: Result<[ManagerMessage], any Error>, _ context: ChannelHandlerContext) {
        pending.forget(id)
        guard let waiter = waiters.removeValue(forKey: id) else { return }
        waiter.deadline.cancel()
        waiter.promise.completeWith(result)
        writeQueued(context)
    }

    private func write(_ request: AMIRequest, _ context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: 256)
        request.write(to: &buffer)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    // MARK: Signs of life

    private func schedulePing(_ context: ChannelHandlerContext) {
        let begin = NIODeadline.now()
        pulse = schedule(configuration.pingInterval, context) { connection, context in
            // What was not read says nothing about the peer.
            let isHeard = connection.lastRead >= begin || connection.isReadingHeld
            if connection.signs.intervalPassed(isHeard: isHeard) { return connection.end(.silent, context) }
            connection.write(AMIRequest(action: ManagerAction("Ping"), id: connection.ids.next()), context)
            connection.schedulePing(context)
        }
    }

    // MARK: Ends

    private func logOff(_ context: ChannelHandlerContext) {
        guard case .ready = phase else { return end(.stopped, context) }
        phase = .leaving
        fail(.stopped)
        status.closed()
        write(AMIRequest(action: ManagerAction("Logoff"), id: ids.next()), context)
        closeDeadline = schedule(.seconds(1), context) { $0.end(.stopped, $1) }
    }

    private func end(_ reason: AMIEnd, _ context: ChannelHandlerContext) {
        var reason = reason
        switch phase {
        case .ended: return
        case .leaving: reason = .stopped
        case .ready: status.closed()
        case .login: break
        }
        if wasReady { backlog.append(.disconnected) }
        phase = .ended
        loginDeadline?.cancel()
        pulse?.cancel()
        closeDeadline?.cancel()
        fail(reason)
        ready.fail(reason)
        ended.succeed(reason)
        context.close(promise: nil)
    }

    private func fail(_ reason: AMIEnd) {
        let failed = waiters
        waiters = [:]
        queue = []
        pending = PendingActions()
        for waiter in failed.values {
            waiter.deadline.cancel()
            waiter.promise.fail(ManagerFailure.unreachable(reason.description))
        }
    }

    private func schedule(
        _ delay: Duration,
        _ context: ChannelHandlerContext,
        _ action: @escaping (AMIConnection, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { action(self, context) }
    }
}
