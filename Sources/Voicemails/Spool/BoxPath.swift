import Core

/// A box as Asterisk names it: its number and its context. It is a path below the spool, so what could lead out of
/// that is no box.
public struct BoxPath: Sendable, Hashable, CustomStringConvertible {
    /// For instance `default`.
    public let context: String
    /// For instance `1001`.
    public let number: String

    /// - Returns: `nil` when a part is empty, hidden, or holds a slash, a control character or an `@`.
    public init?(context: String, number: String) {
        guard Self.isName(context), Self.isName(number) else { return nil }
        self.context = context
        self.number = number
    }

    /// As in the manager's events: `1001@default`.
    public init?(mailbox: String) {
        let parts = mailbox.parts(separatedBy: "@", keepingEmpty: true)
        guard parts.count == 2 else { return nil }
        self.init(context: parts[1], number: parts[0])
    }

    /// As in the manager's events.
    public var description: String { "\(number)@\(context)" }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && !text.begins(with: ".") && text.utf8.count <= 200
            && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F && $0 != 0x40 }
    }
}
