import API
import Core

/// The body of `POST /transfers` (contract 21 §2).
struct TransferRequest: RequestFields {
    static let unknownFields: UnknownFields = .rejected

    let transferred: String
    let initiator: String
    let context: String
    let exten: String
    let flow: Transfer.Flow
    let variables: [String: String]
    let timeout: Int?

    init(reading reader: inout FieldReader) {
        transferred = reader.required("transferred_call", .string(.length(min: 1)))
        initiator = reader.required("initiator_call", .string(.length(min: 1)))
        context = reader.required("context", .string(.length(min: 1)))
        exten = Self.exten(&reader)
        flow = reader.optional("flow", .choice(Transfer.Flow.self), default: .attended)
        variables = reader.optional(
            "variables",
            .map(keys: .string(.length(min: 1)), values: .string(.length(min: 1))),
            default: [:]
        )
        timeout = Self.timeout(&reader)
    }
}

/// The body of `POST /users/me/transfers`.
struct UserTransferRequest: RequestFields {
    static let unknownFields: UnknownFields = .rejected

    let initiator: String
    let exten: String
    let flow: Transfer.Flow
    let timeout: Int?

    init(reading reader: inout FieldReader) {
        initiator = reader.required("initiator_call", .string(.length(min: 1)))
        exten = TransferRequest.exten(&reader)
        flow = reader.optional("flow", .choice(Transfer.Flow.self), default: .attended)
        timeout = TransferRequest.timeout(&reader)
    }
}

extension TransferRequest {
    /// The extension without white space; one that consists of it alone is none (contract 21 §11 row 14).
    static func exten(_ reader: inout FieldReader) -> String {
        let check = Check<String>(keywords: ["minLength": 1]) {
            withoutBlanks($0).isEmpty
                ? Fault(
                    "Shorter than minimum length 1.",
                    constraintID: "length",
                    constraint: ["min": 1, "max": .null]
                ) : nil
        }
        return withoutBlanks(reader.required("exten", .string(check)))
    }

    /// Seconds, at least 1, which the reference documents and does not enforce (contract 21 §11 row 14).
    static func timeout(_ reader: inout FieldReader) -> Int? {
        reader.nullable("timeout", .integer(.range(min: 1)))
    }

    static func withoutBlanks(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { !$0.properties.isWhitespace }))
    }
}
