import Logging
import Testing

@testable import FastAGI

@Suite("Session commands")
struct AGISessionTests {
    private func session(
        _ transcript: AGITranscript,
        version: String = "22.10.1"
    ) -> AGISession {
        AGISession(
            environment: AGIEnvironment(["agi_version": version]),
            transport: transcript,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test("a variable that is not set and one that is empty read as the empty string")
    func emptyVariables() async throws {
        let transcript = AGITranscript(
            variables: ["EMPTY": "", "SET": "v (w)"],
            replies: ["GET VARIABLE \"KNOWN\"": ["200 result=1"]]
        )
        let session = session(transcript)
        #expect(try await session.getVariable("NONE") == "")
        #expect(try await session.getVariable("EMPTY") == "")
        #expect(try await session.getVariable("KNOWN") == "")
        #expect(try await session.getVariable("SET") == "v (w)")
    }

    @Test("a function whose value may be cut is read again in full")
    func longFunctionValue() async throws {
        let cut = String(repeating: "x", count: 1_023)
        let transcript = AGITranscript(
            variables: ["HINT(1@c)": cut, "PLAIN": cut],
            replies: ["GET FULL VARIABLE \"${HINT(1@c)}\"": ["200 result=1 (\(cut)yz)"]]
        )
        let session = session(transcript)
        #expect(try await session.getVariable("HINT(1@c)") == cut + "yz")
        #expect(try await session.getVariable("PLAIN") == cut)
        #expect(transcript.commands.count == 3)
    }

    @Test("every command has the form that existing clients know")
    func forms() async throws {
        let transcript = AGITranscript(replies: [
            "GET DATA conf-getpin 10000 80": ["200 result=12 (timeout)"],
            "STREAM FILE vm-intro \"#*\" 0": ["200 result=35 endpos=100"],
            "DATABASE GET \"f\" \"k\"": ["200 result=1 (v)"],
            "GET FULL VARIABLE \"${A}\" \"PJSIP/x-1\"": ["200 result=1 (a)"],
            "EXEC Nothing": ["200 result=-2"],
            "EXEC Odd \"x\"": ["200 result=1", "520-usage", "520 End of proper usage."],
        ])
        let session = session(transcript)
        #expect(try await session.getData("conf-getpin", timeout: 10_000, maximumDigits: 80) == "12")
        #expect(try await session.streamFile("vm-intro", escapeDigits: "#*") == "#")
        #expect(try await session.streamFile("a b") == nil)
        #expect(try await session.databaseGet(family: "f", key: "k") == "v")
        #expect(try await session.databaseGet(family: "f", key: "none") == nil)
        #expect(try await session.getFullVariable("${A}", channel: "PJSIP/x-1") == "a")
        #expect(try await session.exec("Nothing") == -2)
        #expect(try await session.exec("Odd", "x") == 1)
        #expect(try await session.answer())
        try await session.noop()
        try await session.setCallerID("\"Ann\" <12>")
        try await session.setVariable("__A", "b")
        try await session.verbose("hi")
        #expect(
            transcript.commands == [
                "GET DATA conf-getpin 10000 80", "STREAM FILE vm-intro \"#*\" 0",
                "STREAM FILE \"a b\" \"\" 0",
                "DATABASE GET \"f\" \"k\"", "DATABASE GET \"f\" \"none\"",
                "GET FULL VARIABLE \"${A}\" \"PJSIP/x-1\"", "EXEC Nothing", "EXEC Odd \"x\"", "ANSWER",
                "NOOP",
                #"SET CALLERID "\"Ann\" <12>""#, #"SET VARIABLE "__A" "b""#, #"VERBOSE "hi" 1"#,
            ]
        )
    }

    @Test("a long value is shortened to what this Asterisk reads, a long message to 1,024 bytes")
    func limits() async throws {
        let long = String(repeating: "x", count: 10_000)
        for (version, limit) in [("18.0.0", 2_047), ("22.10.1", 8_191)] {
            let transcript = AGITranscript()
            let session = session(transcript, version: version)
            try await session.setVariable("A", long)
            try await session.verbose(long)
            #expect(transcript.commands.map { $0.utf8.count + 1 } == [limit, 1_024])
        }
    }

    @Test("what Asterisk refuses is told apart from a hang-up")
    func refusals() async throws {
        let transcript = AGITranscript(replies: [
            "NOOP": ["510 Invalid or unknown command"],
            "ANSWER": ["HANGUP", "511 Command Not Permitted"],
            "EXEC X": ["520 Invalid command syntax."],
            "STREAM FILE gone \"\" 0": ["200 result=-1 endpos=0"],
        ])
        let session = session(transcript)
        await #expect(throws: AGIError.refused(verb: "NOOP", reason: "unknown command")) {
            try await session.noop()
        }
        await #expect(throws: AGIError.refused(verb: "EXEC", reason: "wrong usage")) {
            try await session.exec("X")
        }
        await #expect(throws: AGIError.refused(verb: "STREAM FILE", reason: "result -1")) {
            try await session.streamFile("gone")
        }
        await #expect(throws: AGIError.hungUp) { try await session.answer() }
        #expect(session.isHungUp)
        await #expect(throws: AGIError.hungUp) { try await session.streamFile("gone") }
        await #expect(throws: AGIError.commandTooLong(verb: "SET CALLERID", limit: 255)) {
            try await session.setCallerID(String(repeating: "1", count: 256))
        }
    }
}
