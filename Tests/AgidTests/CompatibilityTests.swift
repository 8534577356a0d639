import FastAGI
import Testing

@testable import Agid

@Suite("Compatibility with old subroutines")
struct CompatibilityTests {
    @Test("old names mirror the new ones before a subroutine")
    func before() async throws {
        let transcript = AGITranscript(
            variables: ["WAZO_CALLOPTIONS": "tT", "WAZO_CALLEE_SIMULTCALLS": "5", "WAZO_USEREMAIL": "a\"é"]
        )
        let commands = try await runFeature("pre_subroutine_compat", on: transcript)
        #expect(commands.count == 93)
        #expect(
            Array(commands.prefix(3)) == [
                get("WAZO_CALLOPTIONS"), set("XIVO_CALLOPTIONS", "tT"),
                set("WAZO_COMPAT_WAZO_CALLOPTIONS_ORIG", "tT"),
            ]
        )
        #expect(
            Array(commands.suffix(6)) == [
                get("WAZO_USEREMAIL"), set("XIVO_USEREMAIL", #"a\"é"#),
                set("WAZO_COMPAT_WAZO_USEREMAIL_ORIG", #"a\"é"#),
                get("WAZO_CALLEE_SIMULTCALLS"), set("XIVO_SIMULTCALLS", "5"),
                set("WAZO_COMPAT_WAZO_CALLEE_SIMULTCALLS_ORIG", "5"),
            ]
        )
        #expect(Set(RenamedVariable.all.map(\.new)).count == 31)
    }

    /// What is done with CALLOPTIONS that was `o` before.
    @Test(
        "what a subroutine changed under the old name alone is taken over",
        arguments: [("o", "changed", true), ("new", "changed", false), ("o", "o", false), ("o", "", true)]
    )
    func after(new: String, old: String, isTakenOver: Bool) async throws {
        let transcript = AGITranscript(
            variables: [
                "WAZO_COMPAT_WAZO_CALLOPTIONS_ORIG": "o", "WAZO_CALLOPTIONS": new, "XIVO_CALLOPTIONS": old,
            ]
        )
        let commands = try await runFeature("post_subroutine_compat", on: transcript)
        #expect(
            Array(commands.prefix(5)) == [
                get("WAZO_COMPAT_WAZO_CALLOPTIONS_ORIG"), get("WAZO_CALLOPTIONS"), get("XIVO_CALLOPTIONS"),
                set("XIVO_CALLOPTIONS", ""), set("WAZO_COMPAT_WAZO_CALLOPTIONS_ORIG", ""),
            ]
        )
        #expect(commands.count == (isTakenOver ? 157 : 155))
        #expect(commands.contains(set("WAZO_CALLOPTIONS", old)) == isTakenOver)
        #expect(commands.contains { $0.hasPrefix("VERBOSE") && $0.contains("deprecated") } == isTakenOver)
    }

    @Test("a channel that refuses costs no call", arguments: ["pre_subroutine_compat", "post_subroutine_compat"])
    func refused(script: String) async throws {
        let replies = [
            get("WAZO_CALLOPTIONS"): ["510 Invalid or unknown command"],
            get("WAZO_COMPAT_WAZO_CALLOPTIONS_ORIG"): ["510 Invalid or unknown command"],
        ]
        let commands = try await runFeature(script, on: AGITranscript(replies: replies))
        #expect(commands.count == 2 && commands[1].hasPrefix("VERBOSE"))
    }

    // MARK: ignore_b_option

    @Test(
        "the first b(…) is taken out, no other",
        arguments: [
            ("tTb(sub^s^1)h", "tTh", "b(sub^s^1)"), ("b(a)b(c)", "b(c)", "b(a)"),
            ("B(x)m(b)b(é\"^s)", "B(x)m(b)", #"b(é\"^s)"#), ("b()", "", "b()"),
        ]
    )
    func removed(options: String, rest: String, option: String) async throws {
        let transcript = AGITranscript(variables: ["WAZO_CALLOPTIONS": options])
        let commands = try await runFeature("ignore_b_option", on: transcript)
        #expect(commands.count == 4)
        #expect(Array(commands.prefix(2)) == [get("WAZO_CALLOPTIONS"), set("WAZO_CALLOPTIONS", rest)])
        #expect(commands[2] == verbose("The option \(option) of WAZO_CALLOPTIONS is ignored"))
        #expect(commands[3].hasPrefix("VERBOSE"))
    }

    @Test("other options stay", arguments: ["", "tT", "B(x^s^1)", "b", "bt", "m(b(x)", "b(x", "A(b(c", "xb"])
    func kept(options: String) async throws {
        let transcript = AGITranscript(variables: ["WAZO_CALLOPTIONS": options])
        #expect(try await runFeature("ignore_b_option", on: transcript) == [get("WAZO_CALLOPTIONS")])
    }
}
