import FastAGI
import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// AGI sessions of a handler that says one thing, against a bare server that knows nothing of AGI but its lines.
enum AGIFigures {
    private static let calls = 12_000

    static func measure() async throws -> [Figure] {
        var configuration = FastAGIConfiguration()
        configuration.port = 0
        let server = FastAGIServer(configuration: configuration, handlers: [Hello()], logger: CachedIdentity.silent)
        let group = ServiceGroup(services: [server], logger: CachedIdentity.silent)
        let running = Task { try await group.run() }
        let bare = try await BareLineServer.start()
        let ports = (try await server.listeningPort(), bare.localAddress?.port ?? 0)
        var figures: [Figure] = []
        for width in [1, 16] {
            var ours: [Cost] = []
            var theirs: [Cost] = []
            for _ in 0..<Meter.rounds {
                theirs.append(try await call(port: ports.1, width: width))
                ours.append(try await call(port: ports.0, width: width))
            }
            let (our, their) = (Meter.middle(ours), Meter.middle(theirs))
            figures += [
                Figure("sessions, \(width) at once", our.perSecond, .perSecond, bare: their.perSecond),
                Figure(
                    "  processor time of one",
                    our.processorMicroseconds,
                    .microseconds,
                    bare: their.processorMicroseconds
                ),
            ]
        }
        await group.triggerGracefulShutdown()
        try await running.value
        try await bare.close()
        return figures
    }

    private static func call(port: Int, width: Int) async throws -> Cost {
        let processor = Meter.processorSeconds
        let text = await (try Child.start(.agiCaller, port, calls, width)).allOutput()
        guard let seconds = Double(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw BenchFailure("AGI calls failed on port \(port): \(text)")
        }
        return Cost(count: calls, seconds: seconds, processorSeconds: Meter.processorSeconds - processor)
    }

    private struct Hello: AGIHandler {
        let name = "hello"
        func run(_ session: AGISession) async throws { try await session.verbose("hello") }
    }
}

/// The same lines without anything that knows what they mean.
private enum BareLineServer {
    static func start() async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 128)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Session()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private final class Session: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private var received = ByteBuffer()
        private var isAsked = false

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var data = unwrapInboundIn(data)
            received.writeBuffer(&data)
            let bytes = received.readableBytesView
            guard !isAsked else { return context.close(promise: nil) }
            guard bytes.suffix(2).elementsEqual("\n\n".utf8) else { return }
            isAsked = true
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "VERBOSE \"hello\" 1\n")), promise: nil)
        }
    }
}

/// Calls a FastAGI server as Asterisk does, several calls at once.
enum AGICaller {
    private static let environment = ByteBuffer(
        string: """
            agi_network: yes
            agi_network_script: hello
            agi_request: agi://127.0.0.1/hello
            agi_channel: PJSIP/alice-00000001
            agi_language: en
            agi_type: PJSIP
            agi_uniqueid: 1763924701.17
            agi_version: 22.9.0
            agi_callerid: 5551234
            agi_calleridname: Alice
            agi_callingpres: 0
            agi_callingani2: 0
            agi_callington: 0
            agi_callingtns: 0
            agi_dnid: 1001
            agi_rdnis: unknown
            agi_context: default
            agi_extension: 1001
            agi_priority: 3
            agi_enhanced: 0.0
            agi_accountcode:
            agi_threadid: 140245

            """ + "\n"
    )

    /// Prints the seconds that it took.
    static func run(port: Int, calls: Int, width: Int) async throws {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<width {
                group.addTask { for _ in 0..<calls / width { try await call(port) } }
            }
            try await group.waitForAll()
        }
        print((ContinuousClock.now - start) / .seconds(1))
    }

    private static func call(_ port: Int) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Call()) }
            }
            .connect(host: "127.0.0.1", port: port).get()
        channel.writeAndFlush(environment, promise: nil)
        try await channel.closeFuture.get()
    }

    /// Answers every line with success until the server closes.
    private final class Call: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard unwrapInboundIn(data).readableBytesView.last == UInt8(ascii: "\n") else { return }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "200 result=1\n")), promise: nil)
        }
    }
}
