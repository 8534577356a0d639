import Logging
import NIOCore

/// Serves one accepted connection from its environment to its log line.
struct SessionServer: Sendable {
    let handlers: [String: any AGIHandler]
    let configuration: FastAGIConfiguration
    let places: HandlerPlaces
    let metrics: FastAGIMetrics
    let logger: Logger
    let environmentFaults: LimitedLog

    /// - Parameter executor: Where the session runs: that of the connection's event loop.
    func serve(_ connection: AcceptedConnection, on executor: LoopTaskExecutor) async {
        let start = ContinuousClock.now
        let transport = ConnectionTransport(connection, places: places)
        await withTaskCancellationHandler {
            do {
                let environment = try await connection.environment.get()
                await converse(environment, connection, transport, executor, since: start)
            } catch {
                logFault(error, connection)
            }
            await transport.closed()
        } onCancel: {
            transport.finish("failure server stops", AGIError.stopped("the server was cancelled"))
        }
    }

    private func converse(
        _ environment: AGIEnvironment,
        _ connection: AcceptedConnection,
        _ transport: ConnectionTransport,
        _ executor: LoopTaskExecutor,
        since start: ContinuousClock.Instant
    ) async {
        var logger = logger
        logger[metadataKey: "handler"] = "\(environment.script)"
        logger[metadataKey: "channel"] = "\(environment.channel)"
        logger[metadataKey: "uniqueid"] = "\(environment.uniqueID)"
        let conversation = SessionConversation(
            transport: transport,
            status: connection.status,
            channel: connection.channel,
            executor: executor,
            handlers: handlers,
            configuration: configuration
        )
        let session = AGISession(environment: environment, transport: transport, logger: logger)
        let outcome = await conversation.run(session)
        transport.releasePlace()
        report(outcome, of: session, commands: connection.status.commands, duration: .now - start)
    }

    private func report(
        _ outcome: SessionOutcome,
        of session: AGISession,
        commands: Int,
        duration: Duration
    ) {
        let script = session.environment.script
        let handler = handlers[script] != nil || script == "monitoring" ? script : "unknown"
        metrics.countSession(handler: handler, outcome: outcome.word, duration: duration)
        if case .rejected = outcome { metrics.countBusy() }
        var metadata: Logger.Metadata = [
            "outcome": "\(outcome.word)",
            "commands": "\(commands)",
            "duration_ms": "\(duration.inMilliseconds)",
        ]
        if let cause = outcome.cause { metadata["cause"] = "\(cause)" }
        session.logger.log(level: outcome.level(of: script), "agi session", metadata: metadata)
    }

    private func logFault(_ error: any Error, _ connection: AcceptedConnection) {
        // A connection that closes without a word is how load balancers and people look whether we live.
        if case EnvironmentFault.closedEarly(bytes: 0) = error {
            logger.debug("fastagi peer closed without a word")
            return
        }
        let peer = connection.channel.remoteAddress.map { "\($0)" } ?? "unknown"
        environmentFaults.log(
            .info,
            "fastagi environment not accepted",
            ["peer": "\(peer)", "cause": "\(error)"]
        )
    }
}

extension SessionOutcome {
    /// Hang-ups are ordinary; a fault is not; probes come every few seconds.
    fileprivate func level(of script: String) -> Logger.Level {
        switch self {
        case .success: script == "monitoring" ? .debug : .info
        case .dialplanBreak, .hangup: .info
        case .peerClosed: .debug
        case .error: .error
        case .rejected: .warning
        }
    }
}
