import Core

/// Which channel variables a client may set on a call that it places, and to what.
///
/// A channel variable hides the global of the same name, and the dialplan, its applications and Asterisk's core read
/// many variables of a channel: who calls, what the caller may dial, where a FastAGI server listens, which program runs
/// after a recording. So a client may set names of its own and what the contract needs, and nothing else.
public enum ClientVariables {
    /// Who sets the variables.
    public enum Client: Sendable, Hashable {
        /// A service that places calls on behalf of users: `POST /calls`, `POST /transfers`.
        case service
        /// A user, for their own call, or a program with an application.
        case user
    }

    /// Why variables are refused.
    public enum Refusal: Error, Sendable, Hashable {
        /// The name is no name of a variable, or no client may set it.
        case name(String)
        /// The name is longer than ``longestName`` bytes.
        case nameLength(String)
        /// The variable of this name has a control character in its value.
        case value(String)
        /// The variable of this name has a value longer than ``longestValue`` bytes.
        case valueLength(String)
        /// There are more than ``most``.
        case number
        /// All together are larger than ``largest`` bytes.
        case size
    }

    /// Variables of one call at most.
    public static let most = 128
    /// Bytes of a name at most.
    public static let longestName = 128
    /// Bytes of a value at most.
    public static let longestValue = 2_048
    /// Bytes of all names and values at most: Asterisk reads no request body above 40,960 bytes, and JSON may double a
    /// byte by an escape.
    public static let largest = 16_384

    /// The first reason to refuse these variables, in the order of their names; `nil` when there is none.
    public static func refusal(of variables: [String: String], from client: Client) -> Refusal? {
        guard variables.count <= most else { return .number }
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            if name.utf8.count > longestName { return .nameLength(name) }
            if !allows(name, from: client) { return .name(name) }
            if !PrintableText.allows(value) || !canHold(name, value) { return .value(name) }
            if value.utf8.count > longestValue { return .valueLength(name) }
        }
        let size = variables.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        return size > largest ? .size : nil
    }

    /// Whether a client may set a variable, or call a function, of this name.
    ///
    /// Up to two underscores in front make the variable inherited; the name behind them counts.
    public static func allows(_ name: String, from client: Client) -> Bool {
        let plain = name.utf8.drop { $0 == UInt8(ascii: "_") }
        guard name.utf8.count - plain.count <= 2, let text = String(plain) else { return false }
        if plain.contains(UInt8(ascii: "(")) { return isFunction(text) }
        guard let first = plain.first, isLetter(first), plain.allSatisfy(isInName) else { return false }
        return !ReservedVariables.contains(text) || (client == .service && services.contains(text))
    }

    /// Variables of ours that a service may give (contract 10 §2.5, contract 21 §2). Who the user is and which tenant
    /// the call belongs to is said by the request itself: those two are taken and have no effect.
    static let services: Set<String> = [
        "XIVO_FIX_CALLERID", "XIVO_ORIGINAL_CALLER_ID", "XIVO_ORIG_CID_NAME", "XIVO_ORIG_CID_NUM",
        "WAZO_CHANNEL_DIRECTION", "WAZO_USERUUID", "WAZO_TENANT_UUID",
    ]

    /// The variables without those that say whose the call is and which tenant it belongs to; the server sets them.
    public static func withoutOwners(_ variables: [String: String]) -> [String: String] {
        variables.filter {
            !["WAZO_TENANT_UUID", "WAZO_USERUUID"].contains(String(scalars: $0.key.unicodeScalars.drop { $0 == "_" }))
        }
    }

    /// The functions that describe the new call, with the arguments that do nothing else. Others reach files, other
    /// channels or the dialplan.
    private static let functions: Set<String> = [
        "CALLERID(name)", "CALLERID(num)", "CONNECTEDLINE(name)", "CONNECTEDLINE(num)", "CHANNEL(language)",
        "CHANNEL(musicclass)",
    ]

    /// Whether a function that names something of Asterisk's gets a name: a language is a folder of sounds, and a text
    /// with slashes or dots would be a way to any other one. Only `CHANNEL` has such items among the functions.
    private static func canHold(_ name: String, _ value: String) -> Bool {
        if name.ends(with: "(language)") { return isLanguage(value) }
        if name.ends(with: "(musicclass)") { return isMusicClass(value) }
        return true
    }

    /// Whether a text can be a language: up to 20 letters, digits, `_` and `-`.
    public static func isLanguage(_ text: String) -> Bool {
        (1...20).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            }
    }

    /// Whether a text can be a class of music on hold: up to 128 bytes of printable text without `/` and `${`.
    public static func isMusicClass(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && PrintableText.allows(text) && !text.holds("/") && !text.holds("$")
    }

    /// Headers of SIP that a client may add besides those that begin `X-`: how phones ring and answer.
    private static let headers: Set<String> = [
        "Alert-Info", "Answer-After", "Answer-Mode", "Call-Info", "P-Auto-answer",
    ]

    private static func isFunction(_ text: String) -> Bool {
        if functions.contains(text) { return true }
        let prefix = "PJSIP_HEADER(add,"
        guard let rest = text.suffix(after: prefix), rest.ends(with: ")") else { return false }
        let header = String(rest.dropLast())
        if headers.contains(header) { return true }
        return header.begins(with: "X-") && header.utf8.count > 2
            && header.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isInName(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "-")
    }
}
