import Core
import FastAGI
import Synchronization

/// A channel in memory for handlers that run without Asterisk: it has variables, and says yes to everything else.
///
/// Functions are variables by the name that they are read with, arguments included; those of another channel are
/// written `NAME@channel`.
final class RehearsedChannel: AGITransport {
    /// A command and what answered it, without line feeds.
    struct Step: Sendable, Hashable {
        var command: String
        var reply: String
    }

    private struct State {
        var variables: [String: String]
        var digits: [String]
        var steps: [Step] = []
    }
    private let state: Mutex<State>

    /// - Parameters:
    ///   - variables: What is set before the handler runs.
    ///   - digits: What the caller dials, one text each time that he is asked.
    init(variables: [String: String] = [:], digits: [String] = []) {
        state = Mutex(State(variables: variables, digits: digits))
    }

    /// The conversation so far.
    var steps: [Step] { state.withLock { $0.steps } }
    /// The variables as they are now.
    var variables: [String: String] { state.withLock { $0.variables } }
    /// Nobody hangs up.
    var isHungUp: Bool { false }

    /// Answers one command.
    func perform(_ request: AGIRequest) async throws -> AGIReply {
        .done(answer(String(decoding: request.line.dropLast(), as: UTF8.self)))
    }

    /// Answers one command line.
    func answer(_ line: String) -> AGIResult {
        state.withLock { state in
            let result = Self.result(of: line, &state)
            state.steps.append(Step(command: line, reply: result.wire))
            return result
        }
    }

    private static let verbsOfTwoWords = [
        "GET VARIABLE", "GET DATA", "SET VARIABLE", "SET CALLERID", "STREAM FILE", "SAY NUMBER", "DATABASE GET",
    ]

    private static func result(of line: String, _ state: inout State) -> AGIResult {
        let verb =
            line.begins(with: "GET FULL VARIABLE ")
            ? "GET FULL VARIABLE"
            : verbsOfTwoWords.first { line.begins(with: "\($0) ") } ?? line.halves(at: " ")?.before ?? line
        let words = words(of: line.dropFirst(verb.count))
        switch (verb, words.count) {
        case ("GET VARIABLE", 1...): return value(state.variables[words[0]])
        case ("GET FULL VARIABLE", 1...):
            var name = words[0]
            if name.begins(with: "${"), name.ends(with: "}") { name = String(name.dropFirst(2).dropLast()) }
            let other = words.count > 1 ? state.variables["\(name)@\(words[1])"] : nil
            return value(other ?? state.variables[name])
        case ("SET VARIABLE", 2...): set(words[0], words[1], &state.variables)
        case ("SET CALLERID", 1...): set("CALLERID(all)", words[0], &state.variables)
        case ("GET DATA", _):
            return AGIResult(value: state.digits.isEmpty ? "" : state.digits.removeFirst())
        case ("VERBOSE", _): break
        default: return AGIResult(value: "0")
        }
        return AGIResult(value: "1")
    }

    private static func value(_ text: String?) -> AGIResult {
        text.map { AGIResult(value: "1", data: Array($0.utf8)) } ?? AGIResult(value: "0")
    }

    /// One or two underscores are inheritance, not part of the name.
    private static func set(_ name: String, _ value: String, _ variables: inout [String: String]) {
        let name = name.suffix(after: "__") ?? name.suffix(after: "_") ?? name
        variables[name] = value
        let callerID = /"?([^"<]*?)"? *<([^>]*)>/.matchingSemantics(.unicodeScalar)
        guard name == "CALLERID(all)", let match = value.wholeMatch(of: callerID) else { return }
        variables["CALLERID(name)"] = String(match.1)
        variables["CALLERID(num)"] = String(match.2)
    }

    /// The words after the verb, without quotes and escapes.
    private static func words(of text: Substring) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        var isEscaped = false
        for character in text {
            switch character {
            case _ where isEscaped:
                word = (word ?? "") + String(character)
                isEscaped = false
            case "\\": isEscaped = true
            case "\"":
                isQuoted.toggle()
                word = word ?? ""
            case " " where !isQuoted:
                if let word { words.append(word) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words
    }
}

extension AGIResult {
    /// The line that says it.
    var wire: String { "200 result=\(value)" + (data == nil ? "" : " (\(text))") }
}
