import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A connection that sends whatever bytes a test wants, and keeps what comes back.
final class RawConnection: Sendable {
    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let owner: RawConnection
        init(_ owner: RawConnection) { self.owner = owner }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            owner.take(String(buffer: unwrapInboundIn(data)))
        }
        func channelInactive(context: ChannelHandlerContext) { owner.end() }
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private struct State {
        var text = ""
        var isClosed = false
        var watchers: [(String?, CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())
    private let channel = Mutex<(any Channel)?>(nil)

    static func open(port: Int) async throws -> RawConnection {
        let connection = RawConnection()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(connection))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        connection.channel.withLock { $0 = channel }
        return connection
    }

    var text: String { state.withLock { $0.text } }

    func send(_ text: String) async throws {
        guard let channel = channel.withLock({ $0 }) else { return }
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Sends no more, but still reads.
    func endInput() async { try? await channel.withLock { $0 }?.close(mode: .output) }

    /// Ends the connection as a program does that is killed while it has unread bytes.
    func reset() async {
        let channel = channel.withLock { $0 }
        try? await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try? await channel?.close()
    }

    func close() async { try? await channel.withLock { $0 }?.close() }

    /// Waits until this has come; `nil`: until the other side has closed.
    func wait(for text: String?) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.isClosed || text.map({ state.text.contains($0) }) == true { return true }
                state.watchers.append((text, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func take(_ text: String) {
        wake { state in state.text += text }
    }

    private func end() { wake { $0.isClosed = true } }

    private func wake(_ change: (inout State) -> Void) {
        let woken = state.withLock { state in
            change(&state)
            let woken = state.watchers.filter { state.isClosed || $0.0.map { state.text.contains($0) } == true }
            state.watchers.removeAll { watcher in state.isClosed || watcher.0.map { state.text.contains($0) } == true }
            return woken
        }
        for (_, continuation) in woken { continuation.resume() }
    }
}
