import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import Synchronization

/// A connection of HTTP/1 that does not wait for ever: the head of a request has a time limit, so has the rest of a
/// body that nobody reads any more, and one address has a share of the connections. What frames a body has a limit, too.
struct GuardedChannel: ServerChildChannel, HTTPChannelHandler {
    typealias Value = HTTP1Channel.Value

    let base: HTTP1Channel
    let peers: PeerShares
    /// Whether an address is a trusted proxy's. Its connections are those of many clients, and have no share: each
    /// request counts for its client.
    let isProxy: @Sendable (String) -> Bool
    let headTimeout: TimeAmount

    var responder: HTTPChannelHandler.Responder { base.responder }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let address = channel.remoteAddress?.ipAddress.flatMap { isProxy($0) ? nil : $0 }
        guard peers.enter(address) else {
            // Before it costs more than this.
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(TooManyConnections())
        }
        channel.closeFuture.whenComplete { _ in peers.leave(address) }
        return channel.eventLoop.makeCompletedFuture {
            // Behind TLS, where there is one: what it counts are bytes of HTTP.
            try channel.pipeline.syncOperations.addHandler(HeadWatch(limit: headTimeout))
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            let operations = channel.pipeline.syncOperations
            let decoder = try operations.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            let watch = try operations.handler(type: HeadWatch.self)
            try operations.addHandler(RequestGuard(watch), position: .after(decoder))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }

    /// One address has all the connections that it may have.
    struct TooManyConnections: Error {}
}

/// How many connections each address has.
final class PeerShares: Sendable {
    private let limit: Int
    private let counts = Mutex<[String: Int]>([:])

    /// - Parameter limit: Connections of one address at most, at least 1.
    init(limit: Int) { self.limit = max(1, limit) }

    /// Connections of an address now.
    func count(of address: String) -> Int { counts.withLock { $0[address] ?? 0 } }

    /// - Returns: Whether the address may have one more; then ``leave(_:)`` must follow.
    func enter(_ address: String?) -> Bool {
        guard let address else { return true }
        return counts.withLock { counts in
            let count = counts[address] ?? 0
            guard count < limit else { return false }
            counts[address] = count + 1
            return true
        }
    }

    func leave(_ address: String?) {
        guard let address else { return }
        counts.withLock { counts in
            guard let count = counts[address] else { return }
            counts[address] = count > 1 ? count - 1 : nil
        }
    }
}

/// Where a connection is, as ``RequestWatch`` sees the parts of its requests and answers.
enum ConnectionProgress: Sendable {
    /// The head of a request has come.
    case head
    /// The last byte of a request has come.
    case requestEnd
    /// The last byte of an answer was written.
    case answerEnd
}

/// A body came in so many chunks, or with such extensions of them, that their framing is more than the body.
struct FramingTooLong: Error {}

/// Sees bytes before they are parsed: closes a connection whose request's head does not come to its end in time, and ends
/// a request whose body is framed with more bytes than it has.
final class HeadWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limit: TimeAmount
    private var timer: Scheduled<Void>?
    /// Whether the next byte belongs to a head.
    private var awaitsHead = true
    /// Whether the bytes of a request still come.
    private var isReading = false
    /// Heads that have come without an answer that has gone.
    private var unanswered = 0
    /// Bytes of the request after the piece that its head came with.
    private var bytes = 0
    /// Those that are its body.
    private var bodyBytes = 0
    /// Whether the request's framing was too long: whatever else comes is dropped.
    private var isOver = false

    /// Bytes by which the framing of a body (sizes and extensions of its chunks, trailers) may exceed the body.
    static let framingAllowance = 64 * 1_024

    init(limit: TimeAmount) { self.limit = limit }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        if awaitsHead { begin(context) }
        if isReading { bytes += unwrapInboundIn(data).readableBytes }
        context.fireChannelRead(data)
        guard isReading, bytes - bodyBytes > bodyBytes + Self.framingAllowance else { return }
        isOver = true
        context.fireErrorCaught(FramingTooLong())
    }

    /// Bytes of the body were parsed.
    func received(body count: Int) { bodyBytes += count }

    /// What ``RequestWatch`` saw.
    func noted(_ progress: ConnectionProgress, context: ChannelHandlerContext) {
        switch progress {
        case .head:
            end()
            awaitsHead = false
            isReading = true
            bytes = 0
            bodyBytes = 0
            unanswered += 1
        case .requestEnd:
            end()
            isReading = false
            awaitsHead = true
        case .answerEnd:
            unanswered -= 1
            // Answered before it was wholly sent: nobody reads the rest, but its end tells where the next one begins.
            if isReading { begin(context) }
        }
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: limit) {
            let (watch, context) = bound.value
            watch.timer = nil
            // The client waits for us, and its next request for its turn to be read.
            if watch.unanswered > 0, watch.awaitsHead { return watch.begin(context) }
            context.close(promise: nil)
        }
    }

    private func end() {
        timer?.cancel()
        timer = nil
    }
}

/// Sees the parts of requests and answers, tells ``HeadWatch`` of them, asks clients for bodies that they announced, and
/// tells those who wait for a client that it has gone.
final class RequestWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var watch: (HeadWatch, ChannelHandlerContext)?
    /// Whether the body of the request that is served has begun to come, or an answer has: then nobody waits any more.
    private var isUnderWay = false
    /// Whether the client sends no more.
    private var hasLeft = false
    private var clientWatches: [ClientWatch] = []

    func handlerAdded(context: ChannelHandlerContext) {
        let operations = context.pipeline.syncOperations
        guard let watch = try? operations.handler(type: HeadWatch.self),
            let place = try? operations.context(handler: watch)
        else { return }
        self.watch = (watch, place)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        watch = nil
        clientLeft()
    }

    func channelInactive(context: ChannelHandlerContext) {
        clientLeft()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { clientLeft() }
        context.fireUserInboundEventTriggered(event)
    }

    private func clientLeft() {
        hasLeft = true
        let watches = clientWatches
        clientWatches = []
        for watch in watches { watch.clientLeft() }
    }

    private func add(_ watch: ClientWatch) {
        if hasLeft { return watch.clientLeft() }
        clientWatches.removeAll(where: \.isOver)
        clientWatches.append(watch)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isUnderWay = false
            note(.head)
        case .body: isUnderWay = true
        case .end:
            isUnderWay = true
            note(.requestEnd)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head: isUnderWay = true
        case .body: break
        case .end: note(.answerEnd)
        }
        context.write(data, promise: promise)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if let watch = event as? ClientWatch {
            add(watch)
            promise?.succeed()
            return
        }
        guard event is ContinueExpected else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        if !isUnderWay {
            isUnderWay = true
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        promise?.succeed()
    }

    private func note(_ progress: ConnectionProgress) {
        if let (watch, context) = watch { watch.noted(progress, context: context) }
    }
}
