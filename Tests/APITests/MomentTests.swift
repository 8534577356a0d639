import API
import Core
import Foundation
import Testing

private struct Period: RequestFields {
    let from: Date?
    init(reading reader: inout FieldReader) { from = reader.optional("from", .instant) }
}

/// Contract 31 §3.5.
@Suite("Moments in queries")
struct MomentTests {
    @Test(
        "a moment with its zone is read",
        arguments: [
            ("2026-11-23T18:07:00Z", 1_795_457_220), ("2026-11-23T19:07:00+01:00", 1_795_457_220),
            ("2026-11-23 18:07:00.5-0030", 1_795_459_020.5), ("2026-11-23T18:07z", 1_795_457_220),
            ("2026-11-23T19:07:00,25+01", 1_795_457_220.25),
        ]
    )
    func read(text: String, seconds: Double) throws {
        #expect(try Period.read(["from": .string(text)]).from == Date(timeIntervalSince1970: seconds))
    }

    @Test(
        "anything else is told",
        arguments: [
            ("2026-11-23T18:07:00", "Not a valid aware datetime."), ("2026-02-30T00:00:00Z", "Not a valid datetime."),
            ("2026-13-01T00:00:00Z", "Not a valid datetime."), ("yesterday", "Not a valid datetime."),
            ("", "Not a valid datetime."), ("2026-11-23T25:00:00Z", "Not a valid datetime."),
            ("2026-11-23T18:07:00Z\u{301}", "Not a valid datetime."),
            ("2026-11-23T18:07:00Z ", "Not a valid datetime."),
            ("\u{662}026-11-23T18:07:00Z", "Not a valid datetime."), ("2026-11-23T18:07:00.Z", "Not a valid datetime."),
            ("2026-11-23T18:07:00+01:", "Not a valid datetime."), ("2026-11-23T18:07:00Z+01", "Not a valid datetime."),
        ]
    )
    func refused(text: String, message: String) throws {
        let failure = #expect(throws: Failure.self) { try Period.read(["from": .string(text)]) }
        #expect(failure?.details == ["from": [.string(message)]])
    }
}
