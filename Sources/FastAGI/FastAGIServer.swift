public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// A FastAGI server: Asterisk connects once per script run (contract 40).
///
/// Every session runs in its own task. Two bounds hold: sessions that are open, and handlers that
/// compute; beyond either the peer is told `failure` at once, so that the dialplan can go on.
/// A graceful shutdown stops accepting, lets sessions finish for a while, then ends them with `failure`.
public final class FastAGIServer: Service, Sendable {
    private let configuration: FastAGIConfiguration
    private let handlers: [String: any AGIHandler]
    private let logger: Logger
    private let metrics = FastAGIMetrics()
    private let port = ListeningPort()

    /// A server that does not listen yet.
    /// - Parameters:
    ///   - configuration: Where to listen, and the bounds.
    ///   - handlers: One per script name; of two with the same name the later one is used.
    ///     `monitoring` is answered by the server itself.
    ///   - logger: For the line of each session and for faults.
    public init(
        configuration: FastAGIConfiguration = FastAGIConfiguration(),
        handlers: [any AGIHandler],
        logger: Logger
    ) {
        self.configuration = configuration
        self.handlers = Dictionary(handlers.map { ($0.name, $0) }) { _, later in later }
        self.logger = logger
    }

    /// The port the server listens on; waits until it does.
    /// - Throws: What kept it from listening.
    public func listeningPort() async throws -> Int { try await port.value() }

    /// Listens and serves until graceful shutdown or cancellation.
    /// - Throws: When the address cannot be listened on, or the listening socket is lost.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
        do {
            try await serve(on: group)
        } catch {
            port.fail(error)
            try await shutDown(group)
            throw error
        }
        try await shutDown(group)
    }

    /// Ends the loops when none has a connection on its way to another: one that was accepted as the listener closed
    /// is set up on its own loop, handed back to the listener's, and closed on its own again. A loop that ends in
    /// between would leave the peer with an open socket that nobody reads.
    private func shutDown(_ group: MultiThreadedEventLoopGroup) async throws {
        for _ in 0..<3 {
            for loop in group.makeIterator() { try await loop.submit {}.get() }
        }
        try await group.shutdownGracefully()
    }

    private func serve(on group: MultiThreadedEventLoopGroup) async throws {
        let lanes = SessionLanes(group, configuration: configuration)
        let sessions = OpenSessions(limit: configuration.maximumSessions, metrics: metrics)
        let listener = try await listen(on: group, sessions: sessions, lanes: lanes)
        listener.closeFuture.whenComplete { _ in lanes.finish() }
        port.succeed(listener.localAddress?.port ?? configuration.port)
        logger.info(
            "fastagi listens",
            metadata: ["address": "\(listener.localAddress.map { "\($0)" } ?? "")"]
        )

        let places = HandlerPlaces(
            limit: configuration.maximumComputing,
            patience: configuration.placePatience,
            metrics: metrics
        )
        let server = SessionServer(
            handlers: handlers,
            configuration: configuration,
            places: places,
            metrics: metrics,
            logger: logger,
            environmentFaults: LimitedLog(logger)
        )
        let grace = TimeAmount.nanoseconds(configuration.shutdownGrace.inNanoseconds)
        try await withGracefulShutdownHandler {
            await lanes.serve(with: server) {
                sessions.noteEndOfListening(isWanted: Task.isCancelled)
                listener.close(promise: nil)
            }
            if sessions.isListenerLost { throw FastAGIServerError.listenerLost }
        } onGracefulShutdown: { [logger] in
            logger.info("fastagi stops", metadata: ["sessions": "\(sessions.count)"])
            sessions.refuseAll()
            listener.close(promise: nil)
            listener.eventLoop.scheduleTask(in: grace) { sessions.endAll() }
        }
    }

    private func listen(
        on group: MultiThreadedEventLoopGroup,
        sessions: OpenSessions,
        lanes: SessionLanes
    ) async throws -> any Channel {
        let refusals = LimitedLog(logger)
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(configuration.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .withSocketOptionsOfSessions()
            .childChannelInitializer { [configuration, logger, metrics] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard configuration.admits(channel.remoteAddress) else {
                        metrics.countRefused()
                        refusals.log(.warning, "fastagi session refused", ["reason": "address is not allowed"])
                        throw FastAGIServerError.peerNotAllowed
                    }
                    let isOpen = sessions.open(channel)
                    if !isOpen {
                        metrics.countRefused()
                        let reason = sessions.isStopping ? "shutdown" : "too many sessions"
                        refusals.log(.warning, "fastagi session refused", ["reason": "\(reason)"])
                    }
                    let connection = try AcceptedConnection(
                        channel,
                        configuration: configuration,
                        refusal: isOpen ? nil : "failure server is busy",
                        sweep: lanes.sweep(of: channel),
                        logger: logger
                    )
                    if isOpen { lanes.accept(connection) }
                }
            }
            .bind(host: configuration.host, port: configuration.port)
            .get()
    }
}

/// Why the server ended by itself, or would not serve a peer.
public enum FastAGIServerError: Error, Hashable, Sendable {
    /// The listening socket was closed by the system.
    case listenerLost
    /// A peer outside of `allowedPeers`; it alone is told, by an end of its connection.
    case peerNotAllowed
}
