import Crypto
import Foundation
import NIOCore
import NIOPosix

/// A bare ARI that sends the recorded call over and over, as fast as the peer reads: it writes only when the last
/// piece has gone, so its own memory stays small.
enum EventSource {
    /// The events of a call, recorded from Asterisk 22 in the lab: a channel is created, enters Stasis and a bridge,
    /// leaves them and is gone.
    static let call: [String] = String(decoding: PackageResources.call_ndjson, as: UTF8.self)
        .split(separator: "\n").map(String.init)

    /// - Parameter events: How many are sent on a socket; 0: without end.
    static func run(events: Int) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Connection(events: events))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        FileHandle.standardOutput.write(Data("\(server.localAddress?.port ?? 0)\n".utf8))
        try await server.closeFuture.get()
    }

    private final class Connection: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private static let callsInPiece = 8
        private let events: Int
        private var sent = 0
        private var received = ""
        private var isUpgraded = false
        private let piece: ByteBuffer

        init(events: Int) {
            self.events = events
            var piece = ByteBuffer()
            for _ in 0..<Self.callsInPiece { for text in EventSource.call { Self.write(text, to: &piece) } }
            self.piece = piece
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if isUpgraded { return }
            received += String(buffer: unwrapInboundIn(data))
            while let end = received.range(of: "\r\n\r\n") {
                let head = String(received[..<end.lowerBound])
                let length = Self.header("content-length", in: head).flatMap { Int($0) } ?? 0
                guard received[end.upperBound...].utf8.count >= length else { return }
                received = String(received[end.upperBound...].dropFirst(length))
                answer(head, context: context)
            }
        }

        private func answer(_ head: String, context: ChannelHandlerContext) {
            guard head.hasPrefix("GET /ari/events") else {
                let text = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
                return context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            }
            isUpgraded = true
            let key = Self.header("sec-websocket-key", in: head) ?? ""
            let digest = Insecure.SHA1.hash(data: Data("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))
            let text =
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: \(Data(digest).base64EncodedString())\r\n\r\n"
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            sendPiece(context)
        }

        private func sendPiece(_ context: ChannelHandlerContext) {
            guard events == 0 || sent < events else { return }
            sent += Self.callsInPiece * EventSource.call.count
            context.writeAndFlush(wrapOutboundOut(piece)).assumeIsolated().whenSuccess { self.sendPiece(context) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        /// An unmasked text frame (RFC 6455 §5.2).
        private static func write(_ text: String, to out: inout ByteBuffer) {
            let length = text.utf8.count
            out.writeInteger(UInt8(0x81))
            if length < 126 {
                out.writeInteger(UInt8(length))
            } else {
                out.writeInteger(UInt8(126))
                out.writeInteger(UInt16(length))
            }
            out.writeString(text)
        }

        private static func header(_ name: String, in head: String) -> String? {
            for line in head.components(separatedBy: "\r\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == name {
                    return parts[1].trimmingCharacters(in: .whitespaces)
                }
            }
            return nil
        }
    }
}
