public import Core
public import Foundation

/// An event of Asterisk, as a feature gets it.
public struct AsteriskEvent: Sendable, Hashable {
    /// What happened. Events that nobody here reads are `.other` with ARI's type.
    public enum Kind: Sendable, Hashable {
        /// A channel entered a Stasis application; `replaced` is the channel whose place it took.
        case stasisStart(Channel, arguments: [String], replaced: Channel?)
        /// A channel left a Stasis application.
        case stasisEnd(Channel)
        /// A channel is gone; `cause` is the Q.850 hang-up cause.
        case channelDestroyed(Channel, cause: Int)
        /// A channel's state changed.
        case channelStateChange(Channel)
        /// A channel's caller id changed.
        case channelCallerID(Channel)
        /// A channel entered a bridge; the bridge is shown with it.
        case channelEnteredBridge(Channel, Bridge)
        /// A channel left a bridge; the bridge is shown without it.
        case channelLeftBridge(Channel, Bridge)
        /// A bridge is gone.
        case bridgeDestroyed(Bridge)
        /// A bridge was made.
        case bridgeCreated(Bridge)
        /// The channels of the second bridge went over into the first.
        case bridgesMerged(Bridge, from: Bridge)
        /// A channel was made.
        case channelCreated(Channel)
        /// The party that a channel is connected with has another identity.
        case channelConnectedLine(Channel)
        /// Somebody asked for a hang-up; `cause` is of Q.850.
        case channelHangupRequest(Channel, cause: Int?)
        /// A digit was received, and how long it was pressed.
        case channelDTMFReceived(Channel, digit: String, milliseconds: Int)
        /// A phone held its call.
        case channelHold(Channel, musicClass: String?)
        /// A phone took its call up again.
        case channelUnhold(Channel)
        /// Music on hold began; only the platform's Asterisk tells (contract 21).
        case channelMusicStarted(Channel, musicClass: String?)
        /// Music on hold ended; only the platform's Asterisk tells.
        case channelMusicStopped(Channel)
        /// Talk was detected; only of channels whose `TALK_DETECT` is set.
        case channelTalkingStarted(Channel)
        /// Talk ended after so long.
        case channelTalkingFinished(Channel, milliseconds: Int)
        /// A variable was set; of no channel: a global one.
        case channelVariableSet(Channel?, name: String, value: String)
        /// An event of the dialplan's or an application's own, with its fields.
        case userEvent(name: String, Channel?, Bridge?, fields: [String: JSONValue])
        /// A dialled channel's progress.
        indirect case dial(DialProgress)
        /// A channel could not be moved to another application.
        case applicationMoveFailed(Channel, destination: String)
        /// A party was transferred without asking the target.
        indirect case blindTransfer(BlindTransfer)
        /// A party was transferred after asking the target.
        indirect case attendedTransfer(AttendedTransfer)
        /// Media began to play.
        case playbackStarted(Playback)
        /// Of a list of media `media` has ended, and `nextMedia` begins.
        case playbackContinuing(Playback)
        /// A playback has ended, or failed.
        case playbackFinished(Playback)
        /// A recording began.
        case recordingStarted(LiveRecording)
        /// A recording has ended.
        case recordingFinished(LiveRecording)
        /// A recording failed.
        case recordingFailed(LiveRecording)
        /// An endpoint went online or offline.
        case endpointStateChange(Endpoint)
        /// A registration or its reachability changed.
        case contactStatusChange(Endpoint, Contact)
        /// A peer's reachability changed.
        case peerStatusChange(Endpoint, PeerStatus)
        /// A device's state changed.
        case deviceStateChanged(DeviceState)
        /// Any other event, with ARI's type.
        case other(String)
    }

    /// What happened.
    public var kind: Kind
    /// The Stasis application that the event was sent to.
    public var application: String
    /// Asterisk's time of the event.
    public var timestamp: Date

    /// An event with all its parts.
    public init(_ kind: Kind, application: String, timestamp: Date) {
        self.kind = kind
        self.application = application
        self.timestamp = timestamp
    }
}
