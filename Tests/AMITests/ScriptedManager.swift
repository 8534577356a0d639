import NIOCore
import NIOPosix
import Synchronization

/// A manager interface on loopback for what the real one cannot show on demand. What the script leaves out it does
/// properly: greeting, login, ping, logoff.
final class ScriptedManager: Sendable {
    enum Reply: Sendable {
        case say(String)
        /// Says it and closes.
        case leave(String)
        case nothing
    }

    /// The number of the connection (from 0), and the headers of the action; `nil`: as usual.
    typealias Script = @Sendable (Int, [String: String]) -> Reply?

    let port: Int
    private let channel: any NIOCore.Channel
    private let state: State

    final class State: Sendable {
        let actions = Mutex<[[String: String]]>([])
        let connections = Mutex<[any NIOCore.Channel]>([])
        let greeting: String
        let script: Script

        init(greeting: String, script: @escaping Script) {
            self.greeting = greeting
            self.script = script
        }
    }

    private init(port: Int, channel: any NIOCore.Channel, state: State) {
        self.port = port
        self.channel = channel
        self.state = state
    }

    static func start(
        port: Int = 0,
        greeting: String = "Asterisk Call Manager/11.0.0\r\n",
        _ script: @escaping Script = { _, _ in nil }
    ) async throws -> ScriptedManager {
        let state = State(greeting: greeting, script: script)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let number = state.connections.withLock { connections in
                    connections.append(channel)
                    return connections.count - 1
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Connection(number: number, state: state))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        guard let port = channel.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        return ScriptedManager(port: port, channel: channel, state: state)
    }

    /// Actions of all connections so far, without those of login and set-up.
    var actions: [[String: String]] {
        let setUp: Set = ["Challenge", "Login", "Filter", "ListCommands"]
        return state.actions.withLock { $0 }.filter { !setUp.contains($0["Action"] ?? "") }
    }

    var logins: Int { state.actions.withLock { $0 }.count { $0["Action"] == "Login" } }
    var connections: Int { state.connections.withLock { $0.count } }

    /// Says something on the newest connection.
    func say(_ text: String) async throws {
        guard let connection = state.connections.withLock({ $0.last }) else { return }
        try await connection.writeAndFlush(ByteBuffer(string: text))
    }

    func stop() async throws {
        try await channel.close()
        for connection in state.connections.withLock({ $0 }) { try? await connection.close() }
    }

    private final class Connection: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let number: Int
        private let state: State
        private var received = ""

        init(number: Int, state: State) {
            self.number = number
            self.state = state
        }

        func channelActive(context: ChannelHandlerContext) { say(state.greeting, context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: unwrapInboundIn(data))
            while let end = received.firstRange(of: "\r\n\r\n") {
                let text = received[..<end.lowerBound]
                received = String(received[end.upperBound...])
                var headers: [String: String] = [:]
                for line in text.split(separator: "\r\n") {
                    if let colon = line.firstRange(of: ": ") {
                        headers[String(line[..<colon.lowerBound])] = String(line[colon.upperBound...])
                    }
                }
                answer(headers, context)
            }
        }

        private func answer(_ action: [String: String], _ context: ChannelHandlerContext) {
            state.actions.withLock { $0.append(action) }
            let reply = state.script(number, action) ?? .say(Self.usual(action))
            switch reply {
            case .say(let text): say(text, context)
            case .leave(let text):
                say(text, context)
                context.close(promise: nil)
            case .nothing: break
            }
            if action["Action"] == "Logoff" { context.close(promise: nil) }
        }

        private func say(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }

        private static func usual(_ action: [String: String]) -> String {
            let head = "ActionID: \(action["ActionID"] ?? "")\r\n"
            return switch action["Action"] {
            case "Challenge": "Response: Success\r\n\(head)Challenge: 42\r\n\r\n"
            case "Logoff": "Response: Goodbye\r\n\(head)\r\n"
            default: "Response: Success\r\n\(head)Message: fine\r\n\r\n"
            }
        }
    }
}

/// The answer of a response without events.
func response(_ action: [String: String], _ headers: String = "Response: Success") -> String {
    "\(headers)\r\nActionID: \(action["ActionID"] ?? "")\r\n\r\n"
}
