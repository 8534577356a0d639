import Foundation
import Logging
import NIOCore
import NIOPosix
import Synchronization

@testable import tandem

/// Asterisk's side of a FastAGI session that goes wrong at one step.
enum Cut: String, Sendable, CaseIterable {
    /// The channel has hung up and takes no command any more.
    case hungUp
    /// Asterisk closes the connection instead of answering.
    case closed
    /// Asterisk does not like the command.
    case wrongUsage
    /// What answers is no reply.
    case garbage

    fileprivate var reply: String {
        switch self {
        case .hungUp: "HANGUP\n511 Command Not Permitted on a dead channel or intercept routine\n"
        case .closed: ""
        case .wrongUsage: "520-Invalid command syntax.  Proper usage follows:\nUsage: none\n520 End of proper usage.\n"
        case .garbage: "200 what do you mean\n"
        }
    }
}

/// Plays a session to its end.
struct AsteriskPeer {
    /// Lines that the server sent.
    private(set) var lines: [String] = []

    /// - Parameter step: Number of the command, from 0, that is cut; beyond the last one: none.
    init(port: Int, _ call: Rehearsal.Call, _ cut: Cut, at step: Int) async throws {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Reader(inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let memory = RehearsedChannel(variables: call.variables, digits: call.digits)
        let environment = Rehearsal.environment(of: call).map { "\($0.key): \($0.value)\n" }.joined()
        await Self.send(environment + "\n", on: channel)
        var isCut = false
        for await line in inbox.lines {
            lines.append(line)
            if line.hasPrefix("failure") { continue }
            if lines.count - 1 == step || (isCut && cut == .hungUp) {
                isCut = true
                if cut == .closed { break }
                await Self.send(cut.reply, on: channel)
            } else {
                await Self.send(memory.answer(line).wire + "\n", on: channel)
            }
        }
        try? await channel.close()
    }

    /// A server that has closed meanwhile does not hear it.
    private static func send(_ text: String, on channel: any Channel) async {
        try? await channel.writeAndFlush(ByteBuffer(string: text))
    }

    private final class Inbox: Sendable {
        let lines: AsyncStream<String>
        let continuation: AsyncStream<String>.Continuation
        init() { (lines, continuation) = AsyncStream.makeStream() }
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
            for line in lines { inbox.continuation.yield(line) }
        }
        func channelInactive(context: ChannelHandlerContext) { inbox.continuation.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// How sessions ended, by their log lines.
final class OutcomeLog: Sendable {
    private struct State {
        var ready: [String] = []
        var waiting: CheckedContinuation<String?, Never>?
    }
    private let state = Mutex(State())

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(log: self) }
        logger.logLevel = .debug
        return logger
    }

    /// The next outcome; `nil` when no session ends in time.
    func next(within limit: Duration = .seconds(10)) async -> String? {
        let alarm = Task {
            try await Task.sleep(for: limit)
            take(nil)
        }
        defer { alarm.cancel() }
        return await withCheckedContinuation { continuation in
            let ready: String? = state.withLock { state in
                if !state.ready.isEmpty { return state.ready.removeFirst() }
                state.waiting = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }

    private func take(_ outcome: String?) {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            if state.waiting == nil, let outcome { state.ready.append(outcome) }
            return state.waiting
        }
        waiting?.resume(returning: outcome)
    }

    private struct Handler: LogHandler {
        let log: OutcomeLog
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .debug
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            guard "\(event.message)" == "agi session" else { return }
            log.take(event.metadata?["outcome"].map { "\($0)" } ?? "")
        }
    }
}
