import Logging
import NIOCore

/// One session after its environment: handler, closing words, close (contract 40 §7).
struct SessionConversation {
    let transport: ConnectionTransport
    let status: ConnectionStatus
    let channel: any Channel
    let executor: LoopTaskExecutor
    let handlers: [String: any AGIHandler]
    let configuration: FastAGIConfiguration

    /// Runs the conversation until our side is closed.
    func run(_ session: AGISession) async -> SessionOutcome {
        let script = session.environment.script
        if script == "monitoring" { return await answerProbe(session) }
        guard let handler = handlers[script] else {
            return await fail(session, .error("Unknown AGI handler '\(script)'"))
        }
        do {
            try await transport.takePlace(resuming: false)
        } catch {
            return await conclude(session, error)
        }
        let result = await runHandler(handler, session)
        transport.releasePlace()
        switch result {
        case .failure(let error): return await conclude(session, error)
        case .success: return await succeed(session)
        }
    }

    /// The handler in its own task: it is cancelled when the connection ends, for whatever reason.
    private func runHandler(_ handler: any AGIHandler, _ session: AGISession) async -> Result<Void, any Error> {
        let task = Task(executorPreference: executor) { try await handler.run(session) }
        channel.closeFuture.whenComplete { _ in task.cancel() }
        return await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
    }

    private func succeed(_ session: AGISession) async -> SessionOutcome {
        do {
            try await session.verbose("AGI handler '\(session.environment.script)' successfully executed")
            transport.finish(nil, AGIError.peerClosed)
            return .success
        } catch {
            return await conclude(session, error)
        }
    }

    private func conclude(_ session: AGISession, _ error: any Error) async -> SessionOutcome {
        // What ended the connection explains what the handler saw of it.
        switch status.end ?? error {
        case AGIError.hungUp:
            transport.finish(nil, AGIError.hungUp)
            return .hangup
        case AGIError.peerClosed:
            return .peerClosed
        case AGIError.busy:
            transport.finish("failure server is busy", AGIError.busy)
            return .rejected("no place for a handler within \(configuration.placePatience)")
        case let end as AGIError where end.endsSession:
            transport.finish("failure \(end)", end)
            return .error("\(end)")
        case is CancellationError where status.end != nil || Task.isCancelled:
            transport.finish("failure session cancelled", CancellationError())
            return .error("the session was cancelled")
        case let stop as DialplanBreak:
            return await fail(session, .dialplanBreak(stop.message))
        default:
            return await fail(session, .error("\(error)"))
        }
    }

    /// The field's words for a failed handler: a message, a jump to `agi_fail`, the failure line.
    private func fail(_ session: AGISession, _ outcome: SessionOutcome) async -> SessionOutcome {
        do {
            try await session.verbose(outcome.cause ?? outcome.word)
            try await session.exec("Goto", "agi_fail,s,1", pace: .instant)
        } catch {
            session.logger.debug("closing words not heard", metadata: ["error": "\(error)"])
        }
        transport.finish("failure to have pure code", AGIError.peerClosed)
        return outcome
    }

    /// A monitoring probe reads one line and goes; an existing client answers it (contract 40 §8).
    private func answerProbe(_ session: AGISession) async -> SessionOutcome {
        let delay = TimeAmount.nanoseconds(configuration.probeDeadline.inNanoseconds)
        let deadline = channel.eventLoop.scheduleTask(in: delay) {
            transport.finish(nil, AGIError.peerClosed)
        }
        defer { deadline.cancel() }
        do {
            guard case .done = try await transport.perform(raw: "Status: OK") else {
                transport.finish(nil, AGIError.peerClosed)
                return .success
            }
            // It answers: the closing words have their own deadline.
            deadline.cancel()
            return await succeed(session)
        } catch {
            transport.finish(nil, AGIError.peerClosed)
            return .success
        }
    }
}
