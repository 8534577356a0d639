import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A relay on loopback to a server's port, whose connections can be cut without touching the server.
public final class TCPRelay: Sendable {
    /// The port that clients connect to.
    public let port: Int
    private let listener: any Channel
    private let pairs: NIOLockedValueBox<[any Channel]>
    private let isHeld: NIOLockedValueBox<Bool>

    private init(
        port: Int,
        listener: any Channel,
        pairs: NIOLockedValueBox<[any Channel]>,
        isHeld: NIOLockedValueBox<Bool>
    ) {
        self.isHeld = isHeld
        self.port = port
        self.listener = listener
        self.pairs = pairs
    }

    /// Starts one.
    /// - Parameter port: Where it listens; 0 for any free port.
    /// - Throws: when it cannot listen.
    public static func start(to target: Int, at port: Int = 0) async throws -> TCPRelay {
        let pairs = NIOLockedValueBox<[any Channel]>([])
        let isHeld = NIOLockedValueBox(false)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                if isHeld.withLockedValue({ $0 }) { return client.close() }
                return ClientBootstrap(group: client.eventLoop)
                    .channelInitializer { server in
                        server.eventLoop.makeCompletedFuture {
                            try server.pipeline.syncOperations.addHandler(Forwarding(to: client))
                        }
                    }
                    .connect(host: "127.0.0.1", port: target)
                    .flatMapThrowing { server in
                        pairs.withLockedValue { $0 += [client, server] }
                        try client.pipeline.syncOperations.addHandler(Forwarding(to: server))
                    }
                    .flatMap { client.setOption(.autoRead, value: true) }
                    .flatMapErrorThrowing { error in
                        client.close(promise: nil)
                        throw error
                    }
            }
            .bind(host: "127.0.0.1", port: port).get()
        guard let port = listener.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        return TCPRelay(port: port, listener: listener, pairs: pairs, isHeld: isHeld)
    }

    /// From now on new connections are closed at once.
    public func hold() { isHeld.withLockedValue { $0 = true } }

    /// From now on new connections are accepted again.
    public func letGo() { isHeld.withLockedValue { $0 = false } }

    /// Closes every connection on both sides; new ones are accepted as before.
    public func cut() {
        let open = pairs.withLockedValue { pairs in
            defer { pairs = [] }
            return pairs
        }
        for channel in open { channel.close(promise: nil) }
    }

    /// How many connections it has taken since the last cut.
    public var count: Int { pairs.withLockedValue { $0.count / 2 } }

    /// How many connections are open now.
    public var open: Int { pairs.withLockedValue { $0.count(where: \.isActive) / 2 } }

    /// Closes the connections that were taken after the first `kept` ones, on both sides.
    public func cut(after kept: Int) {
        let open = pairs.withLockedValue { pairs in
            defer { pairs = Array(pairs.prefix(kept * 2)) }
            return pairs.dropFirst(kept * 2)
        }
        for channel in open { channel.close(promise: nil) }
    }

    /// Ends it.
    public func stop() async {
        try? await listener.close()
        cut()
    }

    private final class Forwarding: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let peer: any Channel
        init(to peer: any Channel) { self.peer = peer }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            peer.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }
        func channelInactive(context: ChannelHandlerContext) { peer.close(promise: nil) }
    }
}
