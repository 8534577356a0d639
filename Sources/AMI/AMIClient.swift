import Glibc
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
public import Telephony

/// Asterisk's manager interface over one TCP connection: actions and their answers, many at a time, and events in
/// their order. It connects again for ever.
public final class AMIClient: Service, ManagerControlling {
    private let configuration: AMIConfiguration
    private let receiver: any ManagerEventReceiving
    private let logger: Logger
    private let backlog = EventBacklog()
    private let status = AMIStatus()
    private let ids = ActionIDs()

    /// A client; it connects when it is run.
    public init(configuration: AMIConfiguration, receiver: any ManagerEventReceiving, logger: Logger) {
        self.configuration = configuration
        self.receiver = receiver
        self.logger = logger
    }

    /// Whether there is a connection with an accepted login.
    public var isConnected: Bool { status.channel != nil }

    /// Events that wait for the receiver now.
    var eventsWaiting: Int { backlog.count }

    /// Runs until shutdown, then says goodbye. Once.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.deliver() }
                await self.connectUntilCancelled()
                self.backlog.close()
            }
        }
    }

    // MARK: Actions

    /// Performs an action and returns its response, followed by the events of its list up to its end.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func send(_ action: ManagerAction) async throws -> [ManagerMessage] {
        let answer = try await exchange(action)
        do {
            return try ManagerMessage.accepted(answer, of: action.name)
        } catch {
            noteRefusal(error, of: action)
            throw error
        }
    }

    /// Performs a command of Asterisk's console and returns the lines of its output.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func command(_ line: String) async throws -> [String] {
        let action = ManagerAction("Command", ["Command": line])
        let answer = try await exchange(action)
        // An unknown command is an error with its explanation as output, a missing privilege one without.
        let output = answer.first?.output ?? []
        if output.isEmpty {
            do {
                _ = try ManagerMessage.accepted(answer, of: action.name)
            } catch {
                noteRefusal(error, of: action)
                throw error
            }
        }
        return output
    }

    private func exchange(_ action: ManagerAction) async throws -> [ManagerMessage] {
        try action.validate()
        try Task.checkCancellation()
        let start = ContinuousClock.now
        do {
            let answer = try await exchangeUnmeasured(action)
            AMIMetrics.countAction(action.name, duration: .now - start)
            return answer
        } catch {
            AMIMetrics.countFailure(error)
            throw error
        }
    }

    private func exchangeUnmeasured(_ action: ManagerAction) async throws -> [ManagerMessage] {
        guard let channel = status.channel else {
            throw ManagerFailure.unreachable("not connected to Asterisk's manager interface")
        }
        let id = ids.next()
        let answer = channel.eventLoop.makePromise(of: [ManagerMessage].self)
        return try await withTaskCancellationHandler {
            channel.writeAndFlush(AMIOrder.perform(action, id: id, answer)).whenFailure { _ in
                answer.fail(ManagerFailure.unreachable("\(AMIEnd.closed)"))
            }
            return try await answer.futureResult.get()
        } onCancel: {
            channel.writeAndFlush(AMIOrder.abandon(id: id), promise: nil)
        }
    }

    private func noteRefusal(_ failure: any Error, of action: ManagerAction) {
        AMIMetrics.countFailure(failure)
        guard case ManagerFailure.refused(message: "Permission denied", _) = failure else { return }
        logger.error(
            "the manager user lacks the privilege for an action: see deploy/asterisk/manager.conf",
            metadata: ["user": "\(configuration.username)", "action": "\(action.name)"]
        )
    }

    // MARK: Events

    private func deliver() async {
        while let notice = await backlog.next() {
            switch notice {
            case .connected: await receiver.managerConnected()
            case .disconnected: await receiver.managerDisconnected()
            case .event(let event): await receiver.receive(event)
            }
        }
    }

    /// Asks Asterisk to keep events to itself that nobody reads, and looks for missing privileges. Neither is needed
    /// for the connection to work.
    private func prepare() async {
        for name in configuration.unreadEvents where !receiver.wants(name) {
            let criteria = "action(exclude),name(\(name))"
            do {
                _ = try await send(ManagerAction("Filter", ["Operation": "Add", "MatchCriteria": criteria]))
            } catch {
                logger.info("Asterisk sends events that nobody reads", metadata: ["reason": "\(error)"])
                break
            }
        }
        guard !configuration.neededActions.isEmpty,
            let commands = try? await send(ManagerAction("ListCommands")).first
        else { return }
        let allowed = Set(commands.fields.keys.map { $0.lowercased() })
        let missing = configuration.neededActions.filter { !allowed.contains($0.lowercased()) }
        guard !missing.isEmpty else { return logger.debug("manager interface set up") }
        logger.error(
            "the manager user lacks privileges or Asterisk lacks modules: see deploy/asterisk/manager.conf",
            metadata: ["user": "\(configuration.username)", "missing": "\(missing.joined(separator: " "))"]
        )
    }

    // MARK: Connection

    private func connectUntilCancelled() async {
        var delay = AMIBackOff(configuration)
        var lastEnd: AMIEnd?
        while !Task.isCancelled {
            let start = ContinuousClock.now
            let end = await session()
            if Task.isCancelled { return }
            if end != lastEnd {
                let level: Logger.Level = if case .loginRefused = end { .error } else { .warning }
                logger.log(level: level, "manager interface: \(end)", metadata: ["address": "\(address)"])
            }
            // A series of equal failures is one line in the log; a connection that was there begins a new one.
            lastEnd = end == .closed ? nil : end
            try? await Task.sleep(for: delay.pause(after: end, heldFor: .now - start))
        }
    }

    private var address: String { "\(configuration.username)@\(configuration.host):\(configuration.port)" }

    /// One connection, from the first packet to its end.
    private func session() async -> AMIEnd {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let ready = loop.makePromise(of: Void.self)
        let ended = loop.makePromise(of: AMIEnd.self)
        let channel: any NIOCore.Channel
        do {
            channel = try await connect(on: loop, ready: ready, ended: ended)
        } catch {
            let refusal = (error as? NIOConnectionError)?.connectionErrors.compactMap { $0.error as? IOError }.first
            let isRefused = (refusal ?? error as? IOError)?.errnoCode == ECONNREFUSED
            let end = isRefused ? AMIEnd.connectionRefused : .unreachable("\(error)")
            ready.fail(end)
            ended.succeed(end)
            return end
        }
        return await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    guard (try? await ready.futureResult.get()) != nil else { return }
                    self.logger.info("manager interface connected", metadata: ["address": "\(self.address)"])
                    await self.prepare()
                }
                let end = try? await ended.futureResult.get()
                group.cancelAll()
                return end ?? .closed
            }
        } onCancel: {
            channel.writeAndFlush(AMIOrder.logOff, promise: nil)
        }
    }

    private func connect(
        on loop: any EventLoop,
        ready: EventLoopPromise<Void>,
        ended: EventLoopPromise<AMIEnd>
    ) async throws -> any NIOCore.Channel {
        let receiver = receiver
        return try await ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(configuration.connectLimit))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [configuration, status, backlog, ids, logger] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AMIConnection(
                            configuration: configuration,
                            status: status,
                            backlog: backlog,
                            ids: ids,
                            wants: { receiver.wants($0) },
                            ready: ready,
                            ended: ended,
                            logger: logger
                        )
                    )
                }
            }
            .connect(host: configuration.host, port: configuration.port).get()
    }
}
