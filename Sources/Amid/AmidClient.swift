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
    private let answered = Mutex(true)

    /// - Parameter client: Asks amid, version `1.0`, with the service token.
    public init(client: ServiceClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// Whether amid's last answer was a success; there is no connection that could be looked at.
    public var isConnected: Bool { answered.withLock { $0 } }

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
            let value = try AmidAnswer.value(of: answer)
            answered.withLock { $0 = true }
            Counter(label: "tandem_manager_actions", dimensions: [("action", name)]).increment()
            return value
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            answered.withLock { $0 = false }
            let failure = Self.failure(error)
            Self.count(failure)
            logger.debug("amid", metadata: ["action": "\(name)", "error": "\(failure)"])
            throw failure
        }
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
