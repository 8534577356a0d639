import API
import Core
import Foundation

/// Where a message is moved to.
struct MoveRequest: RequestFields {
    static let dialect = Dialect.extendedConstraints
    static let unknownFields = UnknownFields.rejected
    let folder: Int

    init(reading reader: inout FieldReader) { folder = reader.required("folder_id", .integer()) }
}

/// Where a greeting is copied to.
struct CopyRequest: RequestFields {
    static let dialect = Dialect.extendedConstraints
    static let unknownFields = UnknownFields.rejected
    let destination: Greeting

    init(reading reader: inout FieldReader) { destination = reader.required("dest_greeting", .choice(Greeting.self)) }
}

/// Which boxes a list is made of.
enum BoxKind: String, Sendable, CaseIterable {
    case all, personal, global
}

/// What messages are sorted by.
enum MessageColumn: String, Sendable, CaseIterable {
    case id
    case callerName = "caller_id_name"
    case duration, timestamp
}

/// The query of `GET /users/me/voicemails/messages`.
struct MessagesRequest: RequestFields {
    static let dialect = Dialect.extendedConstraints
    static let unknownFields = UnknownFields.rejected
    let paging: Paging<MessageColumn>
    let kind: BoxKind
    let search: String?

    init(reading reader: inout FieldReader) {
        paging = Paging(reading: &reader, order: .timestamp, minimumLimit: 1, hasSearch: false)
        kind = reader.optional("voicemail_type", .choice(), default: .all)
        search = reader.optional("search", .string())
    }
}

/// The query of `GET /voicemails/messages`.
struct AdminMessagesRequest: RequestFields {
    static let dialect = Dialect.extendedConstraints
    static let unknownFields = UnknownFields.rejected
    let messages: MessagesRequest
    let user: UserID?
    let voicemail: Int?
    let from: Date?
    let until: Date?
    let recurses: Bool
    let isTranscribed: Bool?

    init(reading reader: inout FieldReader) {
        messages = MessagesRequest(reading: &reader)
        user = reader.optional("user_uuid", .identifier())
        voicemail = reader.optional("voicemail_id", .integer())
        from = reader.optional("from", .instant)
        until = reader.optional("until", .instant)
        recurses = reader.optional("recurse", .boolean, default: false)
        isTranscribed = reader.optional("transcribed", .boolean)
    }
}
