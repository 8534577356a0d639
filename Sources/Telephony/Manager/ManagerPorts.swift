/// What can be done over Asterisk's manager interface, directly or through wazo-amid. Every action has a time
/// limit. Answers and events have no order between them.
public protocol ManagerControlling: Sendable {
    /// Performs an action and returns its response, followed by the events of its list up to its end.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    func send(_ action: ManagerAction) async throws -> [ManagerMessage]
    /// Performs a command of Asterisk's console and returns the lines of its output; a command that does not
    /// exist gives one explaining line (contract 38 §3).
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    func command(_ line: String) async throws -> [String]
    /// Whether actions are likely to reach Asterisk now.
    var isConnected: Bool { get }
}

/// Who takes events of the manager interface, one after the other in Asterisk's order.
public protocol ManagerEventReceiving: Sendable {
    /// Whether anybody reads events of this name; others are dropped early. Asked for each event on the thread that
    /// reads: it answers at once.
    func wants(_ name: String) -> Bool
    /// Hands an event over. While it waits, the next events do; it may send actions.
    func receive(_ event: ManagerEvent) async
    /// The connection has been made: what happened before may have been missed. Called before its first event.
    func managerConnected() async
    /// The connection was lost.
    func managerDisconnected() async
}

/// Names of events.
public enum ManagerEventNames {
    /// What the gateway reads (contract 00 §6.3, and `OriginateResponse` for originations of our own). Others
    /// need not be taken from the bus.
    public static let consumed = [
        "FullyBooted", "Newchannel", "Newstate", "NewConnectedLine", "Hold", "Unhold", "Hangup", "UserEvent",
        "DTMFEnd", "BridgeEnter", "BridgeLeave", "MixMonitorStart", "MixMonitorStop", "AttendedTransfer", "Pickup",
        "ConfbridgeJoin", "ConfbridgeLeave", "ConfbridgeMute", "ConfbridgeUnmute", "ConfbridgeRecord",
        "ConfbridgeStopRecord", "ConfbridgeTalking", "ParkedCall", "ParkedCallGiveUp", "ParkedCallSwap",
        "ParkedCallTimeOut", "UnParkedCall", "DialEnd", "MessageWaiting", "PeerStatus", "Registry",
        "OriginateResponse",
    ]

    /// Frequent events of Asterisk 22 that nobody reads.
    public static let unread = [
        "VarSet", "Newexten", "ExtensionStatus", "RTCPSent", "RTCPReceived", "CEL", "Cdr", "DeviceStateChange",
        "PresenceStateChange", "NewCallerid", "LocalBridge", "DialBegin", "DialState", "DTMFBegin", "HangupRequest",
        "SoftHangupRequest", "BridgeCreate", "BridgeDestroy", "MusicOnHoldStart", "MusicOnHoldStop", "TestEvent",
        "ContactStatus", "SuccessfulAuth", "ChallengeSent", "QueueMemberStatus", "AgentCalled",
    ]
}
