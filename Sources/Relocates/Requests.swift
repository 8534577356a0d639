import API
import Core

/// The body of `POST /users/me/relocates` (contract 22 §2). Unknown fields are ignored.
struct RelocateRequest: RequestFields {
    /// Where the call goes.
    enum Destination: Sendable, Hashable {
        /// A line of the user, or one device that is registered there.
        case line(Int, contact: String?)
        /// The user's mobile phone.
        case mobile
    }

    private enum Kind: String, CaseIterable {
        case line, mobile
    }

    private struct LineLocation: RequestFields {
        let line: Int
        let contact: String?

        init(reading reader: inout FieldReader) {
            line = reader.required("line_id", .integer(.range(min: 1)))
            let contact = reader.optional("contact", .string())
            self.contact = contact?.isEmpty == true ? nil : contact
        }
    }

    /// The user's present channel.
    let initiatorCall: String
    /// Where the call goes.
    let destination: Destination
    /// What completes it; at least one.
    let completions: [Relocate.Completion]
    /// Seconds of ringing, at least 1.
    let timeout: Int
    /// Whether the new device answers by itself.
    let isAutoAnswered: Bool

    init(reading reader: inout FieldReader) {
        initiatorCall = reader.required("initiator_call", .string(.length(min: 1)))
        _ = reader.required("destination", .choice(Kind.self))
        let location = Self.location(&reader)
        destination = location.map { .line($0.line, contact: $0.contact) } ?? .mobile
        let completions = reader.optional("completions", .list(of: .choice(Relocate.Completion.self)))
        // Of an empty list the reference makes a relocate that nothing ends (contract 22 §8.3).
        self.completions = completions?.isEmpty == false ? completions ?? [] : [.answer]
        timeout = reader.optional("timeout", .integer(.range(min: 1)), default: 30)
        isAutoAnswered = reader.optional("auto_answer", .boolean, default: false)
    }

    /// The location is read by the destination's rules; only a line's is looked at.
    private static func location(_ reader: inout FieldReader) -> LineLocation? {
        switch reader.raw("destination") {
        case .string(Kind.line.rawValue):
            return reader.required("location", .object(LineLocation.self))
        case nil where !reader.has("location"):
            return reader.optional("location", .object(LineLocation.self))
        case .string, nil:
            _ = reader.optional("location", .any)
        default:
            guard let location = reader.raw("location") else { return nil }
            if location == .null {
                _ = reader.optional("location", .any)
            } else {
                reader.fault("location", details: wrongDestination)
            }
        }
        return nil
    }

    private static let wrongDestination: JSONValue = [
        "message": "Invalid destination", "constraint_id": "destination-type", "constraint": ["type": "string"],
    ]
}
