import Core
import Directory
import FastAGI
import Synchronization
import Testing

@testable import Agid

/// Address books with one name, or none that can be read.
private final class BookWitness: CallerNameLookup, IncallCalleeDirectory {
    let questions = Mutex<[String]>([])
    let name: String?
    let isAway: Bool

    init(_ name: String? = "Flour \"Mill\"\n é", isAway: Bool = false) {
        self.name = name
        self.isAway = isAway
    }

    func name(of numbers: [String], for user: UserID?, tenant: TenantID) async throws -> String? {
        if isAway { throw HandlerFault("no \"answer\"") }
        questions.withLock { $0.append("\(numbers.joined(separator: "|")) \(user?.rawValue ?? "nobody") \(tenant)") }
        return name
    }

    func incallCallee(of incall: Int, tenant: TenantID) async throws -> IncallCallee {
        IncallCallee(user: incall == 7 ? UserID("u-3") : nil, country: "FR")
    }
}

@Suite("Names of callers")
struct CallerNameTests {
    private let reads = [get("WAZO_INCALL_ID"), get("WAZO_TENANT_UUID")]

    private func run(
        _ book: BookWitness,
        number: String = "+33123",
        name: String = "unknown",
        incall: String = "7",
        numbers: any PhoneNumberReading = InternationalNumbers()
    ) async throws -> [String] {
        let directory = FixedDirectory()
        var features = FeatureCalls(directory: FixedFeatures())
        features.callerNames = CallerNames(lookup: book, callees: book)
        let agid = Agid(
            incalls: directory,
            schedules: directory,
            switchboards: directory,
            clock: FixedClock(),
            inCallerIDRules: InCallerIDRuleFile(path: "/nonexistent", logger: .silent),
            numbers: numbers,
            featureCalls: features
        )
        let handler = try #require(agid.handlers.first { $0.name == "callerid_forphones" })
        let transcript = AGITranscript(variables: ["WAZO_INCALL_ID": incall, "WAZO_TENANT_UUID": "t"])
        let session = AGISession(
            environment: AGIEnvironment(["agi_callerid": number, "agi_calleridname": name]),
            transport: transcript,
            logger: .silent
        )
        try await handler.run(session)
        return transcript.commands
    }

    @Test(
        "a caller without a name gets that of the address book",
        arguments: [("unknown", "7", "u-3"), ("+33123", "7", "u-3"), ("01 23-45", "8", "nobody")]
    )
    func named(name: String, incall: String, user: String) async throws {
        let book = BookWitness()
        let commands = try await run(book, name: name, incall: incall)
        #expect(commands == reads + [#"SET CALLERID "\"Flour Mill é\" <+33123>""#])
        #expect(book.questions.withLock { $0 } == [asked(number: "+33123", user)])
    }

    @Test(
        "a caller with a name, or without a number, is not looked up",
        arguments: [("12", "Ann"), ("12", ""), ("12", "A1 23"), ("", "unknown"), ("anonymous", "anonymous")]
    )
    func notAsked(number: String, name: String) async throws {
        let book = BookWitness()
        #expect(try await run(book, number: number, name: name) == [])
        #expect(book.questions.withLock { $0.isEmpty })
    }

    @Test(
        "whatever stands as number is looked up; no mark of it ends the new caller id early",
        arguments: [("anonymous", "anonymous"), ("numero", "numero"), ("1\"2>\\<3", "123")]
    )
    func words(number: String, written: String) async throws {
        let book = BookWitness("Ann")
        let commands = try await run(book, number: number)
        #expect(commands == reads + [#"SET CALLERID "\"Ann\" <\#(written)>""#])
        #expect(book.questions.withLock { $0 } == [asked(number: number, "u-3")])
    }

    /// The question for a number that the plans do not know.
    private func asked(number: String, _ user: String) -> String { "\(number) \(user) t" }

    @Test("with the tenant's country the number is asked for in every form that address books write")
    func forms() async throws {
        let book = BookWitness()
        _ = try await run(book, number: "+33612345678", numbers: FormatOutgoingCallerIDTests.FrenchPlan())
        #expect(
            book.questions.withLock { $0 } == [
                "+33612345678|+33 612345678|+33612345678|0 6 1 2 3 4 5 6 7 8|0612345678|0612345678 u-3 t"
            ]
        )
    }

    @Test("nobody's number stays as it is", arguments: [nil, "", "\"\n"] as [String?])
    func nobody(name: String?) async throws {
        #expect(try await run(BookWitness(name)) == reads)
    }

    @Test("what goes wrong is told, and costs nothing")
    func failures() async throws {
        let away = try await run(BookWitness(isAway: true))
        #expect(away == reads + [verbose(#"Reverse lookup failed: no \"answer\""#)])
        let noIncall = try await run(BookWitness(), incall: "x")
        #expect(noIncall.count == 2 && noIncall[1].hasPrefix("VERBOSE \"Reverse lookup failed: "))
        let tooLong = try await run(BookWitness(String(repeating: "é", count: 200)))
        #expect(tooLong.last?.hasPrefix("VERBOSE \"Reverse lookup failed: ") == true)
    }
}
