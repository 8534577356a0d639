import Core
import Telephony

/// What clients of the application routes are told (contract 11 §3).
extension Failure {
    static func noSuchApplication(_ id: String) -> Failure {
        Failure(
            status: 404,
            errorID: "no-such-application",
            message: "No such application",
            details: ["application_uuid": .string(id)]
        )
    }

    static func callNotInApplication(_ call: ChannelID, _ application: String) -> Failure {
        Failure(
            status: 400,
            errorID: "call-not-in-application",
            message: "Call not in application",
            details: ["application_uuid": .string(application), "call_id": .string(call.rawValue)]
        )
    }

    static func callAlreadyInNode(_ call: ChannelID, _ node: BridgeID, _ application: String) -> Failure {
        Failure(
            status: 400,
            errorID: "call-already-in-node",
            message: "Call already in node",
            details: [
                "application_uuid": .string(application), "node_uuid": .string(node.rawValue),
                "call_id": .string(call.rawValue),
            ]
        )
    }

    static func noSuchNode(_ id: BridgeID) -> Failure {
        Failure(
            status: 404,
            errorID: "no-such-node",
            message: "No such node",
            details: ["node_uuid": .string(id.rawValue)]
        )
    }

    static func deleteDestinationNode(_ application: String) -> Failure {
        Failure(
            status: 400,
            errorID: "delete-destination-node",
            message: "Cannot delete destination node",
            details: ["application_uuid": .string(application), "node_uuid": .string(application)]
        )
    }

    static func noSuchMusic(_ id: String) -> Failure {
        Failure(
            status: 404,
            errorID: "no-such-moh",
            message: "No such music on hold",
            details: ["uuid": .string(id)]
        )
    }

    static func noSuchMedia(_ uri: String) -> Failure {
        Failure(status: 400, errorID: "no-such-media", message: "No such media", details: ["uri": .string(uri)])
    }

    static func noSuchPlayback(_ id: String) -> Failure {
        Failure(
            status: 404,
            errorID: "no-such-playback",
            message: "No such playback",
            details: ["playback_uuid": .string(id)]
        )
    }

    static func noSuchSnoop(_ id: String) -> Failure {
        Failure(
            status: 404,
            errorID: "no-such-snoop",
            message: "No such snoop",
            details: ["snoop_uuid": .string(id)]
        )
    }

    /// Ours: what an application holds has a limit.
    static func tooMany(_ what: String, limit: Int) -> Failure {
        Failure(
            status: 409,
            errorID: "application-full",
            message: "The application has too many \(what)",
            details: ["limit": .integer(Int64(limit))]
        )
    }

    /// 400: a call that would listen to itself.
    static func ownSnoop(_ call: ChannelID) -> Failure {
        Failure(
            status: 400,
            errorID: "invalid-data",
            message: "A call cannot snoop on itself",
            details: ["snooping_call_id": .string(call.rawValue)]
        )
    }

    /// Too much is asked of one call at once, or Asterisk does nothing more with it: a playback goes before all that its
    /// channel must do itself.
    static let busy = Failure(
        status: 503,
        errorID: "server-busy",
        message: "Too many requests to this call wait for Asterisk, try again later"
    )

    /// The directory has not been read yet (contract 11 §3 APP).
    static let directoryUnreachable = Failure(
        status: 503,
        errorID: "wazo-confd-unreachable",
        message: "wazo-confd server unreachable"
    )
}
