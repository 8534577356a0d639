import API
import CallRequests
import Core
import Telephony

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
            let context = reader.context("context")
            let exten = reader.exten("extension")
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
        variables = reader.variables("variables", from: .service)
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
        exten = reader.exten("extension")
        line = reader.optional("line_id", .integer())
        isFromAllLines = reader.optional("all_lines", .boolean, default: false)
        isFromMobile = reader.optional("from_mobile", .boolean, default: false)
        answersByItself = reader.optional("auto_answer_caller", .boolean, default: false)
        variables = reader.variables("variables", from: .user)
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
