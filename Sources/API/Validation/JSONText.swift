import Core
import Foundation

/// Reads JSON bodies that anybody may have sent: strictly, and to a bounded depth.
enum JSONText {
    /// Arrays and objects within each other at most; deeper is malformed.
    static let maximumDepth = 128

    /// The value; `nil` when the bytes are not one JSON value in UTF-8, blanks around it allowed.
    static func parse(_ bytes: some Collection<UInt8>) -> JSONValue? {
        try? JSONValue(parsing: Data(bytes), depthLimit: maximumDepth)
    }
}
