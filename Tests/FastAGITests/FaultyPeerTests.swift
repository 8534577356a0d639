import FastAGI
import Logging
import Testing

@Suite("Peers that misbehave", .timeLimit(.minutes(1)))
struct FaultyPeerTests {
    private static let noop = ClosureHandler("noop") { try await $0.noop() }

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
            (String(repeating: "x", count: 9_000), "lineTooLong"),
            (String(repeating: "k: v\n", count: 300), "tooManyLines"),
            (String(repeating: String(repeating: "y", count: 8_000) + "\n", count: 9), "tooLarge"),
        ]
    )
    func oversized(words: String, cause: String) async throws {
        try await withServer([Self.noop]) { server in
            let peer = try await Peer(port: server.port)
            try await peer.send(words)
            #expect(await peer.line() == nil)
            #expect(await server.logs.line("fastagi environment not accepted").metadata["cause"] == cause)
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
            ("200 nothing", "malformed reply: 200 nothing"), ("999 what", "malformed reply: 999 what"),
            (
                Array(repeating: "noise", count: 21).joined(separator: "\n"),
                "malformed reply: too many lines that are no reply"
            ),
            ("200 result=1 (no end", "malformed reply: a value without its closing parenthesis"),
            (String(repeating: "x", count: 70_000), "malformed reply: too long"),
        ]
    )
    func malformed(reply: String, cause: String) async throws {
        try await withServer([Self.noop], change: { $0.valueDeadline = .milliseconds(30) }) { server in
            let peer = try await Peer(port: server.port, script: "noop")
            #expect(try await peer.answer(reply) == "NOOP")
            #expect(await peer.line() == "failure protocol error")
            #expect(await peer.line() == nil)
            let line = await server.logs.line("agi session")
            #expect(line.metadata["outcome"] == "error")
            #expect(line.metadata["cause"] == cause)
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
