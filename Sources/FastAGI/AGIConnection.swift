import Logging
import NIOCore

/// The end that a session gives its connection, written to the channel: a last line, if any, and the close; a
/// command in progress fails with `reason`.
struct ConnectionEnding: Sendable {
    var line: String?
    var reason: any Error
}

/// The line protocol on a NIO channel: environment first, then one command and its reply at a time.
///
/// Lives on the channel's event loop.
final class AGIConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ConnectionEnding
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case environment
        case session
        case ended
    }

    private struct CommandInProgress {
        let verb: String
        let reply: CheckedContinuation<AGIReply, any Error>
        let deadline: NIODeadline?
    }

    private let configuration: FastAGIConfiguration
    private let status: ConnectionStatus
    private let logger: Logger
    private let environment: EventLoopPromise<AGIEnvironment>
    /// Last line of a connection that is not served at all.
    private let refusal: String?
    private var phase = Phase.environment
    /// Not in `phase`, where each line would copy what it has so far.
    private var parser = AGIEnvironmentParser()
    /// While the handler is in a pipeline.
    private var context: ChannelHandlerContext?
    private var lines = LineReader()
    private var replies = AGIReplyParser()
    private var command: CommandInProgress?
    private let sweep: DeadlineSweep
    /// When the environment must have come, the session must be over, or the peer must have closed.
    private var phaseDeadline = NIODeadline.distantFuture
    private var valueDeadline: Scheduled<Void>?

    init(
        configuration: FastAGIConfiguration,
        status: ConnectionStatus,
        environment: EventLoopPromise<AGIEnvironment>,
        refusal: String?,
        sweep: DeadlineSweep,
        logger: Logger
    ) {
        self.sweep = sweep
        self.refusal = refusal
        self.configuration = configuration
        self.status = status
        self.environment = environment
        self.logger = logger
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        phaseDeadline = deadline(configuration.environmentDeadline)
        sweep.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        sweep.remove(self)
        // A connection that is closed before it was active (a stop right after the accept) never becomes inactive.
        endOfPeer()
    }

    func channelActive(context: ChannelHandlerContext) {
        if let refusal { finish(refusal, AGIError.busy, context) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if case .ended = phase { return }
        lines.append(&bytes)
        do {
            while let line = try nextLine() { try receive(line, context) }
        } catch {
            fail(error, context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        endOfPeer()
        context.fireChannelInactive()
    }

    private func endOfPeer() {
        if case .environment = phase {
            environment.fail(EnvironmentFault.closedEarly(bytes: parser.bytes + lines.count))
        }
        status.end(AGIError.peerClosed)
        end(AGIError.peerClosed)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("connection error", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let ending = unwrapOutboundIn(data)
        finish(ending.line, ending.reason, context)
        promise?.succeed()
    }

    // MARK: Lines

    private func nextLine() throws -> [UInt8]? {
        switch phase {
        case .environment:
            do {
                return try lines.next(atMost: EnvironmentLimits().lineBytes)
            } catch {
                throw EnvironmentFault.lineTooLong
            }
        case .session: return try lines.next(atMost: AGIReplyParser.longestReply)
        case .ended: return nil
        }
    }

    private func receive(_ line: [UInt8], _ context: ChannelHandlerContext) throws {
        switch phase {
        case .ended: return
        case .environment:
            guard let complete = try parser.receive(line) else { return }
            phase = .session
            parser = AGIEnvironmentParser()
            phaseDeadline = deadline(configuration.sessionCap)
            environment.succeed(complete)
        case .session:
            switch try replies.receive(line) {
            case .reply(let reply): resume(reply)
            case .hangup: status.noteHangup()
            case .ignored: break
            case .stray(let isFirst):
                if isFirst {
                    logger.info("line that is no reply skipped", metadata: ["bytes": "\(line.count)"])
                }
            }
            watchValue(context)
        }
    }

    private func resume(_ reply: AGIReply) {
        let answered = command
        command = nil
        answered?.reply.resume(returning: reply)
    }

    /// The rest of a value that holds a newline comes at once or never.
    private func watchValue(_ context: ChannelHandlerContext) {
        if !replies.isInsideValue {
            valueDeadline?.cancel()
            valueDeadline = nil
        } else if valueDeadline == nil {
            valueDeadline = schedule(configuration.valueDeadline, context) { connection, context in
                connection.fail(AGIError.malformedReply("a value without its closing parenthesis"), context)
            }
        }
    }

    // MARK: Orders

    /// Writes a command. Called on the event loop, and not through the pipeline, which would box and cast it.
    func perform(_ request: AGIRequest, _ reply: CheckedContinuation<AGIReply, any Error>) {
        guard case .session = phase, let context else {
            return reply.resume(throwing: status.end ?? AGIError.peerClosed)
        }
        guard command == nil else { return reply.resume(throwing: AGIError.commandInProgress) }
        let limit = limit(of: request.pace)
        command = CommandInProgress(verb: request.verb, reply: reply, deadline: limit.map(deadline))
        replies.expectReply(toExec: request.verb == "EXEC")
        status.countCommand()
        write(request.line, context)
    }

    private func limit(of pace: AGIReplyPace) -> Duration? {
        switch pace {
        case .instant: configuration.instantReplyDeadline
        case .media: configuration.mediaReplyDeadline
        case .unbounded: nil
        }
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
    }

    // MARK: Deadlines

    /// The next one.
    var deadline: NIODeadline { min(phaseDeadline, command?.deadline ?? .distantFuture) }

    /// Does what must be done now that it has passed.
    func passDeadline(_ now: NIODeadline) {
        guard let context else { return }
        switch phase {
        case .environment: reject(.timedOut, context)
        case .session:
            if let command, let deadline = command.deadline, deadline <= now {
                fail(AGIError.noReply(verb: command.verb), context)
            } else {
                finish("failure session too long", AGIError.stopped("the session lasted too long"), context)
            }
        case .ended: context.close(promise: nil)
        }
    }

    private func deadline(_ limit: Duration) -> NIODeadline { .now() + .nanoseconds(limit.inNanoseconds) }

    // MARK: Ends

    private func reject(_ fault: EnvironmentFault, _ context: ChannelHandlerContext) {
        environment.fail(fault)
        finish(nil, fault, context)
    }

    /// A fault of the peer: its session ends with `failure`, the server lives.
    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        if let fault = error as? EnvironmentFault { return reject(fault, context) }
        let reason: any Error =
            switch error {
            case AGIReplyParser.Fault.malformedReply(let line): AGIError.malformedReply(line)
            case AGIReplyParser.Fault.replyTooLong, is LineReader.TooLong:
                AGIError.malformedReply("too long")
            case AGIReplyParser.Fault.tooManyStrayLines:
                AGIError.malformedReply("too many lines that are no reply")
            default: error
            }
        finish("failure protocol error", reason, context)
    }

    /// Closes. When the peer has something unread under way to it, or from it, our side first, and the whole when the
    /// peer has closed his: closing at once could take the last line from him.
    private func finish(_ line: String?, _ reason: any Error, _ context: ChannelHandlerContext) {
        if case .ended = phase { return }
        if case .environment = phase { environment.fail(reason) }
        let isQuiet = line == nil && command == nil && lines.count == 0
        status.end(reason)
        end(reason)
        // He has answered all that we wrote: nothing can get lost, and one system call and one turn are saved.
        if isQuiet { return context.close(promise: nil) }
        if let line { write(Array((line + "\n").utf8), context) }
        phaseDeadline = deadline(configuration.closeDeadline)
        context.close(mode: .output, promise: nil)
    }

    private func end(_ reason: any Error) {
        phase = .ended
        lines = LineReader()
        valueDeadline?.cancel()
        let failed = command
        command = nil
        failed?.reply.resume(throwing: reason)
    }

    private func schedule(
        _ delay: Duration,
        _ context: ChannelHandlerContext,
        _ action: @escaping (AGIConnection, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(delay.inNanoseconds)) {
            action(self, context)
        }
    }
}
