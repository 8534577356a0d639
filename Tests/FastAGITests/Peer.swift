import NIOCore
import NIOPosix
import Synchronization

/// Asterisk's side of a connection, played line by line by a test.
final class Peer: Sendable {
    private let channel: any Channel
    private let inbox: Inbox

    init(port: Int) async throws {
        let inbox = Inbox()
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        self.inbox = inbox
    }

    /// A session of `script` with its environment sent.
    convenience init(port: Int, script: String, arguments: [String] = []) async throws {
        try await self.init(port: port)
        let arguments = arguments.enumerated().map { "agi_arg_\($0 + 1): \($1)\n" }.joined()
        try await send(
            "agi_network: yes\nagi_network_script: \(script)\nagi_channel: PJSIP/a-1\nagi_uniqueid: 17.1\n\(arguments)\n"
        )
    }

    /// Sends words; a server that has closed meanwhile does not hear them, and `line` tells.
    func send(_ text: String) async throws {
        do {
            try await channel.writeAndFlush(ByteBuffer(string: text))
        } catch is ChannelError {
        } catch is IOError {
        }
    }

    func close() async throws { try await channel.close() }

    /// The next line without its LF; `nil` at the server's end.
    func line() async -> String? { await inbox.next() }

    /// Reads the next command and answers it.
    /// - Returns: The command.
    @discardableResult
    func answer(_ reply: String = "200 result=1") async throws -> String? {
        let command = await line()
        try await send(reply + "\n")
        return command
    }

    /// Answers every command until the server's end.
    /// - Returns: All lines that came.
    func answerAll(_ reply: String = "200 result=1") async throws -> [String] {
        var lines: [String] = []
        while let line = await line() {
            lines.append(line)
            if !line.hasPrefix("failure") { try await send(reply + "\n") }
        }
        return lines
    }

    private final class Inbox: Sendable {
        private struct State {
            var lines: [String] = []
            var isClosed = false
            var waiting: CheckedContinuation<String?, Never>?
        }
        private let state = Mutex(State())

        func add(_ line: String?) {
            let waiting = state.withLock { state in
                if let waiting = state.waiting {
                    state.waiting = nil
                    if line == nil { state.isClosed = true }
                    return Optional(waiting)
                }
                if let line { state.lines.append(line) } else { state.isClosed = true }
                return nil
            }
            waiting?.resume(returning: line)
        }

        func next() async -> String? {
            await withCheckedContinuation { continuation in
                let ready: String?? = state.withLock { state in
                    if !state.lines.isEmpty { return .some(.some(state.lines.removeFirst())) }
                    if state.isClosed { return .some(.none) }
                    state.waiting = continuation
                    return .none
                }
                if let ready { continuation.resume(returning: ready) }
            }
        }
    }

    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let inbox: Inbox
        private var partial = ""
        init(_ inbox: Inbox) { self.inbox = inbox }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            partial += String(buffer: unwrapInboundIn(data))
            var lines = partial.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            partial = lines.removeLast()
            for line in lines { inbox.add(line) }
        }
        func channelInactive(context: ChannelHandlerContext) { inbox.add(nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
