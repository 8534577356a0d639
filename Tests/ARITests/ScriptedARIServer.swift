import Crypto
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A bare ARI on loopback for what the real one cannot show on demand: it answers every request with 200,
/// upgrades `/ari/events`, and sends the first events in the same write as the 101 answer.
struct ScriptedARIServer: Sendable {
    let port: Int
    private let channel: any NIOCore.Channel

    /// - Parameter script: Raw text frames for the n-th event socket (from 0); the socket is closed behind
    ///   the frames when `closes` says so, and without an answer when `refuses` does.
    static func start(
        frames: @escaping @Sendable (Int) -> [String],
        closes: @escaping @Sendable (Int) -> Bool = { _ in false },
        refuses: @escaping @Sendable (Int) -> Bool = { _ in false }
    ) async throws -> ScriptedARIServer {
        let sockets = NIOLockedValueBox(0)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Connection(
                            nextSocket: {
                                sockets.withLockedValue { count in
                                    defer { count += 1 }
                                    return count
                                }
                            },
                            frames: frames,
                            closes: closes,
                            refuses: refuses
                        )
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        return ScriptedARIServer(port: port, channel: channel)
    }

    func stop() async throws { try await channel.close() }

    private final class Connection: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let nextSocket: () -> Int
        private let frames: (Int) -> [String]
        private let closes: (Int) -> Bool
        private let refuses: (Int) -> Bool
        private var received = ""
        private var isUpgraded = false

        init(
            nextSocket: @escaping () -> Int,
            frames: @escaping (Int) -> [String],
            closes: @escaping (Int) -> Bool,
            refuses: @escaping (Int) -> Bool
        ) {
            self.nextSocket = nextSocket
            self.frames = frames
            self.closes = closes
            self.refuses = refuses
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if isUpgraded { return }
            received += String(buffer: unwrapInboundIn(data))
            while let end = received.range(of: "\r\n\r\n") {
                let head = String(received[..<end.lowerBound])
                let length = Self.header("content-length", in: head).flatMap(Int.init) ?? 0
                guard received[end.upperBound...].utf8.count >= length else { return }
                received = String(received[end.upperBound...].dropFirst(length))
                answer(head, context: context)
            }
        }

        private func answer(_ head: String, context: ChannelHandlerContext) {
            guard head.hasPrefix("GET /ari/events") else {
                let body = "{}"
                let text =
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                return context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            }
            isUpgraded = true
            let socket = nextSocket()
            if refuses(socket) { return context.close(promise: nil) }
            let key = Self.header("sec-websocket-key", in: head) ?? ""
            let magic = Data("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
            let accept = Data(Insecure.SHA1.hash(data: magic)).base64EncodedString()
            var out = ByteBuffer(
                string: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: \(accept)\r\n\r\n"
            )
            for text in frames(socket) { Self.write(text, to: &out) }
            let written = context.writeAndFlush(wrapOutboundOut(out))
            if closes(socket) { written.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
        }

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
