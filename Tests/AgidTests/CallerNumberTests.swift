import FastAGI
import Foundation
import Logging
import Testing

@testable import Agid

@Suite("Callers' numbers")
struct CallerNumberTests {
    /// The rules of contract 41 for France.
    private static let french = """
        ; comment
        [national]
        callerid = ^0[1-9]\\d{8}$

        [without zero]
        callerid = ^[1-9]\\d{8}$
        add = 0
        [plus]
        CallerID : ^\\+33[1-9]\\d{8}$
        strip = 3
        add = 0
        comment = with = and ; inside
        [no plus]
        callerid = ^33[1-9]\\d{8}$
        strip = 2
        add = 0
        [abroad]
        callerid = ^\\+(?!33)\\d{4,}$
        strip = 1
        add = 00
        [as is]
        callerid = ^00\\d{6,}$
        [long]
        callerid = ^(?![0\\+])\\d{11,}$
        strip = none
        add = 00
        """

    @Test(
        "the stock rules give a number that can be dialled",
        arguments: [
            ("0123456789", "0123456789"), ("123456789", "0123456789"), ("+33123456789", "0123456789"),
            ("33123456789", "0123456789"), ("+4912345", "004912345"), ("0049123456", "0049123456"),
            ("49123456789", "0049123456789"), ("+33012345678", nil), ("100", nil), ("unknown", nil),
            ("", nil),
            (String(repeating: "1", count: 129), nil),
        ] as [(String, String?)]
    )
    func french(caller: String, number: String?) async throws {
        let commands = try await run(
            "in_callerid",
            rules: Self.french,
            environment: ["agi_callerid": caller, "agi_calleridname": "Ann"]
        )
        #expect(commands == (number.map { [set("CALLERID(num)", $0)] } ?? []))
    }

    @Test("a name that was the number stays the number")
    func nameIsNumber() async throws {
        let commands = try await run(
            "in_callerid",
            rules: Self.french,
            environment: ["agi_callerid": "+33123456789", "agi_calleridname": "+33123456789"]
        )
        #expect(commands == [#"SET VARIABLE "CALLERID(all)" "\"0123456789\" <0123456789>""#])
    }

    @Test("a pattern is anchored at its start and free at its end")
    func anchoring() async throws {
        let rules = "[r]\ncallerid = 12\nstrip = 1\nadd = 9"
        #expect(
            try await run("in_callerid", rules: rules, environment: ["agi_callerid": "123"])
                == [set("CALLERID(num)", "923")]
        )
        #expect(try await run("in_callerid", rules: rules, environment: ["agi_callerid": "312"]) == [])
    }

    @Test("more digits to strip than there are leave the prefix")
    func stripsAll() async throws {
        let rules = "[r]\ncallerid = 1\nstrip = 10\nadd = 9"
        #expect(
            try await run("in_callerid", rules: rules, environment: ["agi_callerid": "12"])
                == [set("CALLERID(num)", "9")]
        )
    }

    @Test("a bad section is left out, the others hold, and no file is no rule")
    func badSections() throws {
        let path = try temporaryFile("stray\n[a]\ncallerid = (\n[b]\nadd = 1\n[c]\ncallerid = ^1\n")
        let file = InCallerIDRuleFile(path: path, logger: .silent)
        #expect(file.rules.map(\.name) == ["c"])
        try "[d]\ncallerid = ^2".write(toFile: path, atomically: true, encoding: .utf8)
        file.reload()
        #expect(file.rules.map(\.name) == ["d"])
        try FileManager.default.removeItem(atPath: path)
        file.reload()
        #expect(file.rules.isEmpty)
    }

    @Test("a file that cannot be read keeps the rules that were")
    func unreadable() throws {
        let path = try temporaryFile("[c]\ncallerid = ^1\n")
        let file = InCallerIDRuleFile(path: path, logger: .silent)
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        file.reload()
        #expect(file.rules.map(\.name) == ["c"])
    }

    @Test("what Asterisk refuses does not cost the call")
    func refusedSoftly() async throws {
        let transcript = AGITranscript(replies: [set("WAZO_SRCTON", "33"): ["510 Invalid or unknown command"]]
        )
        let commands = try await run("callerid_extend", environment: ["agi_callington": "33"], on: transcript)
        #expect(
            commands == [
                set("WAZO_SRCTON", "33"),
                #"VERBOSE "callerid_extend: SET VARIABLE refused: unknown command" 1"#,
            ]
        )
    }

    @Test("the type of number is kept when Asterisk sent one")
    func typeOfNumber() async throws {
        #expect(
            try await run("callerid_extend", environment: ["agi_callington": "33"]) == [
                set("WAZO_SRCTON", "33")
            ]
        )
        #expect(try await run("callerid_extend") == [])
    }

    @Test("without address books the caller's name is left alone")
    func noReverseLookup() async throws {
        #expect(try await run("callerid_forphones", environment: ["agi_callerid": "12"]) == [])
    }
}
