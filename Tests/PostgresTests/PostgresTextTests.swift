import Foundation
import Testing

@testable import Postgres

@Suite("Text of values")
struct PostgresTextTests {
    @Test(
        "a timestamp with time zone is read to the microsecond",
        arguments: [
            ("1970-01-01 00:00:00+00", 0),
            ("2026-11-23 13:39:32.123456+00", 1_795_441_172_123_456),
            ("2026-11-23 13:39:32.5+00", 1_795_441_172_500_000),
            ("2026-11-23T13:39:32Z", 1_795_441_172_000_000),
            ("2026-11-23 15:39:32+02", 1_795_441_172_000_000),
            ("2026-11-23 08:09:32-05:30", 1_795_441_172_000_000),
            ("2024-02-29 23:59:59.999999+00", 1_709_251_199_999_999),
            ("1969-12-31 23:59:59.000001+00", -999_999),
        ]
    )
    func timestamp(text: String, microseconds: Int64) throws {
        let date = try #require(Date(postgresText: text))
        #expect(Int64((date.timeIntervalSince1970 * 1_000_000).rounded()) == microseconds)
    }

    @Test(
        "what is no timestamp with time zone is refused",
        arguments: [
            "", "infinity", "-infinity", "2026-11-23", "2026-11-23 13:39:32", "2026-13-01 00:00:00+00",
            "0044-03-15 12:00:00+00 BC", "2026-11-23 13:39:32.1234567+00", "2026-11-23 13:39:32+00x",
        ]
    )
    func noTimestamp(text: String) {
        #expect(Date(postgresText: text) == nil)
    }

    @Test("a date is written so that it reads back the same", arguments: [0, 1.5, 1_700_000_000.123456, -86_401])
    func roundTrip(seconds: Double) throws {
        let date = Date(timeIntervalSince1970: seconds)
        let read = try #require(Date(postgresText: date.postgresText))
        #expect(abs(read.timeIntervalSince(date)) < 0.000_001)
    }

    @Test("a date is written in UTC with microseconds")
    func written() {
        #expect(Date(timeIntervalSince1970: 1_795_441_172.123456).postgresText == "2026-11-23 13:39:32.123456+00")
        #expect(Date.distantFuture.postgresText == "4001-01-01 00:00:00.000000+00")
        #expect(Date(timeIntervalSince1970: .infinity).postgresText == "9999-12-31 23:59:59.000000+00")
    }

    @Test("booleans are t and f")
    func booleans() {
        #expect(Bool(postgresText: "t") == true)
        #expect(Bool(postgresText: "f") == false)
        #expect(Bool(postgresText: "yes") == nil)
        #expect(true.postgresText == "t")
    }
}
