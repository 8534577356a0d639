import Agid
import CAGI
import Core
import FastAGI
import Foundation
import Logging
import Metrics
import NIOCore
import NIOPosix
import Postgres
import PostgresDirectory
import PrometheusMetrics

/// What `tandem serve` runs for the dialplan, wired as there: handlers, directory, log file, metrics.
enum AGITandem {
    static func run(database: String) async throws {
        // Log lines go to standard output too, and nobody reads them.
        let parent = dup(STDOUT_FILENO)
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO)
        let log = FileManager.default.temporaryDirectory.appending(path: "tandem-bench-agi-\(getpid()).log")
        let output = try LogOutput(path: log.path)
        // The file is gone with its last descriptor.
        try FileManager.default.removeItem(at: log)
        let level = LogLevel(.info)
        LoggingSystem.bootstrap { LineLogHandler(label: $0, level: level, output: output) }
        MetricsSystem.bootstrap(PrometheusRegistry())
        let logger = Logger(label: "tandem.agid")
        // Connections as in deploy/config/tandem.yml.
        let configuration = try PostgresConfiguration(
            uri: database,
            applicationName: "tandem-bench",
            connections: 4,
            isReadOnly: true
        )
        let directory = PostgresDirectory(pool: PostgresPool(configuration, name: "read", logger: logger))
        let agid = Agid(
            incalls: directory,
            schedules: directory,
            switchboards: directory,
            clock: SystemClock(),
            inCallerIDRules: InCallerIDRuleFile(path: "/nonexistent", logger: logger),
            userCalls: UserCalls(
                directory: directory,
                ringTones: RingToneFile(path: "/nonexistent", logger: logger)
            ),
            featureCalls: FeatureCalls(directory: directory)
        )
        var fastAGI = FastAGIConfiguration()
        fastAGI.port = 0
        // Held calls stand for those that play something, but stop at a command that is answered at once.
        fastAGI.instantReplyDeadline = .seconds(60)
        let server = FastAGIServer(configuration: fastAGI, handlers: agid.handlers, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            Child.tell(try await server.listeningPort(), on: parent)
            try await group.waitForAll()
        }
    }
}

/// The recorded dialogues again, from C.
enum AGIReference {
    static func run(cheap: String, user: String) async throws {
        _ = agi_reference(cheap, user)
        throw BenchFailure("the reference server ended")
    }
}

/// The recorded dialogues again, from NIO with as many event loops as Tandem's server has.
enum AGIPlayer {
    static func run(cheap: String, user: String) async throws {
        let dialogues = try [cheap, user].map { path in
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
                .map { ByteBuffer(string: $0 + "\n") }
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: FastAGIConfiguration().eventLoops)
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Session(dialogues))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        Child.tell(channel.localAddress?.port ?? 0)
        try await channel.closeFuture.get()
    }

    private final class Session: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let dialogues: [[ByteBuffer]]
        private var received = ByteBuffer()
        private var rest: ArraySlice<ByteBuffer>?

        init(_ dialogues: [[ByteBuffer]]) { self.dialogues = dialogues }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var data = unwrapInboundIn(data)
            if rest == nil {
                received.writeBuffer(&data)
                guard received.readableBytesView.suffix(2).elementsEqual("\n\n".utf8) else { return }
                let text = String(buffer: received)
                rest = dialogues[text.contains("incoming_user_set_features") ? 1 : 0][...]
            } else if data.readableBytesView.last != UInt8(ascii: "\n") {
                return
            }
            guard let line = rest?.popFirst() else { return context.close(promise: nil) }
            context.writeAndFlush(wrapOutboundOut(line), promise: nil)
        }
    }
}
