import Testing

@testable import FastAGI

@Suite("Environment block")
struct AGIEnvironmentTests {
    private func parse(_ lines: [String]) throws -> AGIEnvironment? {
        var parser = AGIEnvironmentParser()
        for line in lines {
            if let environment = try parser.receive(Array(line.utf8)) { return environment }
        }
        return nil
    }

    @Test("names and values are split at the first colon and trimmed; the last duplicate wins")
    func splitting() throws {
        let environment = try #require(
            try parse([
                "agi_network: yes", "agi_request:agi://host:4573/x", " agi_callerid :  +33 1 \r", "no colon",
                "agi_language: fr", "agi_language: en", "",
            ])
        )
        #expect(environment["agi_network"] == "yes")
        #expect(environment["agi_request"] == "agi://host:4573/x")
        #expect(environment["agi_callerid"] == "+33 1")
        #expect(environment["agi_language"] == "en")
        #expect(environment.contains("no colon"))
        #expect(environment["no colon"] == "")
        #expect(!environment.contains("agi_dnid"))
        #expect(environment["agi_dnid"] == "")
    }

    @Test("arguments go up to the first missing index, empty ones included")
    func arguments() throws {
        let environment = try #require(
            try parse(["agi_arg_1: a b", "agi_arg_2: ", "agi_arg_3: é", "agi_arg_5: lost", ""])
        )
        #expect(environment.arguments == ["a b", "", "é"])
    }

    @Test(
        "the script is looked up without its query part",
        arguments: [("check_schedule", "check_schedule"), ("a/b?x=1", "a/b"), ("?x", ""), ("", "")]
    )
    func script(sent: String, name: String) throws {
        #expect(try parse(["agi_network_script: \(sent)", ""])?.script == name)
    }

    @Test("invalid UTF-8 is replaced for reading and kept as bytes")
    func invalidText() throws {
        var parser = AGIEnvironmentParser()
        #expect(try parser.receive(Array("agi_calleridname: Ren".utf8) + [0xE9]) == nil)
        let environment = try #require(try parser.receive([]))
        #expect(environment["agi_calleridname"] == "Ren\u{FFFD}")
        #expect(environment.bytes("agi_calleridname") == Array("Ren".utf8) + [0xE9])
    }

    @Test("256 lines are accepted, one more is not")
    func lineCount() throws {
        let lines = (1...256).map { "key\($0): x" }
        #expect(try parse(lines + [""]) != nil)
        #expect(throws: EnvironmentFault.tooManyLines) { try parse(lines + ["more: x"]) }
    }

    @Test("a line of more than 8 KiB and a block of more than 64 KiB are refused")
    func sizes() throws {
        let long = "k: " + String(repeating: "x", count: 8_192 - 3)
        #expect(try parse([long, ""]) != nil)
        #expect(throws: EnvironmentFault.lineTooLong) { try parse([long + "x"]) }
        #expect(throws: EnvironmentFault.tooLarge) { try parse(Array(repeating: long, count: 8)) }
    }

    @Test(
        "the longest command follows the Asterisk release",
        arguments: [
            ("16.28.0", 2_047), ("18.26.4", 2_047), ("20.15.9", 2_047), ("20.16.0", 8_191),
            ("21.10.2", 2_047), ("21.11.0", 8_191), ("22.5.2", 2_047), ("22.6.0", 8_191),
            ("22.10.1~dfsg+~cs6.15", 8_191), ("23.0.0", 8_191), ("", 2_047), ("GIT-master-1", 2_047),
            ("certified-22.8-cert1", 2_047),
        ]
    )
    func longestCommand(version: String, limit: Int) {
        #expect(AGIEnvironment(["agi_version": version]).longestCommand == limit)
    }
}
