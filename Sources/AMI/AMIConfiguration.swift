import Telephony

/// How Asterisk's manager interface is reached, and its limits.
public struct AMIConfiguration: Sendable, Hashable {
    /// Host name or address.
    public var host: String
    /// TCP port, 5038 by default.
    public var port: Int
    /// Name in manager.conf.
    public var username: String
    /// Its secret.
    public var secret: String
    /// Whether the secret may be sent as it is when Asterisk offers no MD5 challenge.
    public var allowsPlainLogin = false
    /// Events that Asterisk is asked to keep to itself, unless the receiver wants them.
    public var unreadEvents = ManagerEventNames.unread
    /// Actions that are noted in the log when the user lacks the privilege for them.
    public var neededActions = AMIConfiguration.actionsOfTheContract
    /// Time that an action may take, its waiting included.
    public var actionLimit: Duration = .seconds(5)
    /// Time for a connection to open and, again, for the login.
    public var connectLimit: Duration = .seconds(3)
    /// Pause between two signs of life that are asked of a silent Asterisk (`SignsOfLife`).
    public var pingInterval: Duration = SignsOfLife.interval
    /// Actions that wait for Asterisk's answer at once; further ones wait here.
    public var actionsInFlight = 256
    /// Actions that wait here at most; further ones fail at once.
    public var actionsWaiting = 8_192
    /// Events that wait for the receiver before reading stops; while an action waits for its answer, reading goes on
    /// up to ``eventsAtMost``, so that a receiver that sends actions does not wait for itself.
    public var eventsWaiting = 512
    /// Events that wait for the receiver at most.
    public var eventsAtMost = 8_192
    /// First pause after a lost connection; it doubles up to ``reconnectionDelayLimit``.
    public var reconnectionDelay: Duration = .milliseconds(100)
    /// Longest pause between two tries.
    public var reconnectionDelayLimit: Duration = .seconds(2)
    /// Longest pause while nobody listens on the port at all: such a try costs nothing, and Asterisk may be back.
    public var refusedDelayLimit: Duration = .milliseconds(500)
    /// Pause after a refused login, which only a change of configuration heals.
    public var loginRefusedDelay: Duration = .seconds(30)

    /// A configuration with the usual limits, which are properties.
    public init(host: String = "127.0.0.1", port: Int = 5_038, username: String, secret: String) {
        self.host = host
        self.port = port
        self.username = username
        self.secret = secret
    }

    /// What the gateway sends (contracts 10 to 36).
    public static let actionsOfTheContract = [
        "Command", "ConfbridgeKick", "ConfbridgeList", "ConfbridgeMute", "ConfbridgeStartRecord",
        "ConfbridgeStopRecord", "ConfbridgeUnmute", "MixMonitor", "MuteAudio", "Originate", "Park", "ParkedCalls",
        "Parkinglots", "PJSIPNotify", "PlayDTMF", "QueueAdd", "QueuePause", "QueueRemove", "Redirect",
        "Setvar", "ShowDialPlan", "StopMixMonitor", "VoicemailMove", "VoicemailRefresh", "VoicemailRemove",
    ]
}
