import Core

/// Text that may go to a phone, into a SIP header, a channel variable or a log line.
///
/// A line end in such a text would begin a header, a manager action or a log line of its own; other control characters
/// move a terminal's cursor. Every text of a client that leaves the server is checked by this rule.
public enum PrintableText {
    /// Whether a text has no control characters: none of C0 and C1, no DEL, no line or paragraph separator.
    public static func allows(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(allows) }

    /// Whether a scalar may stand in such a text.
    public static func allows(_ scalar: Unicode.Scalar) -> Bool { !scalar.isControl }

    /// The pattern of the rule in JSON Schema.
    public static let pattern = #"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"#
}
