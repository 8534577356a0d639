import API
import Core
import Telephony

/// Extensions and variables as clients may give them.
enum CallFields {
    /// An extension without white space (contract 10 §2.5); one that consists of it alone is none.
    static func exten(_ reader: inout FieldReader) -> String {
        let check = Check<String>(keywords: ["minLength": 1]) {
            withoutBlanks($0).isEmpty
                ? Fault(
                    "Shorter than minimum length 1.",
                    constraintID: "length",
                    constraint: ["min": 1, "max": .null]
                ) : nil
        }
        return withoutBlanks(reader.required("extension", .string(check, printable)))
    }

    /// Channel variables. A name is that of a variable, or a function that describes the call: others reach files,
    /// databases or other channels. A line end in a value would begin a SIP header of its own.
    static func variables(_ reader: inout FieldReader) -> [String: String] {
        let name = Check<String>.pattern(#"^_{0,2}[A-Za-z][A-Za-z0-9_]*$|^(function)\(.*\)$"#, isAllowedName)
        return reader.optional(
            "variables",
            .map(keys: .string(.length(min: 1), name), values: .string(.length(min: 1), printable)),
            default: [:]
        )
    }

    /// No control characters.
    static let printable = Check<String>.pattern(#"^[^\x00-\x1f\x7f]*$"#) { text in
        text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }

    private static let functions: Set<String> = [
        "CALLERID", "CALLERPRES", "CDR", "CHANNEL", "CONNECTEDLINE", "GROUP", "JITTERBUFFER", "PJSIP_HEADER",
        "PJSIP_MEDIA_OFFER", "REDIRECTING", "SIPADDHEADER", "TALK_DETECT", "TIMEOUT", "VOLUME",
    ]

    static func isAllowedName(_ name: String) -> Bool {
        guard name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else { return false }
        let plain = name.drop { $0 == "_" }
        guard name.count - plain.count <= 2, plain.first?.isASCII == true, plain.first?.isLetter == true else {
            return false
        }
        if let open = plain.firstIndex(of: "(") {
            return plain.hasSuffix(")") && functions.contains(String(plain[..<open]))
        }
        return plain.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    static func withoutBlanks(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { !$0.properties.isWhitespace }))
    }
}

/// The body of `POST /calls` (contract 10 §2.5).
struct CallRequest: RequestFields {
    struct Source: RequestFields {
        let user: UserID
        let line: Int?
        let isFromMobile: Bool
        let isFromAllLines: Bool
        let answersByItself: Bool

        init(reading reader: inout FieldReader) {
            user = reader.required("user", .identifier())
            line = reader.optional("line_id", .integer())
            isFromMobile = reader.optional("from_mobile", .boolean, default: false)
            isFromAllLines = reader.optional("all_lines", .boolean, default: false)
            answersByItself = reader.optional("auto_answer", .boolean, default: false)
        }
    }
    struct Destination: RequestFields {
        let place: DialplanPlace

        init(reading reader: inout FieldReader) {
            let context = reader.required("context", .string(.length(min: 1), CallFields.printable))
            let exten = CallFields.exten(&reader)
            place = DialplanPlace(
                context: context,
                exten: exten,
                priority: reader.required("priority", .integer(.range(min: 1)))
            )
        }
    }

    let source: Source
    let destination: Destination
    let variables: [String: String]

    init(reading reader: inout FieldReader) {
        source = reader.required("source", .object(Source.self))
        destination = reader.required("destination", .object(Destination.self))
        variables = CallFields.variables(&reader)
    }
}

/// The body of `POST /users/me/calls` (contract 10 §2.6).
struct UserCallRequest: RequestFields {
    let exten: String
    let line: Int?
    let isFromMobile: Bool
    let isFromAllLines: Bool
    let answersByItself: Bool
    let variables: [String: String]

    init(reading reader: inout FieldReader) {
        exten = CallFields.exten(&reader)
        line = reader.optional("line_id", .integer())
        isFromAllLines = reader.optional("all_lines", .boolean, default: false)
        isFromMobile = reader.optional("from_mobile", .boolean, default: false)
        answersByItself = reader.optional("auto_answer_caller", .boolean, default: false)
        variables = CallFields.variables(&reader)
    }
}

/// The body of `PUT /calls/{call_id}/user/{user_uuid}` (contract 10 §2.12).
struct ConnectRequest: RequestFields {
    /// Seconds; -1: no limit.
    let timeout: Int

    init(reading reader: inout FieldReader) {
        let seconds = reader.nullable("timeout", .integer(.range(min: 0)), default: 30)
        timeout = seconds.map { $0 == 0 ? -1 : $0 } ?? -1
    }
}

/// The query of `PUT /calls/{call_id}/dtmf` (contract 10 §2.8).
struct ToneQuery: RequestFields {
    let digits: String

    init(reading reader: inout FieldReader) {
        digits = reader.required(
            "digits",
            .string(
                .pattern("^[0-9*#]+$") { text in
                    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2A || $0 == 0x23 }
                }
            )
        )
    }
}
