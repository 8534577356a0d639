import NIOCore
import NIOPosix
import Synchronization

/// A TCP server that nobody has a reason to connect to. Whoever does was led there by a hostile client.
public final class Canary: Sendable {
    private final class Visits: Sendable {
        let count = Mutex(0)
    }

    private let channel: any Channel
    private let visits: Visits

    private init(_ channel: any Channel, _ visits: Visits) {
        self.channel = channel
        self.visits = visits
    }

    /// Listens on a free port of loopback.
    public static func listen() async throws -> Canary {
        let visits = Visits()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { child in
                visits.count.withLock { $0 += 1 }
                return child.close()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return Canary(channel, visits)
    }

    /// Where it listens.
    public var port: Int { channel.localAddress?.port ?? 0 }

    /// Connections so far.
    public var visitCount: Int { visits.count.withLock { $0 } }

    /// Stops listening.
    public func close() async { try? await channel.close() }
}
