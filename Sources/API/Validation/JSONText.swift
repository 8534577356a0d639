import Core
import Foundation

/// Reads JSON bodies that anybody may have sent: strictly, and within bounds that are looked at while they are read.
enum JSONText {
    /// Deeper, more or longer is malformed: no request needs a tenth of it.
    static let limits = JSONLimits(depth: 64, values: 10_000, text: 65_536)

    /// The value; `nil` when the bytes are not one JSON value in UTF-8, blanks around it allowed.
    static func parse(_ bytes: some Collection<UInt8>) -> JSONValue? {
        try? JSONValue(parsing: Data(bytes), limits: limits)
    }
}
