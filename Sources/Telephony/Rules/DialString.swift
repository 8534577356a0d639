import Core

/// What Asterisk is told to dial: technology, resource and options.
///
/// `Local/1001@default/n` rings a number of the dialplan, and in such a text `@`, `/`, `&` and `,` lead somewhere else.
/// So a dial string is never put together from a client's text: it is written in the source, or made by one of the
/// functions here, which refuse what does not belong in their place.
public struct DialString: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// For instance `PJSIP/alice`.
    public let text: String

    private init(unchecked text: String) { self.text = text }

    /// A dial string that is written in the source; the type has no interpolation.
    public init(stringLiteral text: StaticString) { self.text = text.description }

    /// A dial string that was made by one of the functions here, and comes back from our own table.
    public init(stored text: String) { self.text = text }

    /// A number of the dialplan, `Local/<extension>@<context>`; `nil` when it is not dialable.
    /// - Parameter options: For instance `n`, the channel stays in place between the parties.
    public static func local(_ place: DialplanPlace, options: StaticString? = nil) -> DialString? {
        guard place.isDialable else { return nil }
        let suffix = options.map { "/\($0.description)" } ?? ""
        return DialString(unchecked: "Local/\(place.exten)@\(place.context)\(suffix)")
    }

    /// An endpoint of PJSIP; `nil` for a name with characters that mean something in a dial string.
    public static func pjsip(_ endpoint: String) -> DialString? {
        name(endpoint).map { .init(unchecked: "PJSIP/\($0)") }
    }

    /// A device of SCCP; `nil` for a name with characters that mean something in a dial string.
    /// - Parameter options: For instance `autoanswer`.
    public static func sccp(_ device: String, options: StaticString? = nil) -> DialString? {
        let suffix = options.map { "/\($0.description)" } ?? ""
        return name(device).map { .init(unchecked: "sccp/\($0)\(suffix)") }
    }

    /// An interface that an administrator has configured, as it is; `nil` when it is empty or has control characters.
    public static func configured(_ interface: String) -> DialString? {
        interface.isEmpty || !PrintableText.allows(interface) ? nil : DialString(unchecked: interface)
    }

    /// A contact that Asterisk itself listed for an endpoint (`PJSIP_DIAL_CONTACTS`), for instance
    /// `PJSIP/alice/sip:alice@192.0.2.7:5060`; `nil` when it is another endpoint's, or more than one.
    public static func contact(_ listed: String, of endpoint: String) -> DialString? {
        guard let name = name(endpoint), listed.begins(with: "PJSIP/\(name)/sip"), PrintableText.allows(listed),
            !listed.utf8.contains(UInt8(ascii: "&"))
        else { return nil }
        return DialString(unchecked: listed)
    }

    /// The text.
    public var description: String { text }

    /// For instance `PJSIP`.
    public var technology: String { text.halves(at: "/")?.before ?? text }

    private static func name(_ text: String) -> String? {
        let isName = text.unicodeScalars.allSatisfy { scalar in
            PrintableText.allows(scalar) && !scalar.properties.isWhitespace
                && !"/&,|\"'\\".unicodeScalars.contains(scalar)
        }
        return isName && !text.isEmpty ? text : nil
    }
}
