import Core

/// A caller id as Asterisk reads it in an origination: `"name" <number>`.
///
/// Asterisk takes what is between the last `<` and the last `>` for the number, quotes or not. So the number is always
/// written, even an empty one: otherwise the name `Bob <0900>` would show the number 0900.
public enum CallerIDText {
    /// The text for a name and a number, either of which may be empty.
    ///
    /// Control characters are left out of both, and quotes, angle brackets and backslashes out of the number.
    public static func text(name: String, number: String) -> String {
        "\"\(quoted(name))\" <\(plain(number))>"
    }

    /// A number, or a name in a place that knows no quoting, without the characters that end it.
    public static func plain(_ text: String) -> String {
        text.keeping { PrintableText.allows($0) && !["\"", "<", ">", "\\"].contains($0) }
    }

    /// A name between quotes, with its own quotes and backslashes escaped.
    private static func quoted(_ name: String) -> String {
        var quoted = String.UnicodeScalarView()
        for scalar in name.unicodeScalars where PrintableText.allows(scalar) {
            if scalar == "\"" || scalar == "\\" { quoted.append("\\") }
            quoted.append(scalar)
        }
        return String(quoted)
    }
}
