import ArgumentParser
import Core
import FastAGI
import Foundation

/// One in-dialplan handler without Asterisk.
struct AGIRehearsalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agi",
        abstract: "Run one in-dialplan handler against the configured database and print the conversation.",
        discussion: """
            The channel is in memory: variables are those of --var and what the handler sets, functions are read \
            by the name that the handler reads, for instance --var 'PJSIP_ENDPOINT(alice,webrtc)=yes', and those \
            of another channel as 'NAME@channel'. Neither Asterisk nor RabbitMQ is needed.

            Handlers do here what they do in a call: phone_set_feature, callfilter, fwdundoall, agent_login, \
            agent_logoff and provision write. A call-back is not placed. Passwords are not shown.

            Exit status: 0 when the dialplan would go on, 1 when the call would go to agi_fail, 64 for a wrong \
            command line.
            """
    )
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "Name of the handler, for instance incoming_user_set_features.") var name: String
    @Argument(help: "Its arguments.") var arguments: [String] = []
    @Option(
        name: .customLong("var"),
        parsing: .unconditionalSingleValue,
        help: "A channel variable or function, NAME=VALUE; may be repeated."
    )
    var variables: [String] = []
    @Option(
        name: .customLong("env"),
        parsing: .unconditionalSingleValue,
        help: "A value that Asterisk tells at the start, agi_NAME=VALUE; may be repeated."
    )
    var environment: [String] = []
    @Option(help: "What the caller dials when he is asked, once for each time; may be repeated.")
    var digits: [String] = []

    func validate() throws {
        _ = try pairs(variables, "--var")
        for name in try pairs(environment, "--env").keys where !name.begins(with: "agi_") {
            throw ValidationError("--env \(name): names of Asterisk's values begin with agi_")
        }
    }

    func run() async throws {
        let call = Rehearsal.Call(
            script: name,
            arguments: arguments,
            variables: try pairs(variables, "--var"),
            environment: try pairs(environment, "--env"),
            digits: digits
        )
        let outcome = try await Rehearsal.with(try options.settings()) { rehearsal in
            await rehearsal.prepare()
            guard let report = await rehearsal.run(call) else {
                let names = rehearsal.handlers.map { "  \($0.name)" }.joined(separator: "\n")
                throw ValidationError("There is no handler '\(name)'. There are:\n\(names)")
            }
            print(report.text)
            return report.outcome
        }
        if outcome != .success { throw ExitCode(1) }
    }

    private func pairs(_ texts: [String], _ option: String) throws -> [String: String] {
        var pairs: [String: String] = [:]
        for text in texts {
            guard let (name, value) = Self.pair(text) else {
                throw ValidationError("\(option) \(text): must be NAME=VALUE")
            }
            pairs[name] = value
        }
        return pairs
    }

    /// Name and value; an equals sign in the parentheses of a function is part of its name.
    static func pair(_ text: String) -> (name: String, value: String)? {
        var depth = 0
        for index in text.indices {
            switch text[index] {
            case "(": depth += 1
            case ")": depth -= 1
            case "=" where depth <= 0 && index > text.startIndex:
                return (String(text[..<index]), String(text[text.index(after: index)...]))
            default: continue
            }
        }
        return nil
    }
}

extension Rehearsal.Report {
    /// The conversation, what it cost, and how it ended.
    var text: String {
        var lines = steps.flatMap { ["> \(Self.masked($0.command))", "< \($0.reply)"] }
        lines += requests.map { "HTTP \($0)" }
        let milliseconds = (duration / .milliseconds(1)).formatted(
            .number.precision(.fractionLength(1)).grouping(.never)
        )
        lines.append(
            "\(steps.count) commands, \(statements.count) SQL statements, \(requests.count) HTTP requests, "
                + "\(milliseconds) ms"
        )
        switch outcome {
        case .success: lines.append("SUCCESS")
        case .dialplanBreak(let cause): lines.append("DIALPLAN BREAK: \(cause)")
        case .failure(let cause): lines.append("FAILURE: \(cause)")
        }
        return lines.joined(separator: "\n")
    }

    /// A command without the password that it carries.
    private static func masked(_ command: String) -> String {
        let secret = /(SET VARIABLE "\w*PASSW\w*"|EXEC Authenticate) ".+"/.matchingSemantics(.unicodeScalar)
        return command.wholeMatch(of: secret).map { "\($0.1) \"…\"" } ?? command
    }
}
