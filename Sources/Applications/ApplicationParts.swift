import Core
import Telephony

/// A node: calls that talk with each other, or wait (contract 11 §1).
struct ApplicationNode: Sendable, Hashable, Codable {
    /// Where it stands.
    enum Phase: String, Sendable, Codable, CaseIterable {
        /// Its bridge is being made; clients do not know of it yet.
        case planned
        /// It is there.
        case open
    }

    let id: BridgeID
    var phase: Phase
    /// Its calls, in the order of their entering.
    var members: [ChannelID]
    /// Of the stored row.
    var revision = 0

    init(_ id: BridgeID, phase: Phase, members: [ChannelID] = []) {
        self.id = id
        self.phase = phase
        self.members = members
    }

    private enum CodingKeys: String, CodingKey { case id, phase, members }

    /// The node as clients see it.
    var json: JSONValue {
        ["uuid": .string(id.rawValue), "calls": .array(members.map { ["id": .string($0.rawValue)] })]
    }
}

/// A call that hears, or speaks to, another one (contract 11 §3.9).
struct ApplicationSnoop: Sendable, Hashable, Codable {
    /// Where it stands.
    enum Phase: String, Sendable, Codable, CaseIterable {
        /// Its bridge and its channel are being made; clients do not know of it yet.
        case planned
        /// It is there.
        case open
        /// It is being taken away.
        case ending
    }

    /// Its id, and that of its bridge.
    let id: String
    var phase = Phase.planned
    let snooped: ChannelID
    let snooping: ChannelID
    var mode: WhisperMode
    /// The channel that is heard through.
    var channel: ChannelID
    /// Channels of it that have come into the application.
    var arrived: Set<ChannelID> = []
    /// Of the stored row.
    var revision = 0

    init(id: String, snooped: ChannelID, snooping: ChannelID, mode: WhisperMode, channel: ChannelID) {
        self.id = id
        self.snooped = snooped
        self.snooping = snooping
        self.mode = mode
        self.channel = channel
    }

    private enum CodingKeys: String, CodingKey { case id, phase, snooped, snooping, mode, channel, arrived }

    /// Its bridge.
    var bridge: BridgeID { BridgeID(id) }

    /// The snoop as clients see it.
    var json: JSONValue {
        [
            "uuid": .string(id), "snooped_call_id": .string(snooped.rawValue),
            "snooping_call_id": .string(snooping.rawValue), "whisper_mode": .string(mode.rawValue),
        ]
    }
}

/// Who hears the one that snoops.
enum WhisperMode: String, Sendable, Hashable, Codable, CaseIterable {
    /// Nobody.
    case none
    /// The other party of the snooped call.
    case `in`
    /// The snooped call.
    case out
    /// Both.
    case both

    /// The direction of Asterisk's word.
    var direction: AudioDirection {
        switch self {
        case .none: .none
        case .in: .in
        case .out: .out
        case .both: .both
        }
    }
}

/// Media that is played to a call.
struct ApplicationPlayback: Sendable, Hashable, Codable {
    let id: String
    let call: ChannelID
    var uri: String
    var language: String
    /// Whether clients were told that it began.
    var isTold = false
    /// Of the stored row.
    var revision = 0

    init(id: String, call: ChannelID, uri: String, language: String) {
        self.id = id
        self.call = call
        self.uri = uri
        self.language = language
    }

    /// Whether it ends only when somebody ends it.
    var isEndless: Bool { uri.begins(with: "tone:") }

    private enum CodingKeys: String, CodingKey { case id, call, uri, language, isTold }

    /// The playback as clients see it.
    func json(state: String) -> JSONValue {
        [
            "uuid": .string(id), "uri": .string(uri), "language": .string(language), "state": .string(state),
        ]
    }
}
