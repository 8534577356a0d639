import Core
import Processes

/// What clients of the voicemail routes are told (contract 31 §3).
extension Failure {
    /// 400
    static func invalidVoicemailID(_ text: String) -> Failure {
        invalid("invalid-voicemail-id", "Invalid voicemail ID", "voicemail_id", .string(text))
    }

    /// 400
    static func invalidFolderID(_ text: String) -> Failure {
        invalid("invalid-voicemail-folder-id", "Invalid voicemail folder ID", "folder_id", .string(text))
    }

    /// 400
    static func invalidMessageID(_ text: String) -> Failure {
        invalid("invalid-voicemail-message-id", "Invalid voicemail message ID", "message_id", .string(text))
    }

    /// 400: it is empty, no sound, or lasts too long.
    static func invalidGreeting(_ greeting: Greeting) -> Failure {
        invalid("invalid-voicemail-greeting", "Invalid voicemail greeting", "greeting", .string(greeting.rawValue))
    }

    /// 404, also for another tenant's box.
    static func noSuchVoicemail(_ id: Int) -> Failure {
        unknown("no-such-voicemail", "No such voicemail", "voicemail_id", .integer(Int64(id)))
    }

    /// 404
    static func noSuchFolder(_ id: Int) -> Failure {
        unknown("no-such-voicemail-folder", "No such voicemail folder", "folder_id", .integer(Int64(id)))
    }

    /// 404
    static func noSuchMessage(_ id: String) -> Failure {
        unknown("no-such-voicemail-message", "No such voicemail message", "message_id", .string(id))
    }

    /// 404
    static func noSuchGreeting(_ name: String) -> Failure {
        unknown("no-such-voicemail-greeting", "No such voicemail greeting", "greeting", .string(name))
    }

    /// 404: the user has no box of his own.
    static func noSuchUserVoicemail(_ user: UserID) -> Failure {
        unknown("no-such-user-voicemail", "No such user voicemail", "user_uuid", .string(user.rawValue))
    }

    /// 409
    static func greetingAlreadyExists(_ greeting: Greeting) -> Failure {
        Failure(
            status: 409,
            errorID: "voicemail-greeting-already-exists",
            message: "Voicemail greeting already exists",
            details: ["greeting": .string(greeting.rawValue)]
        )
    }

    /// 500: the sound of a message is missing or makes no sense.
    static let invalidMessageFormat = Failure(
        status: 500,
        errorID: "invalid-voicemail-message-format",
        message: "Invalid voicemail message format"
    )

    /// 503, ours: texts are asked for, and the service that has them does not answer.
    static let transcriptionsUnreachable = Failure(
        status: 503,
        errorID: "wazo-call-logd-unreachable",
        message: "wazo-call-logd server unreachable"
    )

    private static func invalid(_ id: String, _ message: String, _ key: String, _ value: JSONValue) -> Failure {
        Failure(status: 400, errorID: id, message: message, details: [key: value])
    }

    private static func unknown(_ id: String, _ message: String, _ key: String, _ value: JSONValue) -> Failure {
        Failure(status: 404, errorID: id, message: message, details: [key: value])
    }
}

extension SpoolFailure: FailureConvertible {
    /// 503, ours: the disk does not do what it should, or Asterisk holds a box for too long.
    var failure: Failure {
        switch self {
        case .busy:
            Failure(status: 503, errorID: "voicemail-busy", message: "Asterisk holds the voicemail, try again later")
        case .missing, .unreadable, .unwritable:
            Failure(
                status: 503,
                errorID: "voicemail-spool-unavailable",
                message: "The voicemails cannot be read or written",
                details: ["original_error": .string(description)]
            )
        }
    }
}
