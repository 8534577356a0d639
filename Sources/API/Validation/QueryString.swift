import Core
import Foundation

/// Reads query strings.
enum QueryString {
    /// The parameters as texts, decoded; of equal names the first one counts.
    static func fields(_ query: String?) -> [String: JSONValue] {
        guard let query, !query.isEmpty else { return [:] }
        var fields: [String: JSONValue] = [:]
        for pair in query.parts(separatedBy: "&") {
            let parts = pair.parts(separatedBy: "=", most: 2, keepingEmpty: true)
            let name = decoded(parts[0])
            guard fields[name] == nil else { continue }
            fields[name] = .string(parts.count > 1 ? decoded(parts[1]) : "")
        }
        return fields
    }

    /// Percent-encoding, and `+` for a blank as in forms.
    private static func decoded(_ text: String) -> String {
        let isPlain = !text.utf8.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }
        if isPlain { return text }
        let spaced = text.replacing(text: "+", by: " ")
        return spaced.removingPercentEncoding ?? spaced
    }
}
