import NIOCore
import NIOPosix

/// Datagrams on loopback.
enum Loopback {
    /// A UDP port that nobody uses at this moment.
    static func freePort() async throws -> Int {
        let channel = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port
        try await channel.close().get()
        guard let port else { throw LabFailure.program("a datagram socket without a port") }
        return port
    }

    /// Sends one datagram from a port of its own.
    static func send(_ text: String, toPort port: Int) async throws {
        let channel = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let target = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        let datagram = AddressedEnvelope(remoteAddress: target, data: ByteBuffer(string: text))
        try await channel.writeAndFlush(datagram).get()
        try await channel.close().get()
    }
}
