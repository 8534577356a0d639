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
        case .callEntered(let call):
            ofCall("application_call_entered", key: "calls.created", call, showsVariables: true)
        case .callInitiated(let call):
            ofCall("application_call_initiated", key: "calls.created", call, showsVariables: true)
        case .userOutgoingCallCreated(let call):
            ofCall(
                "application_user_outgoing_call_created",
                key: "user_outgoing_call.\(call.call.id).created",
                call,
                showsVariables: true
            )
        case .callUpdated(let call):
            ofCall("application_call_updated", key: "calls.\(call.call.id).updated", call)
        case .callAnswered(let call):
            ofCall("application_call_answered", key: "calls.\(call.call.id).answered", call)
        case .callDeleted(let call):
            ofCall("application_call_deleted", key: "calls.\(call.call.id).deleted", call)
        case .progressStarted(let call):
            ofCall("application_progress_started", key: "calls.\(call.call.id).progress.started", call)
        case .progressStopped(let call):
            ofCall("application_progress_stopped", key: "calls.\(call.call.id).progress.stopped", call)
        default: ofTenant(notice)
        }
    }

    private func ofTenant(_ notice: LiveApplication.Notice) -> BusEvent {
        switch notice {
        case .digit(let call, let conversation, let digit):
            tenant(
                "application_call_dtmf_received",
                key: "calls.\(BusEvent.routingWord(call.rawValue)).dtmf.created",
                [
                    "call_id": .string(call.rawValue), "conversation_id": .optional(conversation),
                    "dtmf": .string(digit),
                ]
            )
        case .destinationNodeCreated(let node):
            tenant("application_destination_node_created", key: "nodes.created", ["node": node.json])
        case .nodeCreated(let node): tenant("application_node_created", key: "nodes.created", ["node": node.json])
        case .nodeUpdated(let node):
            tenant("application_node_updated", key: "nodes.\(node.id).updated", ["node": node.json])
        case .nodeDeleted(let node):
            tenant("application_node_deleted", key: "nodes.\(node.id).deleted", ["node": node.json])
        case .playbackCreated(let playback, let conversation, let state):
            ofPlayback(playback, conversation, state, verb: "created")
        case .playbackDeleted(let playback, let conversation, let state):
            ofPlayback(playback, conversation, state, verb: "deleted")
        case .snoopCreated(let snoop):
            tenant("application_snoop_created", key: "snoops.\(snoop.id).created", ["snoop": snoop.json])
        case .snoopUpdated(let snoop):
            tenant("application_snoop_updated", key: "snoops.\(snoop.id).updated", ["snoop": snoop.json])
        case .snoopDeleted(let id):
            tenant("application_snoop_deleted", key: "snoops.\(id).deleted", ["snoop": ["uuid": .string(id)]])
        default: preconditionFailure("events of calls are made elsewhere")
        }
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
        key: String,
        _ picture: LiveApplication.CallPicture,
        showsVariables: Bool = false
    ) -> BusEvent {
        event(
            name,
            key: key,
            .user(application.tenant, picture.call.user),
            ["call": picture.json(showsVariables: showsVariables)]
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
