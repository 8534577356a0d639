import API
import CallRequests
import Core
import Telephony

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
        context = reader.context("context")
        exten = reader.exten("exten")
        flow = reader.optional("flow", .choice(Transfer.Flow.self), default: .attended)
        variables = reader.variables("variables", from: .service)
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
        exten = reader.exten("exten")
        flow = reader.optional("flow", .choice(Transfer.Flow.self), default: .attended)
        timeout = TransferRequest.timeout(&reader)
    }
}

extension TransferRequest {
    /// Seconds; -1: no limit; 0 and less: Asterisk's own (contract 21 §2).
    static func timeout(_ reader: inout FieldReader) -> Int? { reader.nullable("timeout", .integer()) }
}
