import Logging
import NIOCore
import NIOPosix

/// A connection that Asterisk opened, with its line protocol in place.
struct AcceptedConnection: Sendable {
    let channel: any Channel
    let status: ConnectionStatus
    /// The protocol, for whoever is on the channel's event loop.
    let handler: NIOLoopBound<AGIConnection>
    /// The environment, or the `EnvironmentFault` that came instead.
    let environment: EventLoopFuture<AGIEnvironment>

    /// Puts the protocol on `channel`; call it on the channel's event loop.
    /// - Parameter refusal: The only line of a connection that is not served.
    init(
        _ channel: any Channel,
        configuration: FastAGIConfiguration,
        refusal: String?,
        sweep: DeadlineSweep,
        logger: Logger
    ) throws {
        let promise = channel.eventLoop.makePromise(of: AGIEnvironment.self)
        self.channel = channel
        status = ConnectionStatus()
        environment = promise.futureResult
        let connection = AGIConnection(
            configuration: configuration,
            status: status,
            environment: promise,
            refusal: refusal,
            sweep: sweep,
            logger: logger
        )
        handler = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        do {
            try channel.pipeline.syncOperations.addHandler(connection)
        } catch {
            promise.fail(error)
            throw error
        }
    }
}

extension ServerBootstrap {
    /// Options of contract 40 §8: no delay, and half-open peers found within a minute.
    func withSocketOptionsOfSessions() -> ServerBootstrap {
        #if os(Linux)
            func option(_ number: CInt) -> ChannelOptions.Types.SocketOption {
                ChannelOptions.Types.SocketOption(level: .tcp, name: NIOBSDSocket.Option(rawValue: number))
            }
            // A connection inherits them all from the listening socket (tcp(7)), without six system calls each.
            // Numbers of linux/tcp.h: idle and interval in seconds, probes, user timeout in milliseconds.
            return serverChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .serverChannelOption(.socketOption(.so_keepalive), value: 1)
                .serverChannelOption(option(4), value: 30)
                .serverChannelOption(option(5), value: 10)
                .serverChannelOption(option(6), value: 3)
                .serverChannelOption(option(18), value: 30_000)
        #else
            return childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.socketOption(.so_keepalive), value: 1)
        #endif
    }
}
