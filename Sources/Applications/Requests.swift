import API
import CallControl
import CallRequests
import Core
import Directory
import Foundation
import Telephony

/// The body of `POST …/calls` (contract 11 §3.2).
struct CallOrder: RequestFields {
    static let dialect: Dialect = .extendedConstraints

    var exten: String
    var context: String
    let answersByItself: Bool
    let variables: [String: String]
    let name: String
    let number: String

    init(reading reader: inout FieldReader) {
        self.init(exten: reader.exten("exten"), context: reader.required("context", .string()), reading: &reader)
    }

    /// The fields that all ways of placing a call have.
    init(exten: String, context: String, reading reader: inout FieldReader) {
        self.exten = exten
        self.context = context
        answersByItself = reader.optional("autoanswer", .boolean, default: false)
        variables = reader.optional(
            "variables",
            .boundedTexts(keyLength: ClientVariables.longestName, valueLength: ClientVariables.longestValue),
            default: [:]
        )
        name = reader.optional("displayed_caller_id_name", .string(.length(max: 256), .printable), default: "")
        number = reader.optional("displayed_caller_id_number", .string(.length(max: 256), .printable), default: "")
        if let refusal = ClientVariables.refusal(of: variables, from: .user) {
            reader.fault("variables", refusal.fault)
        }
    }

    /// Where the call goes.
    var place: DialplanPlace { DialplanPlace(context: context, exten: exten) }

    /// `"name" <number>`; `nil` when neither is given. An empty number is one blank, so that phones do not show
    /// "asterisk" (contract 11 §3.2).
    var callerID: String? {
        if name.isEmpty, number.isEmpty { return nil }
        return CallerIDText.text(name: name, number: number.isEmpty ? " " : number)
    }

    /// The variables of the new channel.
    var allVariables: [String: String] {
        answersByItself ? variables.merging(["WAZO_AUTO_ANSWER": "1"]) { $1 } : variables
    }
}

/// The body of `POST …/nodes/{n}/calls/user` (contract 11 §3.3).
struct UserCallOrder: RequestFields {
    static let dialect: Dialect = .extendedConstraints

    let user: String
    let call: CallOrder

    init(reading reader: inout FieldReader) {
        user = reader.required("user_uuid", .string())
        call = CallOrder(exten: "", context: "", reading: &reader)
    }
}

/// The body of `POST …/nodes` (contract 11 §3.4).
struct NodeOrder: RequestFields {
    static let dialect: Dialect = .extendedConstraints

    struct Member: RequestFields {
        let id: ChannelID
        init(reading reader: inout FieldReader) { id = reader.required("id", .identifier()) }
    }

    /// Each once.
    let calls: [ChannelID]

    init(reading reader: inout FieldReader) {
        let members = reader.required("calls", .objects(Member.self, .atLeast(1)))
        calls = members.reduce(into: []) { calls, member in
            if !calls.contains(member.id) { calls.append(member.id) }
        }
    }
}

/// The body of `POST …/playbacks` (contract 11 §3.7).
struct PlaybackOrder: RequestFields {
    static let dialect: Dialect = .extendedConstraints

    let uri: String
    let language: String?

    init(reading reader: inout FieldReader) {
        uri = reader.required("uri", .string())
        // Asterisk makes a folder's name of it.
        language = reader.nullable(
            "language",
            .string(.pattern("^[A-Za-z0-9_-]{1,20}$", ClientVariables.isLanguage))
        )
    }
}

/// The body of `POST …/snoops` (contract 11 §3.9).
struct SnoopOrder: RequestFields {
    static let dialect: Dialect = .extendedConstraints

    let snooping: ChannelID
    let mode: WhisperMode

    init(reading reader: inout FieldReader) {
        snooping = reader.required("snooping_call_id", .identifier())
        mode = reader.optional("whisper_mode", .choice(WhisperMode.self), default: .none)
    }
}

/// The body of `PUT …/snoops/{s}`.
struct SnoopChange: RequestFields {
    static let dialect: Dialect = .extendedConstraints

    let mode: WhisperMode

    init(reading reader: inout FieldReader) {
        mode = reader.optional("whisper_mode", .choice(WhisperMode.self), default: .none)
    }
}

/// The query of `PUT …/dtmf` (contract 11 §3.8).
struct DigitsOrder: RequestFields {
    static let dialect: Dialect = .extendedConstraints
    /// Digits of one request at most; each is one action of the manager interface.
    static let most = 128

    let digits: String

    init(reading reader: inout FieldReader) {
        digits = reader.required(
            "digits",
            .string(
                .pattern("^[0-9*#]+$") { $0.consists { $0.isDigit || $0 == "*" || $0 == "#" } },
                .length(max: Self.most)
            )
        )
    }
}

/// The body of `POST /applications` and `PUT /applications/{a}`; as confd's (contract 38 §2.11), ours.
struct ApplicationOrder: RequestFields {
    static let dialect: Dialect = .extendedConstraints

    struct Options: RequestFields {
        let type: String
        let music: String?
        let answers: Bool

        init(reading reader: inout FieldReader) {
            type = reader.optional("type", .string(.oneOf(["holding", "mixing"])), default: "holding")
            music = reader.nullable("music_on_hold", .string(.length(min: 1, max: 128), .musicClass))
            answers = reader.optional("answer", .boolean, default: false)
        }
    }

    let name: String?
    let node: ApplicationRecord.Node?

    init(reading reader: inout FieldReader) {
        name = reader.nullable("name", .string(.printable, .length(max: 128)))
        let destination = reader.nullable("destination", .string(.oneOf(["node"])))
        let options = reader.optional("destination_options", .object(Options.self))
        node = destination.map { _ in
            ApplicationRecord.Node(
                type: options?.type ?? "holding",
                musicOnHold: options?.music,
                answers: options?.answers ?? false
            )
        }
    }

    /// The application that is meant.
    func record(_ id: String, tenant: TenantID) -> ApplicationRecord {
        ApplicationRecord(id: id, tenant: tenant, name: name, node: node)
    }
}
