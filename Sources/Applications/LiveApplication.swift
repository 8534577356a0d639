import Core
import Directory
import Foundation
import Telephony

/// An application and all that lives in it, as a pure value: what an event leads to for clients, for the rows and in
/// Asterisk.
///
/// A call is ``ApplicationCall/Phase/placed`` while we dial it and `inside` once it is in Stasis; a node is `planned`
/// while its bridge is made and `open` then; a snoop is `planned`, `open`, `ending`. Events may come twice and in any
/// order: what changes nothing tells nothing.
struct LiveApplication: Sendable, Hashable {
    var record: ApplicationRecord
    var calls: [ChannelID: ApplicationCall] = [:]
    var nodes: [BridgeID: ApplicationNode] = [:]
    var snoops: [String: ApplicationSnoop] = [:]
    var playbacks: [String: ApplicationPlayback] = [:]

    init(_ record: ApplicationRecord) { self.record = record }

    var id: String { record.id }
    /// The id of the destination node, if there is one.
    var destinationNode: BridgeID { BridgeID(record.id) }

    /// A thing that has a row.
    enum Item: Hashable, Sendable {
        case call(ChannelID)
        case node(BridgeID)
        case snoop(String)
        case playback(String)
    }

    /// What clients are told (contract 11 §4); with the values of the moment, since more may follow at once.
    enum Notice: Hashable, Sendable {
        case callEntered(CallPicture)
        case callInitiated(CallPicture)
        case userOutgoingCallCreated(CallPicture)
        case callUpdated(CallPicture)
        case callAnswered(CallPicture)
        case callDeleted(CallPicture)
        case progressStarted(CallPicture)
        case progressStopped(CallPicture)
        case digit(ChannelID, conversation: String?, digit: String)
        case destinationNodeCreated(ApplicationNode)
        case nodeCreated(ApplicationNode)
        case nodeUpdated(ApplicationNode)
        case nodeDeleted(ApplicationNode)
        case playbackCreated(ApplicationPlayback, conversation: String?, state: String)
        case playbackDeleted(ApplicationPlayback, conversation: String?, state: String)
        case snoopCreated(ApplicationSnoop)
        case snoopUpdated(ApplicationSnoop)
        case snoopDeleted(String)
    }

    /// A call with the snoops that it is part of.
    struct CallPicture: Hashable, Sendable {
        var call: ApplicationCall
        var snoops: [ApplicationSnoop]

        func json(showsVariables: Bool = false) -> JSONValue {
            call.json(snoops: snoops, showsVariables: showsVariables)
        }
    }

    /// What must be done in Asterisk.
    enum Effect: Hashable, Sendable {
        /// Answers a call that we dialled, and puts it into its node.
        case welcome(ChannelID, node: BridgeID?)
        /// Puts a call that the dialplan sent into the destination node.
        case receive(ChannelID, answers: Bool, music: String?)
        /// Marks the call of a user as an outgoing one.
        case markOutgoing(ChannelID)
        /// Takes a snoop away.
        case endSnoop(ApplicationSnoop)
        /// Hangs up a channel that nobody knows what to do with.
        case hangUp(ChannelID)
        /// Makes the destination node.
        case makeDestinationNode(type: String)
        /// Hangs up the calls of the destination node and takes it away.
        case removeDestinationNode
    }

    /// What an event led to.
    struct Outcome: Hashable, Sendable {
        var notices: [Notice] = []
        var effects: [Effect] = []
        /// Whose rows have changed.
        var touched: Set<Item> = []

        var isEmpty: Bool { notices.isEmpty && effects.isEmpty && touched.isEmpty }
    }

    // MARK: Looking

    func picture(_ call: ApplicationCall) -> CallPicture {
        CallPicture(
            call: call,
            snoops: snoops.values.filter { $0.phase != .planned && ($0.snooped == call.id || $0.snooping == call.id) }
                .sorted { $0.id < $1.id }
        )
    }

    /// The snoop that a channel is heard through.
    func snoop(through channel: ChannelID) -> ApplicationSnoop? {
        snoops.values.first { $0.channel == channel || $0.arrived.contains(channel) }
    }

    /// The calls of lists.
    var listedCalls: [ApplicationCall] {
        calls.values.filter(\.isListed)
            .sorted { ($0.createdAt ?? .distantPast, $0.id.rawValue) < ($1.createdAt ?? .distantPast, $1.id.rawValue) }
    }

    /// The nodes that clients know of.
    var openNodes: [ApplicationNode] {
        nodes.values.filter { $0.phase == .open }.sorted { $0.id.rawValue < $1.id.rawValue }
    }

    /// The snoops that clients know of.
    var openSnoops: [ApplicationSnoop] {
        snoops.values.filter { $0.phase == .open }.sorted { $0.id < $1.id }
    }
}
