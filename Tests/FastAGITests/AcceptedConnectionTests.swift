import Logging
import NIOCore
import NIOPosix
import Testing

@testable import FastAGI

@Suite("Accepted connections", .timeLimit(.minutes(1)))
struct AcceptedConnectionTests {
    private struct NotWanted: Error {}

    @Test("a connection that is closed before it was active ends its environment")
    func closedBeforeActive() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let (environments, ended) = AsyncStream.makeStream(of: Result<AGIEnvironment, any Error>.self)
        let listener = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let configuration = FastAGIConfiguration()
                    let connection = try AcceptedConnection(
                        channel,
                        configuration: configuration,
                        refusal: nil,
                        sweep: DeadlineSweep(channel.eventLoop, configuration: configuration),
                        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                    )
                    connection.environment.whenComplete { ended.yield($0) }
                    // NIO closes a channel that its initializer does not want, and never tells it that it is inactive.
                    throw NotWanted()
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let peer = try await ClientBootstrap(group: group)
            .connect(host: "127.0.0.1", port: listener.localAddress?.port ?? 0).get()
        let environment = try #require(await environments.first { _ in true })
        #expect(throws: EnvironmentFault.closedEarly(bytes: 0)) { try environment.get() }
        try? await peer.close()
        try await listener.close()
    }
}
