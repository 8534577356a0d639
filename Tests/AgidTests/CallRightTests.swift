import Core
import Directory
import FastAGI
import Foundation
import Logging
import Testing

@testable import Agid

@Suite("user_set_call_rights")
struct CallRightTests {
    private let reads = [get("WAZO_USERID"), get("WAZO_DSTNUM"), get("WAZO_OUTCALLID")]

    private func rule(
        _ level: CallRightRule.Level,
        _ authorizes: Bool,
        _ pattern: String = "_0X.",
        password: String? = nil
    ) -> CallRightRule {
        CallRightRule(level: level, authorizes: authorizes, password: password, pattern: pattern)
    }

    private func decision(_ rules: [CallRightRule], number: String = "0123") -> CallRightDecision {
        CallRightDecision(rules, number: number)
    }

    @Test("the first level with a rule for the number decides, one that authorises suffices")
    func levels() {
        #expect(decision([]) == .allowed)
        #expect(decision([rule(.user, false, "_9X.")]) == .allowed)
        #expect(decision([rule(.user, false)]) == .denied(password: nil))
        #expect(decision([rule(.user, false), rule(.user, true)]) == .allowed)
        #expect(decision([rule(.user, false), rule(.group, true), rule(.outcall, true)]) == .denied(password: nil))
        #expect(decision([rule(.group, true), rule(.outcall, false)]) == .allowed)
        #expect(decision([rule(.user, true, "9"), rule(.outcall, false)]) == .denied(password: nil))
        #expect(
            decision([rule(.group, false, password: "1"), rule(.group, false, password: "2")]) == .denied(password: "2")
        )
        #expect(decision([rule(.group, false, password: "1"), rule(.group, false)]) == .denied(password: nil))
        #expect(decision([rule(.user, false, "[")]) == .allowed)
    }

    @Test(
        "patterns",
        arguments: [
            ("_0X.", "012", true), ("_0X.", "01", false), ("_0X!", "01", true), ("0X!", "0", false),
            ("_NZX", "219", true), ("_NZX", "119", false), ("_NZX", "209", false), ("_NZX", "2190", false),
            ("*99", "*99", true), ("+33!", "+3312", true), ("+33!", "3312", false), ("_[1-39]5", "25", true),
            ("_[1-39]5", "95", true), ("_[1-39]5", "45", false), ("_.5", "15", true), ("_.5", "5", false),
            ("_.5.", "151", true), ("_!", "", true), ("", "", true), ("", "1", false), ("_[a-", "a", false),
            ("_X.", "\u{e9}1", false), ("_.", "\u{e9}", true),
        ]
    )
    func patterns(pattern: String, number: String, matches: Bool) {
        #expect((CallRightPattern(pattern)?.matches(number) ?? false) == matches)
    }

    @Test("a pattern of many wildcards takes no long time")
    func hostilePattern() throws {
        let pattern = try #require(CallRightPattern(String(repeating: ".", count: 20) + "x"))
        #expect(!pattern.matches(String(repeating: "1", count: 5_000)))
    }

    @Test("the decision is written, with the password before it")
    func written() async throws {
        let users = FixedUsers(rules: [rule(.user, false, password: "4\"2")])
        let variables = ["WAZO_USERID": "3", "WAZO_DSTNUM": "0123"]
        let denied = try await runUserCall(
            "user_set_call_rights",
            users,
            on: AGITranscript(variables: variables)
        )
        #expect(denied == reads + [set("WAZO_PASSWORD", #"4\"2"#), set("WAZO_AUTHORIZATION", "DENY")])
        let allowed = try await runUserCall(
            "user_set_call_rights",
            users,
            on: AGITranscript(variables: ["WAZO_USERID": "x", "WAZO_DSTNUM": "0123"])
        )
        #expect(allowed == reads + [set("WAZO_AUTHORIZATION", "ALLOW")])
    }

    @Test(
        "without the database calls to the outside are refused, others go on",
        arguments: [("", "ALLOW"), ("5", "DENY")]
    )
    func away(route: String, decision: String) async throws {
        let commands = try await runUserCall(
            "user_set_call_rights",
            FixedUsers(isAway: true),
            on: AGITranscript(variables: ["WAZO_USERID": "3", "WAZO_DSTNUM": "0123", "WAZO_OUTCALLID": route])
        )
        #expect(commands.last == set("WAZO_AUTHORIZATION", decision))
        #expect(commands.contains { $0.hasPrefix("VERBOSE") })
        #expect(commands.count == 5)
    }

    @Test("a route that is no number is refused as one that cannot be looked up")
    func strangeRoute() async throws {
        let commands = try await runUserCall(
            "user_set_call_rights",
            on: AGITranscript(variables: ["WAZO_USERID": "3", "WAZO_DSTNUM": "1", "WAZO_OUTCALLID": "x"])
        )
        #expect(commands.last == set("WAZO_AUTHORIZATION", "DENY"))
    }
}

@Suite("getring")
struct GetRingTests {
    private let file = """
        [number]
        100@inside = special
        !101@inside =
        @inside = plain
        @nowhere = missing
        @bare = bare
        [special]
        PhoneType = aastra
        user@extern&forwarded = a
        user@extern = b
        intern&forwarded = c
        forward = d
        intern = e
        [plain]
        phonetype = other
        group@intern = f
        forward = g
        [bare]
        intern = h
        """

    private func ring(_ variables: [String: String]) async throws -> [String] {
        try await runUserCall("getring", ringTones: file, on: AGITranscript(variables: variables))
    }

