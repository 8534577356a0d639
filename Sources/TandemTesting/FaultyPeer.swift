import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A server on loopback that speaks no protocol at all, for clients of any: accepts and says nothing, closes at
/// once, closes in the middle of something, or talks nonsense.
public final class FaultyPeer: Sendable {
    /// How it behaves.
    public enum Fault: Sendable, CaseIterable {
        case saysNothing, closesAtOnce, closesInTheMiddle, talksNonsense
    }

    /// The port that it listens on.
    public let port: Int
    private let listener: any Channel
    private let connections: NIOLockedValueBox<[any Channel]>
    private let accepted: NIOLockedValueBox<Int>

    private init(
        port: Int,
        listener: any Channel,
        connections: NIOLockedValueBox<[any Channel]>,
        accepted: NIOLockedValueBox<Int>
    ) {
        self.port = port
        self.listener = listener
        self.connections = connections
        self.accepted = accepted
    }

    /// Starts one.
    /// - Throws: when it cannot listen.
    public static func start(_ fault: Fault) async throws -> FaultyPeer {
        let connections = NIOLockedValueBox<[any Channel]>([])
        let accepted = NIOLockedValueBox(0)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                accepted.withLockedValue { $0 += 1 }
                connections.withLockedValue { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Misbehaving(fault))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = listener.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        return FaultyPeer(port: port, listener: listener, connections: connections, accepted: accepted)
    }

    /// Connections that were made so far.
    public var connectionCount: Int { accepted.withLockedValue { $0 } }

    /// Ends it.
    public func stop() async {
        try? await listener.close()
        for channel in connections.withLockedValue({ $0 }) { try? await channel.close() }
    }

    private final class Misbehaving: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let fault: Fault
        init(_ fault: Fault) { self.fault = fault }

        func channelActive(context: ChannelHandlerContext) {
            if fault == .closesAtOnce { context.close(promise: nil) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch fault {
            case .saysNothing, .closesAtOnce: break
            case .closesInTheMiddle:
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [1, 0, 0, 0])), promise: nil)
                context.close(promise: nil)
            case .talksNonsense:
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(repeating: 0x5a, count: 4_096)), promise: nil)
            }
        }
    }
}
