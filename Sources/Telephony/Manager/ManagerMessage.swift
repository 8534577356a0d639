import Core
import Foundation

/// A message of Asterisk's manager interface: a response or an event.
///
/// Values are texts as Asterisk spells them. Channel variables are folded as wazo-amid does it (contract 37 §2):
/// `ChanVariable: name=value` and `ChanVariable(<channel>): name=value` into one table, other repeated headers
/// keep the last value.
///
/// Asterisk escapes values of channel variables, and names of callers, as C does it: `O\'Hara` (seen on Asterisk
/// 22.10). Variables are shown without that, names through ``text(_:)``.
public struct ManagerMessage: Sendable, Hashable {
    /// Headers by name, the last of equal ones; without `ChanVariable` and `Output`.
    public private(set) var fields: [String: String] = [:]
    /// The lines of a command's output (`Output`).
    public private(set) var output: [String] = []
    private var variables: [String: [String: String]] = [:]

    /// A message without headers.
    public init() {}

    /// Adds a header.
    public mutating func append(_ name: String, _ value: String) {
        if name == "Output" { return output.append(value) }
        if let role = Self.role(of: name) {
            let (name, text) = value.halves(at: "=") ?? (value, "")
            variables[role, default: [:]][name] = Self.unescaped(text)
            if role.isEmpty { return }
        }
        fields[name] = value
    }

    /// The value of a header.
    public subscript(name: String) -> String? { fields[name] }

    /// The value of a header that Asterisk escapes, such as `CallerIDName`, `ConnectedLineName` and those of other
    /// channels (`DestCallerIDName`), without the escapes.
    public func text(_ name: String) -> String? { fields[name].map(Self.unescaped) }

    /// The event's name; `nil` for a response.
    public var event: String? { fields["Event"] }

    /// `Success`, `Error`, `Goodbye`, …; some events have one too (`OriginateResponse`).
    public var response: String? { fields["Response"] }

    /// The channel's variables that manager.conf lists in `channelvars`. Unset ones are empty or absent.
    public var channelVariables: [String: String] { variables[""] ?? [:] }

    /// Variables of another channel of the event: of `Parkee` for `ParkeeChanVariable`, of `Dest` for
    /// `DestChanVariable`. Over wazo-amid it is at most one of them (contract 38 §3).
    public func channelVariables(of role: String) -> [String: String] { variables[role] ?? [:] }

    /// Takes the header away.
    public mutating func remove(_ name: String) { fields[name] = nil }

    private static let variableHeader = "ChanVariable"

    /// Whose channel variable the header is: empty for the event's own channel; `nil` for another header.
    private static func role(of name: String) -> String? {
        if name.ends(with: variableHeader) { return String(name.dropLast(variableHeader.count)) }
        return name.begins(with: variableHeader + "(") && name.ends(with: ")") ? "" : nil
    }
}

extension ManagerMessage {
    private static let escapes: [(plain: Unicode.Scalar, escaped: Unicode.Scalar)] = [
        ("\u{7}", "a"), ("\u{8}", "b"), ("\u{C}", "f"), ("\n", "n"), ("\r", "r"), ("\t", "t"), ("\u{B}", "v"),
        ("\\", "\\"), ("'", "'"), ("\"", "\""), ("?", "?"),
    ]

    /// A text as Asterisk means it; an escape that it does not know stays.
    public static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(0x5C) else { return text }
        var plain = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if !isEscaped {
                isEscaped = scalar == "\\"
                if !isEscaped { plain.append(scalar) }
                continue
            }
            isEscaped = false
            if let known = escapes.first(where: { $0.escaped == scalar }) {
                plain.append(known.plain)
            } else {
                plain.append("\\")
                plain.append(scalar)
            }
        }
        if isEscaped { plain.append("\\") }
        return String(plain)
    }

    /// A text as Asterisk writes it.
    public static func escaped(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if let known = escapes.first(where: { $0.plain == scalar }) {
                escaped.append("\\")
                escaped.append(known.escaped)
            } else {
                escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    /// The messages of an answer, if Asterisk did not refuse: any element with `Response: Error` is a refusal, with
    /// its `Message`, or the last element's (contract 37 §2, 38 §3).
    /// - Throws: ``ManagerFailure/refused(message:action:)``; the message is trimmed, some end with a line feed.
    public static func accepted(_ messages: [ManagerMessage], of action: String) throws(ManagerFailure) -> [Self] {
        guard let refusal = messages.first(where: { $0.response == "Error" }) else { return messages }
        let text = refusal["Message"] ?? messages.last?["Message"] ?? "\(action) was refused"
        throw .refused(message: text.trimmed(), action: action)
    }
}

extension ManagerMessage: ExpressibleByDictionaryLiteral {
    /// `["Event": "FullyBooted"]`; a header may repeat.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }
}

/// An event of Asterisk's manager interface.
public struct ManagerEvent: Sendable, Hashable {
    /// For instance `Newchannel`.
    public var name: String
    /// All of it.
    public var message: ManagerMessage

    /// An event with its parts.
    public init(name: String, message: ManagerMessage) {
        self.name = name
        self.message = message
    }

    /// An event, if the message is one.
    public init?(_ message: ManagerMessage) {
        guard let name = message.event else { return nil }
        self.init(name: name, message: message)
    }

    /// Headers by name, the last of equal ones.
    public var fields: [String: String] { message.fields }
    /// The channel's variables that manager.conf lists in `channelvars`.
    public var channelVariables: [String: String] { message.channelVariables }
    /// The value of a header.
    public subscript(name: String) -> String? { message[name] }
}