    @Test(
        "the most special tone is taken",
        arguments: [
            ("100", "inside", "extern", "user:3", "1", "a"), ("100", "inside", "extern", "user:3", "", "b"),
            ("100", "INSIDE", "intern", "queue:1", "1", "c"), ("100", "inside", "extern", "queue:1", "1", "d"),
            ("100", "inside", "intern", "", "", "e"), ("102", "inside", "intern", "group:9", "1", "f"),
            ("102", "inside", "intern", "user:9", "1", "g"), ("102", "inside", "intern", "", "", nil),
            ("101", "inside", "intern", "group:9", "1", nil), ("1", "elsewhere", "intern", "", "", nil),
            ("1", "nowhere", "intern", "", "", nil), ("1", "bare", "intern", "", "", nil),
            ("1\"=[", "inside", "intern", "group", "", "f"),
        ]
    )
    func tones(
        number: String,
        context: String,
        origin: String,
        referer: String,
        forwarded: String,
        tone: String?
    ) async throws {
        let commands = try await ring([
            "WAZO_REAL_NUMBER": number, "WAZO_REAL_CONTEXT": context, "WAZO_CALLORIGIN": origin,
            "WAZO_FWD_REFERER": referer, "WAZO_CALLFORWARDED": forwarded,
        ])
        let reads = [
            "WAZO_REAL_NUMBER", "WAZO_REAL_CONTEXT", "WAZO_CALLORIGIN", "WAZO_FWD_REFERER", "WAZO_CALLFORWARDED",
        ].map(get)
        #expect(Array(commands.prefix(6)) == reads + [set("WAZO_RINGTYPE", "")])
        let phone = number == "100" ? "aastra" : "other"
        #expect(commands.contains(set("WAZO_PHONETYPE", phone)) == (tone != nil))
        if let tone { #expect(commands.dropFirst(6).first == set("WAZO_RINGTYPE", tone)) }
        #expect(commands.last?.hasPrefix("VERBOSE") == true)
        #expect(commands.count == (tone == nil ? 7 : 9))
    }

    @Test("a file that changes is read again, one that is gone leaves no tones")
    func reload() throws {
        let path = try temporaryFile(file)
        let tones = RingToneFile(path: path, logger: .silent)
        let call = RingingCall(number: "100", context: "inside", origin: "intern", referer: "", isForwarded: false)
        #expect(tones.tones.tone(of: call) == RingTone(ring: "e", phoneType: "aastra"))
        try "[number]\n@inside = a\n[a]\nphonetype = p\nintern = z".write(
            toFile: path,
            atomically: true,
            encoding: .utf8
        )
        tones.reload()
        #expect(tones.tones.tone(of: call) == RingTone(ring: "z", phoneType: "p"))
        try FileManager.default.removeItem(atPath: path)
        tones.reload()
        #expect(tones.tones.tone(of: call) == nil)
    }
}

@Suite("screen_blocklist")
struct ScreenBlocklistTests {
    private func users(country: String? = "FR") -> FixedUsers {
        let user = DialplanUser(id: 7, uuid: UserID("u-7"), tenant: TenantID("t"), country: country, name: "Ann")
        return FixedUsers(users: [user], blocked: ["+33123456789 u-7 t": "b-1"])
    }

    private func screen(
        _ number: String,
        _ users: FixedUsers,
        arguments: [String] = ["u-7"]
    ) async throws -> [String] {
        try await runUserCall(
            "screen_blocklist",
            users,
            arguments: arguments,
            on: AGITranscript(variables: ["CALLERID(num)": number])
        )
    }

    @Test("a blocked number is written, with and without its plus", arguments: ["+33123456789", "33123456789"])
    func blocked(number: String) async throws {
        let commands = try await screen(number, users())
        #expect(commands == [get("CALLERID(num)"), set("WAZO_BLOCKED_NUMBER_UUID", "b-1")])
    }

    @Test(
        "other numbers pass, and those that nobody can read",
        arguments: ["+33999999999", "", "anonymous", "0123456789"]
    )
    func passes(number: String) async throws {
        #expect(try await screen(number, users()) == [get("CALLERID(num)")])
    }

    @Test("without confd or database, or for an unknown user, the call passes")
    func failOpen() async throws {
        for number in 0..<3 {
            var users = users()
            users.isConfdAway = number == 0
            users.isAway = number == 1
            if number == 2 { users.users = [] }
            let commands = try await screen("+33123456789", users)
            #expect(commands.count == 2)
            #expect(commands.last?.hasPrefix("VERBOSE") == true)
        }
    }

    @Test("without a user nothing is asked")
    func noArgument() async throws {
        #expect(try await screen("+33123456789", users(), arguments: []) == [])
    }

    @Test("a user without a country has French numbers read too")
    func french() async throws {
        struct Numbers: PhoneNumberReading {
            func read(_ number: String, country: String?) -> PhoneNumberReadingResult {
                guard country == "FR", number == "0123456789" else { return .notANumber }
                return InternationalNumbers().read("+33123456789", country: nil)
            }
        }
        for (country, isBlocked) in [("FR", true), (nil, true), ("DE", false)] as [(String?, Bool)] {
            let users = users(country: country)
            let handler = ScreenBlocklist(users: users, blocklist: users, numbers: Numbers())
            let transcript = AGITranscript(variables: ["CALLERID(num)": "0123456789"])
            let session = AGISession(
                environment: AGIEnvironment(["agi_arg_1": "u-7"]),
                transport: transcript,
                logger: .silent
            )
            try await handler.run(session)
            #expect(transcript.commands.contains(set("WAZO_BLOCKED_NUMBER_UUID", "b-1")) == isBlocked)
        }
    }
}
