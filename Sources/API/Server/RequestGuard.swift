import HTTPTypes
import NIOCore
import NIOHTTP1

/// A head that HTTP does not allow; ``RequestGuard`` marks it, `RequestPipeline` refuses it.
enum HeadFailure: String, Error {
    /// 400: HTTP/1.1 without exactly one `Host` (RFC 9112 §3.2), or HTTP/1.0 with a transfer coding (§6.1).
    case malformed
    /// 501: a transfer coding other than `chunked` (RFC 9112 §6.1).
    case unknownCoding
}

/// Sees the parts of requests first. It marks heads that HTTP does not allow, marks the last request of a connection, and
/// joins the pieces of a body: each piece that goes on costs every handler and the task that reads it a step, and a client
/// may send chunks of one byte.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// The header that marks a refused head; a client's own is taken away.
    static let mark = "Tandem-Refused-Head"
    /// Bytes of a body that are joined at most.
    static let mostJoined = 32 * 1_024

    private let watch: HeadWatch
    private var joined: ByteBuffer?
    /// Whether a head was refused: nobody can tell where the next request begins.
    private var isOver = false
    private var requests = 0
    private var answers = 0
    /// Number of the request of HTTP/1.0: its client does not know chunks. It is the last one of its connection.
    private var requestWithoutChunks: Int?

    init(_ watch: HeadWatch) { self.watch = watch }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isOver { return }
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let piece):
            watch.received(body: piece.readableBytes)
            join(piece, context)
        case .end:
            handOn(context)
            context.fireChannelRead(data)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        handOn(context)
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        handOn(context)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        handOn(context)
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The parser does not like a refused request either; its client is told by the answer.
        if isOver, error is HTTPParserError { return }
        handOn(context)
        context.fireErrorCaught(error)
    }

    private func join(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
        if let count = joined?.readableBytes, count + piece.readableBytes > Self.mostJoined { handOn(context) }
        // One piece alone is not copied.
        if joined == nil {
            joined = piece
        } else {
            joined?.writeImmutableBuffer(piece)
        }
    }

    private func handOn(_ context: ChannelHandlerContext) {
        guard let piece = joined else { return }
        joined = nil
        context.fireChannelRead(wrapInboundOut(.body(piece)))
    }

    private func begin(_ original: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var head = original
        requests += 1
        if head.headers.contains(name: Self.mark) { head.headers.remove(name: Self.mark) }
        let failure = Self.failure(of: head)
        if let failure {
            isOver = true
            for name in ["Content-Length", "Transfer-Encoding", "Expect"] { head.headers.remove(name: name) }
            head.headers.add(name: Self.mark, value: failure.rawValue)
        }
        if head.version == .http1_0 { requestWithoutChunks = requests }
        // The one way that Hummingbird closes a connection for: a client of HTTP/1.0 reads until the connection ends, and
        // `Connection` may be a list, in letters of any size.
        if failure != nil || !head.isKeepAlive || head.version == .http1_0 {
            head.headers.replaceOrAdd(name: "Connection", value: "close")
        }
        context.fireChannelRead(wrapInboundOut(.head(head)))
        if failure != nil { context.fireChannelRead(wrapInboundOut(.end(nil))) }
    }

    private static func failure(of head: HTTPRequestHead) -> HeadFailure? {
        var hosts = 0
        var codings = 0
        var isChunked = true
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 4 where name.lowercased() == "host": hosts += 1
            case 17 where name.lowercased() == "transfer-encoding":
                codings += 1
                isChunked = value.trimmingBlanks.lowercased() == "chunked"
            default: break
            }
        }
        if head.version == .http1_0 { return hosts > 1 || codings > 0 ? .malformed : nil }
        if hosts != 1 { return .malformed }
        return codings > 1 || !isChunked ? .unknownCoding : nil
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), head.status.code >= 200 else {
            return context.write(data, promise: promise)
        }
        answers += 1
        guard answers == requestWithoutChunks, !head.headers.contains(name: "Content-Length") else {
            return context.write(data, promise: promise)
        }
        // In this version the body goes until the end of the connection.
        head.version = .http1_0
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }
}

extension HTTPField.Name {
    /// The header of ``RequestGuard/mark``.
    static let refusedHead = HTTPField.Name(RequestGuard.mark) ?? .authorization
}
