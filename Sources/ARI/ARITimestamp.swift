import Foundation

/// Asterisk's timestamps: `2026-11-23T13:00:00.123+0000`.
enum ARITimestamp {
    /// `nil` when the text is not of that form.
    static func date(_ text: String) -> Date? {
        let bytes = Array(text.utf8)
        guard bytes.count == 28, bytes[23] == UInt8(ascii: "+") || bytes[23] == UInt8(ascii: "-") else { return nil }
        func number(_ from: Int, _ count: Int) -> Int? {
            Int(String(decoding: bytes[from..<from + count], as: UTF8.self))
        }
        guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            let millisecond = number(20, 3), let zoneHour = number(24, 2), let zoneMinute = number(26, 2)
        else { return nil }
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        parts.tm_hour = Int32(hour)
        parts.tm_min = Int32(minute)
        parts.tm_sec = Int32(second)
        let zone = (zoneHour * 60 + zoneMinute) * 60 * (bytes[23] == UInt8(ascii: "-") ? -1 : 1)
        let seconds = Double(timegm(&parts)) - Double(zone)
        return Date(timeIntervalSince1970: seconds + Double(millisecond) / 1_000)
    }
}
