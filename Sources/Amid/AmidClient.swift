import Core
public import Logging
import Metrics
public import ServiceClient
import Synchronization
public import Telephony

/// The manager interface behind wazo-amid: one HTTP request per action (contract 37 §2, 38 §3).
public final class AmidClient: ManagerControlling {
    private let client: ServiceClient
    private let logger: Logger
    private struct State {
        /// When an action succeeded last.
        var lastSuccess: ContinuousClock.Instant?
        /// Whether amid, or Asterisk behind it, could not be reached by the last action.
        var isAway = false
        /// When the cause of a refusal was logged last.
        var lastLogged: ContinuousClock.Instant?
    }
    private let state = Mutex(State())
    /// A success that is older says nothing of Asterisk now.
    private static let freshness: Duration = .seconds(30)

    /// - Parameter client: Asks amid, version `1.0`, with the service token.
    public init(client: ServiceClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// Whether the last action reached Asterisk; one that was refused says nothing of the others. There is no connection
    /// that could be looked at; ``answers(within:)`` asks.
    public var isConnected: Bool { client.isAnswering && !state.withLock { $0.isAway } }

    /// Whether Asterisk answers by way of amid: what an action found lately, else one more.
    /// - Parameter limit: How long that may take.
    public func answers(within limit: Duration = .seconds(1)) async -> Bool {
        let last = state.withLock { $0.isAway ? nil : $0.lastSuccess }
        if let last, ContinuousClock.now - last < Self.freshness, client.isAnswering { return true }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                // Any answer of Asterisk is one, and a missing permission for this action tells that amid is there.
                _ = try? await self.send(ManagerAction("Ping"))
                return self.isConnected
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let answers = await group.next() ?? false
            group.cancelAll()
            return answers
        }
    }

    /// Performs an action and returns the messages of its answer; amid may answer without any (contract 38 §0.3).
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func send(_ action: ManagerAction) async throws -> [ManagerMessage] {
        try action.validate()
        if action.name.lowercased() == "command" { return try await sendCommand(action) }
        let messages = AmidAnswer.messages(try await ask(action.name, AmidAnswer.body(of: action)))
        do {
            return try ManagerMessage.accepted(messages, of: action.name)
        } catch {
            Self.count(error)
            throw error
        }
    }

    /// Performs a command of Asterisk's console and returns the lines of its output.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func command(_ line: String) async throws -> [String] {
        try ManagerAction("Command", ["Command": line]).validate()
        let answer = try await ask("Command", ["command": .string(line)])
        return answer["response"]?.array?.compactMap(\.string) ?? []
    }

    /// amid refuses the action `Command` itself; its own route gives lines only.
    private func sendCommand(_ action: ManagerAction) async throws -> [ManagerMessage] {
        let line = action.fields.last { $0.name.lowercased() == "command" }?.value ?? ""
        var message = ["Response": "Success"] as ManagerMessage
        for line in try await command(line) { message.append("Output", line) }
        return [message]
    }

    private func ask(_ name: String, _ body: JSONValue) async throws -> JSONValue {
        var request = ServiceRequest(.post, ["action", name])
        request.body = body
        do {
            let answer = try await client.send(request)
            note(answer)
            if let cause = AmidAnswer.cause(ofRefusal: answer) { log(name, answer.status, cause) }
            let value = try AmidAnswer.value(of: answer)
            Counter(label: "tandem_manager_actions", dimensions: [("action", name)]).increment()
            return value
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let failure = Self.failure(error)
            Self.count(failure)
            logger.debug("amid", metadata: ["action": "\(name)", "error": "\(failure)"])
            throw failure
        }
    }

    /// amid answers 5xx when it cannot reach Asterisk.
    private func note(_ answer: ServiceAnswer) {
        state.withLock { state in
            state.isAway = answer.status >= 500
            if answer.isSuccess { state.lastSuccess = .now }
        }
    }

    /// At most once a second: every request may be refused while Asterisk is away.
    private func log(_ name: String, _ status: Int, _ cause: String) {
        let isDue = state.withLock { state in
            let now = ContinuousClock.now
            if let last = state.lastLogged, now - last < .seconds(1) { return false }
            state.lastLogged = now
            return true
        }
        guard isDue else { return }
        logger.warning(
            "amid refused an action",
            metadata: ["action": "\(name)", "status": "\(status)", "error": "\(cause)"]
        )
    }

    private static func failure(_ error: any Error) -> ManagerFailure {
        switch error {
        case let failure as ManagerFailure: failure
        case ServiceFailure.timedOut: .timedOut
        case ServiceFailure.malformed(let text): .malformed(text)
        default: .unreachable("\(error)")
        }
    }

    private static func count(_ failure: any Error) {
        let reason =
            switch failure {
            case ManagerFailure.unreachable: "unreachable"
            case ManagerFailure.timedOut: "timeout"
            case ManagerFailure.refused: "refused"
            default: "malformed"
            }
        Counter(label: "tandem_manager_failures", dimensions: [("reason", reason)]).increment()
    }
}
