import Core

/// The channel variables that a call object is made of (contract 10 §1).
public enum CallVariable: UInt8, CaseIterable, Sendable, Hashable {
    case linkedID, videoFormat, channelType
    case answerTime, callDirection, isMuted, isParked, isRecorded, isRecordingPaused
    case channelDirection, conversationDirection, dereferencedUser, entryExtension, lineID, sipCallID
    case tenant, user, isOutgoingCall, isOnHold

    /// Its name in Asterisk.
    public var name: String {
        switch self {
        case .linkedID: "CHANNEL(linkedid)"
        case .videoFormat: "CHANNEL(videonativeformat)"
        case .channelType: "CHANNEL(channeltype)"
        case .answerTime: "WAZO_ANSWER_TIME"
        case .callDirection: "WAZO_CALL_DIRECTION"
        case .isMuted: "WAZO_CALL_MUTED"
        case .isParked: "WAZO_CALL_PARKED"
        case .isRecorded: "WAZO_CALL_RECORD_ACTIVE"
        case .isRecordingPaused: "WAZO_RECORDING_PAUSED"
        case .channelDirection: "WAZO_CHANNEL_DIRECTION"
        case .conversationDirection: "WAZO_CONVERSATION_DIRECTION"
        case .dereferencedUser: "WAZO_DEREFERENCED_USERUUID"
        case .entryExtension: "WAZO_ENTRY_EXTEN"
        case .lineID: "WAZO_LINE_ID"
        case .sipCallID: "WAZO_SIP_CALL_ID"
        case .tenant: "WAZO_TENANT_UUID"
        case .user: "WAZO_USERUUID"
        case .isOutgoingCall: "WAZO_USER_OUTGOING_CALL"
        case .isOnHold: "XIVO_ON_HOLD"
        }
    }

    /// What the contract reads from the snapshot alone: a site whose ari.conf does not list it goes without.
    public var isOfSnapshotOnly: Bool {
        switch self {
        case .answerTime, .isRecorded, .isRecordingPaused, .videoFormat, .conversationDirection, .sipCallID: true
        default: false
        }
    }

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

    /// The variable of a name, also when the underscores that make it inherited stand before it.
    public init?(name: some StringProtocol) {
        guard let known = Self.byName[String(scalars: name.unicodeScalars.drop { $0 == "_" })] else { return nil }
        self = known
    }
}
