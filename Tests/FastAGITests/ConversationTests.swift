import FastAGI
import Logging
import TandemTesting
import Testing

@Suite("Conversations over a socket", .timeLimit(.minutes(1)))
struct ConversationTests {
    private struct Odd: Error, CustomStringConvertible {
        let description = "first line\nsecond \"line\""
    }

    @Test("a handler's commands come one by one, then the success line and the end")
    func success() async throws {
        let handler = ClosureHandler("greet") { session in
            let name = try await session.getVariable("NAME")
            try await session.setVariable("GREETING", "hello \(name) \(session.arguments)")
        }
        try await withServer([handler]) { server in
            let peer = try await Peer(port: server.port, script: "greet?x=1", arguments: ["a", "b"])
            #expect(try await peer.answer("200 result=1 (Ann)") == "GET VARIABLE \"NAME\"")
            #expect(
                try await peer.answer() == #"SET VARIABLE "GREETING" "hello Ann [\"a\", \"b\"]""#
            )
            #expect(try await peer.answer() == #"VERBOSE "AGI handler 'greet' successfully executed" 1"#)
            #expect(await peer.line() == nil)
            let line = await server.logs.line("agi session")
            #expect(line.level == .info)
            #expect(line.metadata["handler"] == "greet")
            #expect(line.metadata["channel"] == "PJSIP/a-1")
            #expect(line.metadata["uniqueid"] == "17.1")
            #expect(line.metadata["outcome"] == "success")
            #expect(line.metadata["commands"] == "3")
            #expect(line.metadata["duration_ms"].flatMap { Int($0) } != nil)
        }
    }

    @Test(
        "what goes wrong is told in one line and the call goes to agi_fail",
        arguments: [
            ("break", "No such object", "break", "No such object", Logger.Level.info),
            ("odd", #"first line second \"line\""#, "error", "first line\nsecond \"line\"", .error),
            ("BREAK", "Unknown AGI handler 'BREAK'", "error", "Unknown AGI handler 'BREAK'", .error),
            ("", "Unknown AGI handler ''", "error", "Unknown AGI handler ''", .error),
        ]
    )
    func failure(script: String, message: String, outcome: String, cause: String, level: Logger.Level)
        async throws
    {
        let handlers = [
            ClosureHandler("break") { _ in throw DialplanBreak("No such object") },
            ClosureHandler("odd") { _ in throw Odd() },
        ]
        try await withServer(handlers) { server in
            let peer = try await Peer(port: server.port, script: script)
            #expect(
                try await peer.answerAll() == [
                    "VERBOSE \"\(message)\" 1", #"EXEC Goto "agi_fail,s,1""#, "failure to have pure code",
                ]
            )
            let line = await server.logs.line("agi session")
            #expect(line.level == level)
            #expect(line.metadata["outcome"] == outcome)
            #expect(line.metadata["cause"] == cause)
        }
    }

    @Test("after a hang-up the bookkeeping goes on, and a refused command ends the handler quietly")
    func hangup() async throws {
        let handler = ClosureHandler("media") { session in
            try await session.noop()
            #expect(session.isHungUp)
            try await session.setVariable("A", "1")
            try await session.answer()
            Issue.record("a dead channel was answered")
        }
        try await withServer([handler]) { server in
            let peer = try await Peer(port: server.port, script: "media")
            #expect(try await peer.answer("HANGUP\n200 result=0") == "NOOP")
            #expect(try await peer.answer() == #"SET VARIABLE "A" "1""#)
            #expect(try await peer.answer("511 Command Not Permitted on a dead channel") == "ANSWER")
            #expect(await peer.line() == nil)
            let line = await server.logs.line("agi session")
            #expect(line.metadata["outcome"] == "hangup")
            #expect(line.level == .info)
        }
    }

    @Test("a handler that finishes in spite of the hang-up succeeds")
    func hangupAndSuccess() async throws {
        let handler = ClosureHandler("quick") { session in try await session.setVariable("A", "1") }
        try await withServer([handler]) { server in
            let peer = try await Peer(port: server.port, script: "quick")
            let lines = try await peer.answerAll("HANGUP\n200 result=1")
            #expect(lines.last == #"VERBOSE "AGI handler 'quick' successfully executed" 1"#)
            #expect(await server.logs.line("agi session").metadata["outcome"] == "success")
        }
    }

    @Test("a second command while the first is under way is refused, the first is answered")
    func commandInProgress() async throws {
        let handler = ClosureHandler("both") { session in
            async let first: Void = session.noop()
            async let second: Void = session.noop()
            var refused = 0
            do { try await first } catch AGIError.commandInProgress { refused += 1 }
            do { try await second } catch AGIError.commandInProgress { refused += 1 }
            try await session.verbose("refused \(refused)")
        }
        try await withServer([handler]) { server in
            let peer = try await Peer(port: server.port, script: "both")
            #expect(await peer.line() == "NOOP")
            // The second noop has no line of its own; its refusal needs no answer of ours.
            try await peer.send("200 result=0\n")
            #expect(try await peer.answer() == #"VERBOSE "refused 1" 1"#)
            #expect(try await peer.answer() == #"VERBOSE "AGI handler 'both' successfully executed" 1"#)
        }
    }

    @Test(
        "a monitoring probe reads its line",
        arguments: ["200 result=1", "510 Invalid or unknown command", nil]
    )
    func probe(reply: String?) async throws {
        try await withServer(change: { if reply == nil { $0.probeDeadline = .milliseconds(30) } }) { server in
            let peer = try await Peer(port: server.port, script: "monitoring")
            #expect(await peer.line() == "Status: OK")
            if let reply { try await peer.send(reply + "\n") }
            if reply?.hasPrefix("200") == true {
                #expect(
                    try await peer.answer() == #"VERBOSE "AGI handler 'monitoring' successfully executed" 1"#
                )
            }
            #expect(await peer.line() == nil)
            let line = await server.logs.line("agi session")
            #expect(line.metadata["outcome"] == "success")
            #expect(line.level == .debug)
        }
    }

    @Test("a probe that goes at once is fine")
    func probeCloses() async throws {
        try await withServer { server in
            let peer = try await Peer(port: server.port, script: "monitoring")
            #expect(await peer.line() == "Status: OK")
            try await peer.close()
            #expect(await server.logs.line("agi session").metadata["outcome"] == "success")
        }
    }
}
