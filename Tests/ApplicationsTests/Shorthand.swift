import Core
import Directory
import Telephony

@testable import Applications

/// An application of tests, and its things written in short.
///
/// Calls: `a` and `b`; node `n`; snoop `s` of `a` by `b` through channel `x`; playback `p` to `a`.
enum Shorthand {
    static let id = "60000000-0000-4000-8000-000000000001"
    static let record = ApplicationRecord(id: id, tenant: TenantID("t1"), name: nil, node: nil)

    static func channel(_ id: String, _ state: String = "Up", name: String? = nil) -> Channel {
        Channel(
            id: ChannelID(id),
            name: name ?? (id == "x" || id == "y" ? "Snoop/\(id)" : "PJSIP/\(id)"),
            state: state,
            variables: ["CHANNEL(linkedid)": id, "WAZO_TENANT_UUID": "t1", "XIVO_ON_HOLD": "", "WAZO_CALL_MUTED": ""],
            applicationName: "Stasis",
            applicationData: "wazo-app-\(Self.id)"
        )
    }

    static func bridge(_ id: String, _ channels: [String], name: String = Self.id) -> Bridge {
        Bridge(id: BridgeID(id), kind: .mixing, name: name, channels: channels.map { ChannelID($0) })
    }

    static func call(_ id: String, _ phase: ApplicationCall.Phase, in bridge: String? = nil) -> ApplicationCall {
        var call = ApplicationCall(channel(id), phase: phase)
        call.bridge = bridge.map { BridgeID($0) }
        return call
    }

    static func snoop(_ phase: ApplicationSnoop.Phase, arrived: Set<String> = ["x"]) -> ApplicationSnoop {
        var snoop = ApplicationSnoop(
            id: "s",
            snooped: ChannelID("a"),
            snooping: ChannelID("b"),
            mode: .none,
            channel: ChannelID("x")
        )
        snoop.phase = phase
        snoop.arrived = Set(arrived.map { ChannelID($0) })
        return snoop
    }

    static func playback(isTold: Bool) -> ApplicationPlayback {
        var playback = ApplicationPlayback(id: "p", call: ChannelID("a"), uri: "sound:x", language: "")
        playback.isTold = isTold
        return playback
    }

    static func text(_ notice: LiveApplication.Notice) -> String {
        switch notice {
        case .callEntered(let call): "entered \(call.call.id)"
        case .callInitiated(let call): "initiated \(call.call.id)"
        case .userOutgoingCallCreated(let call): "outgoing \(call.call.id)"
        case .callUpdated(let call): "updated \(call.call.id)"
        case .callAnswered(let call): "answered \(call.call.id)"
        case .callDeleted(let call): "deleted \(call.call.id)"
        case .progressStarted(let call): "progress \(call.call.id)"
        case .progressStopped(let call): "no progress \(call.call.id)"
        case .digit(let call, _, let digit): "digit \(digit) \(call)"
        case .destinationNodeCreated(let node): "destination \(node.id)"
        case .nodeCreated(let node): "node \(node.id)"
        case .nodeUpdated(let node): "node \(node.id)=\(node.members.map(\.rawValue).joined(separator: "+"))"
        case .nodeDeleted(let node): "no node \(node.id)"
        case .playbackCreated(let playback, _, let state): "playback \(playback.id) \(state)"
        case .playbackDeleted(let playback, _, let state): "no playback \(playback.id) \(state)"
        case .snoopCreated(let snoop): "snoop \(snoop.id) \(snoop.mode)"
        case .snoopUpdated(let snoop): "snoop \(snoop.id)=\(snoop.mode)"
        case .snoopDeleted(let id): "no snoop \(id)"
        }
    }

    static func text(_ effect: LiveApplication.Effect) -> String {
        switch effect {
        case .welcome(let call, let node): "welcome \(call)\(node.map { " into \($0)" } ?? "")"
        case .receive(let call, let answers, let music):
            "receive \(call)\(answers ? " answering" : "")\(music.map { " with \($0)" } ?? "")"
        case .markOutgoing(let call): "mark \(call)"
        case .endSnoop(let snoop): "end \(snoop.id)"
        case .hangUp(let channel): "hang up \(channel)"
        case .makeDestinationNode(let type): "make \(type)"
        case .removeDestinationNode: "unmake"
        }
    }

    /// `entered a, updated a | receive a`; `-` when nothing follows.
    static func text(_ outcome: LiveApplication.Outcome) -> String {
        let parts = [outcome.notices.map { text($0) }, outcome.effects.map { text($0) }]
        return outcome.notices.isEmpty && outcome.effects.isEmpty
            ? "-" : parts.map { $0.joined(separator: ", ") }.joined(separator: " | ")
    }
}
