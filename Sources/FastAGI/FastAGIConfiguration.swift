import NIOCore

/// Where the server listens, and its bounds (contract 40 §1, §8).
public struct FastAGIConfiguration: Sendable, Hashable {
    /// Address to listen on. FastAGI knows no authentication: not all interfaces by default.
    public var host = "127.0.0.1"
    /// Port to listen on; 0 takes a free one.
    public var port = 4573
    /// Addresses that may connect; empty: all that reach the port (contract 40 §8 "Access control").
    public var allowedPeers: [AddressRange] = []
    /// Connections that the system keeps before we accept them. A call beyond it waits a second for its second try,
    /// so there is room for the burst of a busy site; the system may allow less (`net.core.somaxconn`).
    public var backlog = 1_024
    /// Threads that read and write.
    public var eventLoops = 2
    /// Sessions open at once; one more is told `failure` and closed.
    public var maximumSessions = 4_096
    /// Handlers that compute or wait for a database at once. One that waits for Asterisk holds no place.
    public var maximumComputing = 64
    /// How long a handler waits for a place before its session is told `failure`.
    public var placePatience: Duration = .seconds(2)
    /// From accept to the environment's empty line.
    public var environmentDeadline: Duration = .seconds(5)
    /// For a command that Asterisk answers at once.
    public var instantReplyDeadline: Duration = .seconds(5)
    /// For a command that plays or records.
    public var mediaReplyDeadline: Duration = .seconds(600)
    /// For the rest of a value that holds a newline.
    public var valueDeadline: Duration = .milliseconds(200)
    /// For the answer to a monitoring probe.
    public var probeDeadline: Duration = .seconds(2)
    /// Longest session.
    public var sessionCap: Duration = .seconds(4 * 3_600)
    /// What running sessions have to finish at shutdown.
    public var shutdownGrace: Duration = .seconds(5)
    /// How long we wait for the peer to close after our last line.
    public var closeDeadline: Duration = .seconds(1)

    /// The contract's values.
    public init() {}

    /// Whether a peer may connect.
    func admits(_ peer: SocketAddress?) -> Bool {
        allowedPeers.isEmpty || (peer?.ipAddress.map { peer in allowedPeers.contains { $0.contains(peer) } } ?? false)
    }
}
