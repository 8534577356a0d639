import Core
import Directory
import Events
import Telephony

/// Bus events of applications (contract 11 §4).
struct ApplicationBusEvents: Sendable {
    let application: ApplicationRecord

    /// The event of a notice.
    func event(_ notice: LiveApplication.Notice) -> BusEvent {
        switch notice {
        case .callEntered(let call): ofCall("application_call_entered", "created", call, showsVariables: true)
        case .callInitiated(let call): ofCall("application_call_initiated", "created", call, showsVariables: true)
        case .userOutgoingCallCreated(let call): ofOutgoing(call)
        case .callUpdated(let call): ofCall("application_call_updated", "\(call.call.id).updated", call)
        case .callAnswered(let call): ofCall("application_call_answered", "\(call.call.id).answered", call)
        case .callDeleted(let call): ofCall("application_call_deleted", "\(call.call.id).deleted", call)
        case .progressStarted(let call):
            ofCall("application_progress_started", "\(call.call.id).progress.started", call)
        case .progressStopped(let call):
            ofCall("application_progress_stopped", "\(call.call.id).progress.stopped", call)
        case .digit(let call, let conversation, let digit): ofDigit(digit, call, conversation)
        case .destinationNodeCreated(let node): ofNode("application_destination_node_created", "created", node)
        case .nodeCreated(let node): ofNode("application_node_created", "created", node)
        case .nodeUpdated(let node): ofNode("application_node_updated", "\(node.id).updated", node)
        case .nodeDeleted(let node): ofNode("application_node_deleted", "\(node.id).deleted", node)
        case .playbackCreated(let playback, let conversation, let state):
            ofPlayback(playback, conversation, state, verb: "created")
        case .playbackDeleted(let playback, let conversation, let state):
            ofPlayback(playback, conversation, state, verb: "deleted")
        case .snoopCreated(let snoop): ofSnoop("application_snoop_created", snoop.id, "created", snoop.json)
        case .snoopUpdated(let snoop): ofSnoop("application_snoop_updated", snoop.id, "updated", snoop.json)
        case .snoopDeleted(let id): ofSnoop("application_snoop_deleted", id, "deleted", ["uuid": .string(id)])
        }
    }

    private func ofDigit(_ digit: String, _ call: ChannelID, _ conversation: String?) -> BusEvent {
        tenant(
            "application_call_dtmf_received",
            key: "calls.\(BusEvent.routingWord(call.rawValue)).dtmf.created",
            [
                "call_id": .string(call.rawValue), "conversation_id": .optional(conversation),
                "dtmf": .string(digit),
            ]
        )
    }

    private func ofNode(_ name: String, _ key: String, _ node: ApplicationNode) -> BusEvent {
        tenant(name, key: "nodes.\(key)", ["node": node.json])
    }

    private func ofSnoop(_ name: String, _ id: String, _ verb: String, _ json: JSONValue) -> BusEvent {
        tenant(name, key: "snoops.\(id).\(verb)", ["snoop": json])
    }

    private func ofPlayback(
        _ playback: ApplicationPlayback,
        _ conversation: String?,
        _ state: String,
        verb: String
    ) -> BusEvent {
        tenant(
            "application_playback_\(verb)",
            key: "playbacks.\(playback.id).\(verb)",
            [
                "call_id": .string(playback.call.rawValue), "conversation_id": .optional(conversation),
                "playback": playback.json(state: state),
            ]
        )
    }

    private func ofCall(
        _ name: String,
        _ key: String,
        _ picture: LiveApplication.CallPicture,
        showsVariables: Bool = false
    ) -> BusEvent {
        event(
            name,
            key: "calls.\(key)",
            .user(application.tenant, picture.call.user),
            ["call": picture.json(showsVariables: showsVariables)]
        )
    }

    private func ofOutgoing(_ picture: LiveApplication.CallPicture) -> BusEvent {
        event(
            "application_user_outgoing_call_created",
            key: "user_outgoing_call.\(picture.call.id).created",
            .user(application.tenant, picture.call.user),
            ["call": picture.json(showsVariables: true)]
        )
    }

    private func tenant(_ name: String, key: String, _ data: [String: JSONValue]) -> BusEvent {
        event(name, key: key, .tenant(application.tenant), data)
    }

    private func event(
        _ name: String,
        key: String,
        _ audience: BusEvent.Audience,
        _ data: [String: JSONValue]
    ) -> BusEvent {
        var data = data
        data["application_uuid"] = .string(application.id)
        return BusEvent(
            name: name,
            routingKey: "applications.\(application.id).\(key)",
            audience: audience,
            attributes: ["application_uuid": .string(application.id)],
            data: .object(data),
            resource: "application:\(application.id)"
        )
    }
}
