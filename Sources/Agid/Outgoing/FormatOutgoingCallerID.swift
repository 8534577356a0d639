import Core
import Directory
import FastAGI

/// `format_and_set_outgoing_caller_id`: writes the caller id as the trunk wants it (contract 41 §3).
///
/// Asked once per trunk that is tried. Best effort: a number that cannot be read leaves the caller id as it is.
struct FormatOutgoingCallerID: AGIHandler {
    let name = "format_and_set_outgoing_caller_id"
    let numbers: any PhoneNumberReading

    /// How a trunk wants numbers (`trunkfeatures.outgoing_caller_id_format`).
    private enum Format: String {
        case national
        case e164 = "E164"
        case plusE164 = "+E164"
    }

    func run(_ session: AGISession) async throws {
        let format = try await session.getVariable("TRUNK_OUTGOING_CALLER_ID_FORMAT")
        let country = try await session.getVariable("WAZO_TENANT_COUNTRY")
        let plan = Plan(format: Format(rawValue: format), country: country.isEmpty ? nil : country, numbers: numbers)
        if !format.isEmpty { try await setSelectedCallerID(plan, session) }
        try await setRedirecting(plan, session)
        try await setAssertedIdentity(session)
    }

    /// The caller id that the caller chose for this call.
    private func setSelectedCallerID(_ plan: Plan, _ session: AGISession) async throws {
        let selected = try await session.getVariable("WAZO_SELECTED_CALLER_ID")
        if selected.isEmpty { return }
        let (name, number) = Self.parts(selected)
        guard let formatted = plan.formatted(number) else {
            try await session.verbose("Ignoring selected caller ID \(selected): not a phone number")
            return
        }
        // A national number stands as name too: that is what carriers of this format get (seen in the field).
        let shown = plan.format == .national ? nil : name
        try await session.setCallerID(parsing: shown.map { "\"\($0)\" <\(formatted)>" } ?? formatted)
    }

    /// Whom the call was forwarded by, as the carrier may show it.
    private func setRedirecting(_ plan: Plan, _ session: AGISession) async throws {
        let number = try await session.getVariable("WAZO_DST_REDIRECTING_EXTERN_NUM")
        if number.isEmpty { return }
        let name = try await session.getVariable("WAZO_DST_REDIRECTING_EXTERN_NAME")
        try await session.setVariable("REDIRECTING(from-num,i)", plan.formatted(number) ?? number)
        try await session.setVariable("REDIRECTING(from-name,i)", name)
    }

    /// The number that only the carrier gets when the caller hides his own.
    private func setAssertedIdentity(_ session: AGISession) async throws {
        guard try await session.getVariable("WAZO_OUTGOING_ANONYMOUS_CALL") == "1" else { return }
        let configured = try await session.getVariable("WAZO_PAI_FORMAT")
        let number = try await session.getVariable("WAZO_OUTCALL_PAI_NUMBER")
        let host = try await session.getVariable("WAZO_TRUNK_HOST")
        guard !number.isEmpty, !host.isEmpty else {
            try await session.verbose("No asserted identity: \(number.isEmpty ? "no number" : "no host of the trunk")")
            return
        }
        let format = configured.isEmpty ? "sip:{number}@{host}" : configured
        let identity = format.replacingFields(["number": number, "host": host])
        if identity.holds(anyOf: "{") {
            try await session.verbose("Asserted identity \(format) has fields other than number and host")
            return
        }
        try await session.setVariable("_WAZO_FORMATTED_PAI_NUMBER", identity)
    }

    /// `"name" <number>` with a number of 3 to 15 digits; anything else is a number as a whole.
    private static func parts(_ text: String) -> (name: String?, number: String) {
        guard text.ends(with: ">"), let parsed = CallerIDParts(text), let name = parsed.name,
            let number = parsed.number, isRawNumber(number)
        else { return (nil, text) }
        return (name, number)
    }

    /// An optional `+` and 3 to 15 digits.
    private static func isRawNumber(_ text: String) -> Bool {
        let digits = text.utf8.first == UInt8(ascii: "+") ? text.utf8.dropFirst() : text.utf8[...]
        return (3...15).contains(digits.count)
            && digits.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// How numbers are written for one trunk.
    private struct Plan {
        let format: Format?
        let country: String?
        let numbers: any PhoneNumberReading

        /// The number as the trunk wants it, else as it is when it may pass for a number, else `nil`.
        func formatted(_ number: String) -> String? {
            if let format, let forms = numbers.forms(number, country: country), forms.isPossible {
                switch format {
                case .national: return forms.national.keeping(\.isDigit)
                case .e164: return forms.e164.suffix(after: "+") ?? forms.e164
                case .plusE164: return forms.e164
                }
            }
            return FormatOutgoingCallerID.isRawNumber(number) ? number : nil
        }
    }
}

extension String {
    /// Replaces `{name}` by the fields' values, in one pass: what a value contains is not replaced again.
    fileprivate func replacingFields(_ fields: [String: String]) -> String {
        var result = ""
        var rest = self
        while let (before, inside) = rest.halves(at: "{") {
            guard let (name, behind) = inside.halves(at: "}"), let value = fields[name] else { break }
            result += before + value
            rest = behind
        }
        return result + rest
    }
}
