import FastAGI
import Logging
import TandemTesting
import Testing

@Suite("Peers that misbehave", .timeLimit(.minutes(1)))
struct FaultyPeerTests {
    private static let noop = ClosureHandler("noop") { try await $0.noop() }

    /// Many words, and what is wrong with them; its name in a report is short.
    struct Words: Sendable, CustomTestStringConvertible {
        var line: String
        var times: Int
        var separator: String
        var cause: String
        var text: String { Array(repeating: line, count: times).joined(separator: separator) + separator }
        var testDescription: String { "\(times) times \(line.count) characters: \(cause)" }
    }

    /// The server still serves.
    private func expectAlive(_ server: RunningServer) async throws {
        let peer = try await Peer(port: server.port, script: "noop")
        #expect(
            try await peer.answerAll() == ["NOOP", #"VERBOSE "AGI handler 'noop' successfully executed" 1"#]
        )
    }

    @Test(
        "a peer that says nothing, or not all, is closed after the deadline",
        arguments: ["", "agi_network: yes\n"]
    )
    func silent(words: String) async throws {
        try await withServer([Self.noop], change: { $0.environmentDeadline = .milliseconds(30) }) { server in
            let peer = try await Peer(port: server.port)
            try await peer.send(words)
            #expect(await peer.line() == nil)
            #expect(
                await server.logs.line("fastagi environment not accepted").metadata["cause"] == "timedOut"
            )
        }
    }

    @Test(
        "an environment beyond its bounds is closed",
        arguments: [
            Words(line: "x", times: 9_000, separator: "", cause: "lineTooLong"),
            Words(line: "k: v", times: 300, separator: "\n", cause: "tooManyLines"),
            Words(line: String(repeating: "y", count: 64), times: 1_024, separator: "", cause: "lineTooLong"),
            Words(
                line: String(repeating: "k: v ", count: 60),
                times: 250,
                separator: "\n",
                cause: "tooLarge"
            ),
        ]
    )
    func oversized(words: Words) async throws {
        try await withServer([Self.noop]) { server in
            let peer = try await Peer(port: server.port)
            try await peer.send(words.text)
            #expect(await peer.line() == nil)
            #expect(
                await server.logs.line("fastagi environment not accepted").metadata["cause"] == words.cause
            )
            try await expectAlive(server)
        }
    }

    @Test("a peer that closes within the environment is noted, one that never spoke is not worth a line")
    func closesEarly() async throws {
        try await withServer([Self.noop]) { server in
            try await Peer(port: server.port).close()
            _ = await server.logs.line("fastagi peer closed without a word")
            let peer = try await Peer(port: server.port)
            try await peer.send("agi_network: yes\nagi_")
            try await peer.close()
            let line = await server.logs.line("fastagi environment not accepted")
            #expect(line.metadata["cause"] == "closedEarly(bytes: 21)")
            #expect(line.level == .info)
            try await expectAlive(server)
        }
    }

    @Test(
        "replies that are none end the session with a failure line",
        arguments: [
            Words(line: "200 nothing", times: 1, separator: "", cause: "200 nothing"),
            Words(line: "999 what", times: 1, separator: "", cause: "999 what"),
            Words(line: "noise", times: 21, separator: "\n", cause: "too many lines that are no reply"),
            Words(
                line: "200 result=1 (no end",
                times: 1,
                separator: "",
                cause: "a value without its closing parenthesis"
            ),
            Words(line: "x", times: 70_000, separator: "", cause: "too long"),
        ]
    )
    func malformed(words: Words) async throws {
        try await withServer([Self.noop], change: { $0.valueDeadline = .milliseconds(30) }) { server in
            let peer = try await Peer(port: server.port, script: "noop")
            #expect(try await peer.answer(words.text) == "NOOP")
            #expect(await peer.line() == "failure protocol error")
            #expect(await peer.line() == nil)
            let line = await server.logs.line("agi session")
            #expect(line.metadata["outcome"] == "error")
            #expect(line.metadata["cause"] == "malformed reply: \(words.cause)")
            try await expectAlive(server)
        }
    }

    @Test("stray lines before a reply are skipped, and logged once")
    func stray() async throws {
        try await withServer([Self.noop]) { server in
            let peer = try await Peer(port: server.port, script: "noop")
            #expect(try await peer.answer("left over\nagain\n100 Trying...\n200 result=0") == "NOOP")
            #expect(try await peer.answer() == #"VERBOSE "AGI handler 'noop' successfully executed" 1"#)
            #expect(await peer.line() == nil)
            #expect(server.logs.lines.count { $0.message == "line that is no reply skipped" } == 1)
        }
    }

    @Test("a command that is never answered ends the session with a failure line")
    func noReply() async throws {
        try await withServer([Self.noop], change: { $0.instantReplyDeadline = .milliseconds(30) }) { server in
            let peer = try await Peer(port: server.port, script: "noop")
            #expect(await peer.line() == "NOOP")
            #expect(await peer.line() == "failure protocol error")
            #expect(await peer.line() == nil)
            #expect(await server.logs.line("agi session").metadata["cause"] == "no reply to NOOP in time")
        }
    }

    @Test("a peer that closes while it owes a reply ends the handler")
    func closesInCommand() async throws {
        try await withServer([Self.noop]) { server in
            let peer = try await Peer(port: server.port, script: "noop")
            #expect(await peer.line() == "NOOP")
            try await peer.close()
            let line = await server.logs.line("agi session")
            #expect(line.metadata["outcome"] == "peer_closed")
            #expect(line.level == .debug)
            try await expectAlive(server)
        }
    }

    @Test("a peer that closes while the handler computes cancels it")
    func closesInHandler() async throws {
        let gate = Gate()
        let waiting = ClosureHandler("wait") { session in
            try await session.noop()
            try await gate.pass()
            Issue.record("the handler was not cancelled")
        }
        try await withServer([waiting, Self.noop]) { server in
            let peer = try await Peer(port: server.port, script: "wait")
            #expect(try await peer.answer() == "NOOP")
            try await peer.close()
            #expect(await server.logs.line("agi session").metadata["outcome"] == "peer_closed")
            try await expectAlive(server)
        }
    }
}
