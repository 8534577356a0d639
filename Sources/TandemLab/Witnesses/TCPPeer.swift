import NIOCore
import NIOPosix

/// A TCP peer on loopback that says what it is told, for servers that must survive it.
public enum TCPPeer {
    /// Connects, sends `text` and returns what came until the server closed.
    /// - Parameters:
    ///   - answer: What is said after each line of the server.
    ///   - hangsUp: Whether the peer closes at once behind its text instead of listening.
    /// - Throws: The error of connecting; ``LabFailure/tooLate(_:)`` when the server keeps the connection open
    ///   longer than `limit`.
    @discardableResult
    public static func say(
        _ text: String,
        toPort port: Int,
        answering answer: String = "",
        hangsUp: Bool = false,
        within limit: Duration = .seconds(15)
    ) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            // The server may close at any moment, with our words unread: that is its end, not ours.
            try? await outbound.write(ByteBuffer(string: text))
            if hangsUp { return "" }
            return try await withThrowingTaskGroup(of: String.self) { group in
                group.addTask { @concurrent in
                    var heard = ""
                    do {
                        for try await buffer in inbound {
                            heard += String(buffer: buffer)
                            if !answer.isEmpty { try await outbound.write(ByteBuffer(string: answer)) }
                        }
                    } catch {
                        return heard
                    }
                    return heard
                }
                group.addTask {
                    try await Task.sleep(for: limit)
                    throw LabFailure.tooLate("the server on port \(port) did not close within \(limit)")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? ""
            }
        }
    }
}
