import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// An FTP server on loopback that takes uploads in passive mode: as much of RFC 959 as proves a client.
public final class FakeFTPServer: Sendable {
    /// What goes wrong.
    public enum Fault: Sendable {
        /// The password is wrong.
        case refusesLogin
        /// The disk is full, said after the data came.
        case refusesFile
        /// Nothing is said, not even a greeting.
        case saysNothing
    }

    /// The port that it listens on.
    public let port: Int
    private let listener: any Channel
    private let state: State

    private final class State: Sendable {
        let files = NIOLockedValueBox<[String: [UInt8]]>([:])
        let commands = NIOLockedValueBox<[String]>([])
        let fault = NIOLockedValueBox<Fault?>(nil)
        let channels = NIOLockedValueBox<[any Channel]>([])
    }

    private init(port: Int, listener: any Channel, state: State) {
        self.port = port
        self.listener = listener
        self.state = state
    }

    /// Starts one.
    /// - Throws: when it cannot listen.
    public static func start() async throws -> FakeFTPServer {
        let state = State()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                state.channels.withLockedValue { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Control(state: state))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = listener.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        return FakeFTPServer(port: port, listener: listener, state: state)
    }

    /// Commands of clients, in order.
    public var commands: [String] { state.commands.withLockedValue { $0 } }

    /// What was stored, by folder and name.
    public var files: [String: [UInt8]] { state.files.withLockedValue { $0 } }

    /// From now on it fails like this; `nil`: it works again.
    public func fail(_ fault: Fault?) { state.fault.withLockedValue { $0 = fault } }

    /// Ends it.
    public func stop() async {
        try? await listener.close()
        for channel in state.channels.withLockedValue({ $0 }) { try? await channel.close() }
    }

    private final class Control: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let state: State
        private var line = ""
        private var folder = ""
        private var passive: (any Channel)?
        /// The data connection's bytes; there when it was closed.
        private var upload: EventLoopFuture<[UInt8]>?

        init(state: State) { self.state = state }

        func channelActive(context: ChannelHandlerContext) {
            if state.fault.withLockedValue({ $0 }) != .saysNothing { say("220 ready", context) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: unwrapInboundIn(data))
            // Scalars, because Swift takes CR LF for one character.
            for scalar in text.unicodeScalars {
                if scalar == "\n" {
                    obey(line, context)
                    line = ""
                } else if scalar != "\r" {
                    line.unicodeScalars.append(scalar)
                }
            }
        }

        private func say(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
        }

        private func obey(_ command: String, _ context: ChannelHandlerContext) {
            state.commands.withLockedValue { $0.append(command) }
            let words = command.split(separator: " ", maxSplits: 1).map(String.init)
            let argument = words.count > 1 ? words[1] : ""
            switch words.first {
            case "USER": say("331 password", context)
            case "PASS":
                let isRefused = state.fault.withLockedValue { $0 } == .refusesLogin
                say(isRefused ? "530 not logged in" : "230 logged in", context)
            case "PWD": say("257 \"/home/fax\"", context)
            case "CWD":
                folder = argument
                say("250 there", context)
            case "TYPE": say("200 type", context)
            case "PASV": openPassive(context)
            case "STOR": store(argument, context)
            case "QUIT":
                say("221 bye", context)
                context.close(promise: nil)
            default: say("502 not here", context)
            }
        }

        private func openPassive(_ context: ChannelHandlerContext) {
            let loop = context.eventLoop
            let done = loop.makePromise(of: [UInt8].self)
            upload = done.futureResult
            let bound = ServerBootstrap(group: loop)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Sink(done))
                    }
                }
                .bind(host: "127.0.0.1", port: 0)
            bound.assumeIsolated().whenSuccess { channel in
                self.passive = channel
                let port = channel.localAddress?.port ?? 0
                self.say("227 passive (127,0,0,1,\(port / 256),\(port % 256))", context)
            }
        }

        private func store(_ name: String, _ context: ChannelHandlerContext) {
            say("150 go on", context)
            upload?.assumeIsolated().whenSuccess { bytes in
                self.passive?.close(promise: nil)
                if self.state.fault.withLockedValue({ $0 }) == .refusesFile {
                    return self.say("452 no space", context)
                }
                self.state.files.withLockedValue { $0["\(self.folder)|\(name)"] = bytes }
                self.say("226 stored", context)
            }
        }
    }

    private final class Sink: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let done: EventLoopPromise<[UInt8]>
        private var bytes: [UInt8] = []

        init(_ done: EventLoopPromise<[UInt8]>) { self.done = done }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += unwrapInboundIn(data).readableBytesView
        }

        func channelInactive(context: ChannelHandlerContext) { done.succeed(bytes) }
    }
}
