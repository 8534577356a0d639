import Synchronization

/// A channel in memory, for tests of handlers: answers commands as Asterisk would and writes down what
/// was said. `AGISession(environment:transport:logger:)` takes it.
public final class AGITranscript: AGITransport {
    private struct State {
        var variables: [String: String]
        var replies: [String: [String]]
        var commands: [String] = []
        var isHungUp = false
    }

    private let state: Mutex<State>

    /// A channel with variables set.
    /// - Parameters:
    ///   - variables: What `GET VARIABLE` finds; `SET VARIABLE` adds to it.
    ///   - replies: For a command, without its line feed, the lines that answer it instead of the
    ///     ordinary `200 result=…`.
    public init(variables: [String: String] = [:], replies: [String: [String]] = [:]) {
        state = Mutex(State(variables: variables, replies: replies))
    }

    /// The commands so far, without their line feeds.
    public var commands: [String] { state.withLock { $0.commands } }
    /// Whether a `HANGUP` line came.
    public var isHungUp: Bool { state.withLock { $0.isHungUp } }

    /// Answers a command from the script.
    /// - Throws: `AGIError.malformedReply` when the script's lines make no reply.
    public func perform(_ request: AGIRequest) async throws -> AGIReply {
        let command = String(decoding: request.line.dropLast(), as: UTF8.self)
        let lines = state.withLock { state in
            state.commands.append(command)
            return state.replies[command] ?? [Self.ordinaryReply(to: command, &state.variables)]
        }
        var parser = AGIReplyParser()
        parser.expectReply(toExec: request.verb == "EXEC")
        for line in lines {
            switch try? parser.receive(Array(line.utf8)) {
            case .reply(let reply): return reply
            case .hangup: state.withLock { $0.isHungUp = true }
            case .ignored, .stray: continue
            case nil: throw AGIError.malformedReply(line)
            }
        }
        throw AGIError.malformedReply("the script ends before the reply to \(command)")
    }

    private static func ordinaryReply(to command: String, _ variables: inout [String: String]) -> String {
        let words = command.unicodeScalars.split(separator: "\"", omittingEmptySubsequences: false)
            .map { String($0) }
        func isCommand(_ verb: String) -> Bool { command.utf8.starts(with: "\(verb) ".utf8) }
        if isCommand("GET VARIABLE"), words.count > 1 {
            return variables[words[1]].map { "200 result=1 (\($0))" } ?? "200 result=0"
        }
        if isCommand("SET VARIABLE"), words.count > 3 {
            variables[words[1]] = String(words[3...].joined(separator: "\"").unicodeScalars.dropLast())
            return "200 result=1"
        }
        return isCommand("VERBOSE") || isCommand("SET") ? "200 result=1" : "200 result=0"
    }
}
