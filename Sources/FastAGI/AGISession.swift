public import Logging

/// A command line on its way to Asterisk.
public struct AGIRequest: Sendable, Hashable {
    /// The verb, for messages.
    public let verb: String
    /// The line with its LF, to be written in one piece.
    public let line: [UInt8]
    /// How long the reply may take.
    public let pace: AGIReplyPace
}

/// Carries the commands of one session, one at a time.
public protocol AGITransport: Sendable {
    /// Whether Asterisk said that the channel hung up.
    var isHungUp: Bool { get }

    /// Sends a command and waits for its reply.
    /// - Throws: `AGIError`, or `CancellationError` when the task is cancelled, which ends the session.
    func perform(_ request: AGIRequest) async throws -> AGIReply

    /// Gives back the handler's place among those that compute.
    /// - Returns: Whether it held one.
    func stepAside() -> Bool

    /// Takes the place again.
    /// - Throws: `AGIError.busy`, `CancellationError`.
    func stepBack() async throws
}

extension AGITransport {
    /// Nothing: there are no places.
    public func stepAside() -> Bool { false }
    /// Nothing.
    public func stepBack() async throws {}
}

/// One script run on one channel.
///
/// Commands are strictly one after the other; a second one while the first waits for its reply is
/// refused with `AGIError.commandInProgress` (contract 40 §3 "Never pipeline").
public struct AGISession: Sendable {
    /// What Asterisk told about the call.
    public let environment: AGIEnvironment
    /// Logger with the session's handler, channel and unique id.
    public let logger: Logger
    private let transport: any AGITransport
    private let longestCommand: Int

    /// A session over a transport; the server makes its own, tests give a script.
    public init(environment: AGIEnvironment, transport: any AGITransport, logger: Logger) {
        self.environment = environment
        self.transport = transport
        self.logger = logger
        longestCommand = environment.longestCommand
    }

    /// The script's arguments.
    public var arguments: [String] { environment.arguments }

    /// Whether Asterisk said that the channel hung up. The session goes on for bookkeeping, without
    /// media (contract 40 §5, §6).
    public var isHungUp: Bool { transport.isHungUp }

    /// Waits for something that is neither Asterisk nor the database and may take long. Meanwhile the handler's place
    /// is another's, so that a slow mail server keeps no call waiting (contract 40 §8 "Back-pressure").
    /// - Throws: What `body` throws; `AGIError.busy` when no place comes free afterwards.
    public func whileAside<Value>(_ body: () async throws -> Value) async throws -> Value {
        let heldPlace = transport.stepAside()
        let result: Result<Value, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        if heldPlace { try await transport.stepBack() }
        return try result.get()
    }

    /// Sends a command and reads its 200 line.
    func result(of command: AGICommand, limit: Int? = nil) async throws -> AGIResult {
        let (line, shortened) = try command.line(limit: min(limit ?? longestCommand, longestCommand))
        if shortened {
            logger.warning("agi command shortened", metadata: ["verb": "\(command.verb)"])
        }
        let request = AGIRequest(verb: command.verb, line: line, pace: command.pace)
        switch try await transport.perform(request) {
        case .done(let result): return result
        case .deadChannel: throw AGIError.hungUp
        case .unknownCommand: throw AGIError.refused(verb: command.verb, reason: "unknown command")
        case .wrongUsage: throw AGIError.refused(verb: command.verb, reason: "wrong usage")
        }
    }
}
