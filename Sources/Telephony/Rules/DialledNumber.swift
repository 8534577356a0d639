import Core

/// What a client may dial.
public enum DialledNumber {
    /// Characters that Asterisk keeps of an extension or a context; it cuts longer ones without a word, and the call
    /// would go somewhere else.
    public static let longest = 79

    /// A number as it was meant: without white space of any kind, and without the invisible characters that come along
    /// when a number is copied from a page or an address book (directional marks, soft hyphens, zero-width spaces).
    public static func normalized(_ text: String) -> String {
        text.keeping { !$0.properties.isWhitespace && $0.properties.generalCategory != .format }
    }

    /// Whether a text can be an extension in `Local/<extension>@<context>`, in a manager action and in `Goto`: letters,
    /// digits and `*#+_.!-`. All other characters mean something in one of these places.
    public static func isExtension(_ text: String) -> Bool {
        isPlain(text) { "*#+_.!-".utf8.contains($0) }
    }

    /// Whether a text can be the name of a context in the same places: letters, digits and `_.-`.
    public static func isContext(_ text: String) -> Bool {
        isPlain(text) { "_.-".utf8.contains($0) }
    }

    private static func isPlain(_ text: String, or isSign: (UInt8) -> Bool) -> Bool {
        let bytes = text.utf8
        return (1...longest).contains(bytes.count)
            && bytes.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: isSign(byte)
                }
            }
    }
}

extension DialplanPlace {
    /// Whether context and extension hold nothing but an extension and a context (``DialledNumber``).
    public var isDialable: Bool { DialledNumber.isExtension(exten) && DialledNumber.isContext(context) }
}
