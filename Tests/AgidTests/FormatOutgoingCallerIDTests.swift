import Directory
import FastAGI
import Testing

@testable import Agid

@Suite("AGI handler format_and_set_outgoing_caller_id")
struct FormatOutgoingCallerIDTests {
    /// French numbers of ten digits.
    struct FrenchPlan: PhoneNumberReading {
        func read(_ number: String, country: String?) -> PhoneNumberReadingResult {
            let digits = number.filter(\.isNumber)
            let national =
                if number.hasPrefix("+33") { "0" + digits.dropFirst(2) } else if country == "FR" { digits } else { "" }
            guard national.hasPrefix("0"), national.count >= 4 else { return .notANumber }
            return .number(
                PhoneNumberForms(
                    isPossible: national.count == 10,
                    e164: "+33" + national.dropFirst(),
                    international: "+33 " + national.dropFirst(),
                    national: national.map(String.init).joined(separator: " "),
                    fromCountry: national,
                    nationalDiallable: national
                )
            )
        }
    }

    private func run(_ variables: [String: String]) async throws -> [String] {
        let transcript = AGITranscript(variables: variables)
        let session = AGISession(environment: AGIEnvironment([:]), transport: transcript, logger: .silent)
        try await FormatOutgoingCallerID(numbers: FrenchPlan()).run(session)
        return transcript.commands
    }

    private func callerID(_ selected: String, _ format: String, country: String = "FR") async throws -> [String] {
        try await run([
            "TRUNK_OUTGOING_CALLER_ID_FORMAT": format, "WAZO_TENANT_COUNTRY": country,
            "WAZO_SELECTED_CALLER_ID": selected,
        ]).filter { $0.hasPrefix("SET") || $0.hasPrefix("VERBOSE") }
    }

    @Test(
        "the three formats",
        arguments: [("national", "0612345678"), ("E164", "33612345678"), ("+E164", "+33612345678")]
    )
    func formats(format: String, expected: String) async throws {
        #expect(
            try await callerID("06 12 34 56 78", format) == [set("CALLERID(all)", "\\\"\(expected)\\\" <\(expected)>")]
        )
        // A national number stands as name too.
        let name = format == "national" ? expected : "Demo"
        #expect(
            try await callerID("\"Demo\" <+33612345678>", format)
                == [set("CALLERID(all)", "\\\"\(name)\\\" <\(expected)>")]
        )
    }

    @Test("a name is kept as it came, with its escaped quotes; a number that is its own name is a number")
    func names() async throws {
        let escaped = try await callerID(#""é \" q" <+33612345678>"#, "E164")
        #expect(escaped == [#"SET VARIABLE "CALLERID(all)" "\"é \\\" q\" <33612345678>""#])
        let same = try await callerID(#""+33612345678" <+33612345678>"#, "national")
        #expect(same == [set("CALLERID(all)", #"\"0612345678\" <0612345678>"#)])
        let quoted = try await callerID(#""A "B" C" <+33612345678>"#, "+E164")
        #expect(quoted == [set("CALLERID(all)", #"\"A \"B\" C\" <+33612345678>"#)])
    }

    @Test("reads in the documented order, and nothing more than it needs")
    func order() async throws {
        let nothing = [
            get("TRUNK_OUTGOING_CALLER_ID_FORMAT"), get("WAZO_TENANT_COUNTRY"),
            get("WAZO_DST_REDIRECTING_EXTERN_NUM"), get("WAZO_OUTGOING_ANONYMOUS_CALL"),
        ]
        #expect(try await run([:]) == nothing)
        var selected = nothing
        selected.insert(get("WAZO_SELECTED_CALLER_ID"), at: 2)
        #expect(try await run(["TRUNK_OUTGOING_CALLER_ID_FORMAT": "E164"]) == selected)
    }

    @Test("a number that is not possible is sent as it is; what is no number is ignored")
    func raw() async throws {
        #expect(try await callerID("061234", "E164") == [set("CALLERID(all)", "\\\"061234\\\" <061234>")])
        #expect(try await callerID("+49301234567", "national").first?.contains("+49301234567") == true)
        for hostile in ["Alice", "12", "1234567890123456", "\"A\" <abc>", "06\n12"] {
            let commands = try await callerID(hostile, "E164", country: "")
            #expect(commands.count == 1 && commands[0].hasPrefix("VERBOSE"), "\(hostile): \(commands)")
        }
    }

    @Test("an unknown format, as one that a newer confd may write, sends the number as it is")
    func unknownFormat() async throws {
        #expect(
            try await callerID("0612345678", "E.999") == [set("CALLERID(all)", "\\\"0612345678\\\" <0612345678>")]
        )
    }

    @Test("the number that forwarded the call is formatted, or sent as it is, also without a format")
    func redirecting() async throws {
        func redirecting(_ format: String, _ number: String) async throws -> [String] {
            try await run([
                "TRUNK_OUTGOING_CALLER_ID_FORMAT": format, "WAZO_TENANT_COUNTRY": "FR",
                "WAZO_DST_REDIRECTING_EXTERN_NUM": number, "WAZO_DST_REDIRECTING_EXTERN_NAME": "Sales",
            ]).filter { $0.hasPrefix("SET") }
        }
        for (format, number, expected) in [
            ("+E164", "0612345678", "+33612345678"), ("", "0612345678", "0612345678"), ("E164", "abc", "abc"),
        ] {
            #expect(
                try await redirecting(format, number)
                    == [set("REDIRECTING(from-num,i)", expected), set("REDIRECTING(from-name,i)", "Sales")]
            )
        }
    }

    @Test(
        "the identity for the carrier of an anonymous call",
        arguments: [
            ("", "sip:123@carrier"), ("tel:{number}", "tel:123"), ("{host}:{number}:{number}", "carrier:123:123"),
        ]
    )
    func identity(format: String, expected: String) async throws {
        let commands = try await run([
            "WAZO_OUTGOING_ANONYMOUS_CALL": "1", "WAZO_PAI_FORMAT": format, "WAZO_OUTCALL_PAI_NUMBER": "123",
            "WAZO_TRUNK_HOST": "carrier",
        ])
        #expect(commands.last == set("_WAZO_FORMATTED_PAI_NUMBER", expected))
    }

    @Test("without a number, without a host, with an unknown field: said, not set")
    func noIdentity() async throws {
        for (format, number, host) in [("", "", "carrier"), ("", "123", ""), ("sip:{user}@{host}", "123", "carrier")] {
            let commands = try await run([
                "WAZO_OUTGOING_ANONYMOUS_CALL": "1", "WAZO_PAI_FORMAT": format, "WAZO_OUTCALL_PAI_NUMBER": number,
                "WAZO_TRUNK_HOST": host,
            ])
            #expect(commands.last?.hasPrefix("VERBOSE") == true, "\(commands)")
        }
    }
}
