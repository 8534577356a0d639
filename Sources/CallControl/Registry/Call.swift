public import Core
public import Telephony

/// A call as the interface shows it: one channel with its bridges and whom it talks with (contract 10 §1).
public struct Call: Sendable, Hashable {
    /// Where a conversation comes from.
    public enum Direction: String, Sendable, Hashable {
        case `internal`, inbound, outbound
        /// It comes in and goes out.
        case unknown
    }

    /// Another channel of one of its bridges.
    public struct Peer: Sendable, Hashable {
        /// The channel.
        public var id: ChannelID
        /// Whose it is; `nil`: unknown.
        public var user: UserID?
        /// Its `WAZO_CALL_DIRECTION`.
        public var direction: String?

        /// The peer that a record shows.
        public init(_ record: ChannelRecord) {
            id = record.id
            user = record.user
            direction = record[.callDirection]
        }

        /// A peer of which nothing but its id is known.
        public init(unknown id: ChannelID) { self.id = id }
    }

    /// The channel.
    public var record: ChannelRecord
    /// Bridges that hold it.
    public var bridges: [BridgeID]
    /// The other channels of those bridges.
    public var peers: [Peer]

    /// A call with all its parts.
    public init(_ record: ChannelRecord, bridges: [BridgeID] = [], peers: [Peer] = []) {
        self.record = record
        self.bridges = bridges
        self.peers = peers
    }

    /// The channel's id.
    public var id: ChannelID { record.id }

    /// The conversation's direction, kept in the channel or computed from all that take part (contract 10 §1.1).
    public var direction: Direction {
        record[.conversationDirection].flatMap(Direction.init) ?? computedDirection
    }

    /// Whether a direction must be kept in the channel, so that it still holds when nobody else takes part.
    public func mustKeep(_ direction: Direction) -> Bool {
        (record[.conversationDirection] ?? Self.direction(of: [record[.callDirection]]).rawValue) != direction.rawValue
    }

    /// The conversation's direction, computed anew.
    public var computedDirection: Direction {
        Self.direction(of: [record[.callDirection]] + peers.map(\.direction))
    }

    /// The direction of a conversation between channels with these values of `WAZO_CALL_DIRECTION`.
    public static func direction(of parts: [String?]) -> Direction {
        switch (parts.contains { $0 == "inbound" }, parts.contains { $0 == "outbound" }) {
        case (true, true): .unknown
        case (false, true): .outbound
        case (true, false): .inbound
        case (false, false): .internal
        }
    }

    /// The number that was dialled; `nil`: unknown.
    public var dialedExtension: String? { record[.entryExtension] ?? record.dialled ?? record.exten }

    private var isCaller: Bool {
        if let outgoing = record[.isOutgoingCall] { return outgoing == "true" }
        return record[.channelDirection] == "to-wazo"
    }

    private var sipCallID: String? {
        guard record[.channelType] == "PJSIP" else { return nil }
        return record[.sipCallID] ?? (record.protocolID.isEmpty ? nil : record.protocolID)
    }

    private var recordState: String {
        if record[.isRecordingPaused] == "1" { return "paused" }
        return record[.isRecorded] == "1" ? "active" : "inactive"
    }

    /// The call object.
    public var json: JSONValue { .object(members) }

    /// The call object's members.
    public var members: [String: JSONValue] {
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        let dialed = text(dialedExtension)
        return [
            "call_id": .string(id.rawValue),
            "conversation_id": text(record[.linkedID]),
            "creation_time": .string(record.creationTime),
            "answer_time": text(record[.answerTime]),
            "hangup_time": .null,
            "status": .string(record.state),
            "caller_id_name": .string(record.callerName),
            "caller_id_number": .string(record.callerNumber),
            "peer_caller_id_name": .string(record.connectedName),
            "peer_caller_id_number": record.connectedNumber.isEmpty ? dialed : .string(record.connectedNumber),
            "user_uuid": text(record.user?.rawValue),
            "on_hold": .bool(record[.isOnHold] == "1"),
            "muted": .bool(record[.isMuted] == "1"),
            "parked": .bool(record[.isParked] == "1"),
            "record_state": .string(recordState),
            "bridges": .array(bridges.map { .string($0.rawValue) }),
            "talking_to": .object(
                Dictionary(peers.map { ($0.id.rawValue, text($0.user?.rawValue)) }, uniquingKeysWith: { $1 })
            ),
            "is_caller": .bool(isCaller),
            "is_video": .bool(record[.videoFormat] != "(nothing)"),
            "dialed_extension": dialed,
            "sip_call_id": text(sipCallID),
            "line_id": record[.lineID].flatMap(Int64.init).map(JSONValue.integer) ?? .null,
            "direction": .string(direction.rawValue),
        ]
    }

    /// The call object of a channel that is gone (contract 10 §3.2).
    /// - Parameters:
    ///   - cause: Why, of Q.850.
    ///   - time: When, as ISO 8601 with an offset.
    ///   - isSwapped: Whether caller and peer change places, as clients of the platform expect.
    public func endedMembers(cause: Int, at time: String, isSwapped: Bool = true) -> [String: JSONValue] {
        func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
        var members = members
        members["reason_code"] = .integer(Int64(cause))
        members["hangup_time"] = .string(time)
        members["user_uuid"] = text(record[.dereferencedUser] ?? record[.user])
        members["dialed_extension"] = text(record[.entryExtension])
        members["sip_call_id"] = .string(record[.sipCallID] ?? record.protocolID)
        members["bridges"] = []
        members["talking_to"] = [:]
        members["on_hold"] = false
        members["muted"] = false
        members["parked"] = false
        members["record_state"] = "inactive"
        members["is_caller"] = .bool(record[.channelDirection] == "to-wazo")
        guard isSwapped else { return members }
        members["caller_id_name"] = .string(record.connectedName)
        members["caller_id_number"] = .string(record.connectedNumber)
        members["peer_caller_id_name"] = .string(record.callerName)
        members["peer_caller_id_number"] = .string(record.callerNumber)
        return members
    }

    /// Whom `call_ended` names: of a Local channel, too, the one whom it stands for.
    public var endedUser: UserID? { (record[.dereferencedUser] ?? record[.user]).map(UserID.init(_:)) }
}
