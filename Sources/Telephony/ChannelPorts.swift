/// What every feature does with channels. Every request has a time limit.
public protocol ChannelControlling: Sendable {
    /// All channels, in one request.
    /// - Throws: `TelephonyFailure`.
    func channels() async throws -> [Channel]
    /// A channel; `nil` when there is none of this id.
    /// - Throws: `TelephonyFailure`.
    func channel(_ id: ChannelID) async throws -> Channel?
    /// Places a call and returns its channel, which rings or has only just begun to.
    /// - Throws: `TelephonyFailure`: `.invalid` for an endpoint that makes no sense, `.internalError` for one that
    ///   cannot be dialled now, `.conflict` when a channel of this id exists.
    @discardableResult
    func originate(_ origination: Origination) async throws -> Channel
    /// Answers; an answered channel stays so.
    /// - Throws: `TelephonyFailure`.
    func answer(_ id: ChannelID) async throws
    /// Hangs up, in Stasis or not.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    func hangUp(_ id: ChannelID, reason: HangupReason?) async throws
    /// Sends a channel out of Stasis to a place of the dialplan; `nil`: to its next priority.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    func `continue`(_ id: ChannelID, at place: DialplanPlace?) async throws
    /// A channel variable or function; `nil` when it is unset.
    /// - Throws: `TelephonyFailure`.
    func variable(_ name: String, of id: ChannelID) async throws -> String?
    /// Sets a channel variable or function; an empty value unsets it.
    /// - Throws: `TelephonyFailure`, `.conflict` when the channel is not in Stasis.
    func setVariable(_ name: String, to value: String, of id: ChannelID) async throws
}

extension ChannelControlling {
    /// Hangs up with a normal cause.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    public func hangUp(_ id: ChannelID) async throws { try await hangUp(id, reason: nil) }
}

/// Why a channel is hung up, as the far end is told.
public enum HangupReason: Sendable, Hashable {
    /// A cause of Q.850, 1 to 127.
    case cause(Int)
    /// A name that ARI knows: `normal`, `busy`, `congestion`, `no_answer`, `timeout`, `rejected`, `unallocated`,
    /// `normal_unspecified`, `number_incomplete`, `codec_mismatch`, `interworking`, `failure`,
    /// `answered_elsewhere`.
    case named(String)

    /// 17: the user is busy.
    public static let busy = HangupReason.cause(17)
    /// 19: nobody answered.
    public static let noAnswer = HangupReason.cause(19)
    /// 21: the call was refused.
    public static let rejected = HangupReason.cause(21)
    /// 26: somebody else answered, so a phone shows no missed call.
    public static let answeredElsewhere = HangupReason.cause(26)
}

/// Channels that come into being otherwise than by a call, and channels that change their place.
public protocol ChannelPlacing: Sendable {
    /// Makes a channel without dialling it.
    /// - Throws: `TelephonyFailure`.
    @discardableResult
    func create(_ creation: ChannelCreation) async throws -> Channel
    /// Dials a channel that was created; `timeout` in seconds, `nil`: Asterisk's 30.
    /// - Throws: `TelephonyFailure`, `.conflict` when it is dialled already.
    func dial(_ id: ChannelID, from caller: ChannelID?, timeout: Int?) async throws
    /// Moves a channel from its Stasis application into another one; its snapshot still shows the first
    /// (contract 44 §13 a). When Asterisk cannot, event `ApplicationMoveFailed` tells.
    /// - Throws: `TelephonyFailure`, `.conflict` when it is not in Stasis.
    func move(_ id: ChannelID, to application: String, arguments: [String]) async throws
    /// Sends the caller elsewhere: 302 before the answer, REFER after it.
    /// - Throws: `TelephonyFailure`, `.unprocessable` when the endpoint is of another technology.
    func redirect(_ id: ChannelID, to endpoint: DialString) async throws
    /// Makes a channel that hears, or speaks to, another one.
    /// - Throws: `TelephonyFailure`, `.notFound` when the other is gone.
    @discardableResult
    func snoop(_ snoop: Snoop) async throws -> Channel
}

/// A channel that hears, or speaks to, another one.
public struct Snoop: Sendable, Hashable {
    /// The new channel's id, chosen by us.
    public var channel: ChannelID
    /// The channel that is listened to.
    public var snooped: ChannelID
    /// What is heard of it.
    public var spy: AudioDirection
    /// Who hears the snooper: `in` the other party of the snooped call, `out` the snooped call.
    public var whisper: AudioDirection
    /// The Stasis application that gets the new channel.
    public var application: String
    /// Its arguments; an argument holds no comma.
    public var arguments: [String]

    /// A snoop with all its parts.
    public init(
        channel: ChannelID,
        on snooped: ChannelID,
        spy: AudioDirection,
        whisper: AudioDirection,
        application: String,
        arguments: [String] = []
    ) {
        self.channel = channel
        self.snooped = snooped
        self.spy = spy
        self.whisper = whisper
        self.application = application
        self.arguments = arguments
    }
}

/// Directions of a channel's audio, seen from Asterisk.
public enum AudioDirection: String, Sendable, Hashable, CaseIterable {
    /// Neither.
    case none
    /// What the channel sends to Asterisk.
    case `in`
    /// What Asterisk sends to the channel.
    case out
    /// Both.
    case both
}

/// Tones and signals of a channel. Each fails with `.conflict` when the channel is not in Stasis.
public protocol ChannelSignalling: Sendable {
    /// Lets the caller hear ringing.
    /// - Throws: `TelephonyFailure`.
    func startRinging(_ id: ChannelID) async throws
    /// Ends the ringing that we began.
    /// - Throws: `TelephonyFailure`.
    func stopRinging(_ id: ChannelID) async throws
    /// Sends progress (183), which opens early media.
    /// - Throws: `TelephonyFailure`.
    func indicateProgress(_ id: ChannelID) async throws
    /// Sends DTMF to the channel.
    /// - Throws: `TelephonyFailure`.
    func send(_ tones: DTMFTones, to id: ChannelID) async throws
}

/// DTMF to be sent.
public struct DTMFTones: Sendable, Hashable {
    /// `0`–`9`, `*`, `#`, `A`–`D`.
    public var digits: String
    /// Milliseconds of each tone; `nil`: Asterisk's 100.
    public var duration: Int?
    /// Milliseconds between two tones; `nil`: Asterisk's 100.
    public var pause: Int?

    /// Tones with all their parts.
    public init(_ digits: String, duration: Int? = nil, pause: Int? = nil) {
        self.digits = digits
        self.duration = duration
        self.pause = pause
    }
}

/// What a channel hears while it waits, and whether it is heard. Each fails with `.conflict` when the channel is not
/// in Stasis.
public protocol ChannelMediaControlling: Sendable {
    /// Mutes.
    /// - Throws: `TelephonyFailure`.
    func mute(_ id: ChannelID, _ direction: AudioDirection) async throws
    /// Ends muting.
    /// - Throws: `TelephonyFailure`.
    func unmute(_ id: ChannelID, _ direction: AudioDirection) async throws
    /// Tells the phone that it is held.
    /// - Throws: `TelephonyFailure`.
    func hold(_ id: ChannelID) async throws
    /// Tells the phone that it is no longer held.
    /// - Throws: `TelephonyFailure`.
    func unhold(_ id: ChannelID) async throws
    /// Plays music on hold; `nil`: the channel's or Asterisk's default class.
    /// - Throws: `TelephonyFailure`.
    func startMusic(on id: ChannelID, musicClass: String?) async throws
    /// Ends music on hold; without music nothing happens.
    /// - Throws: `TelephonyFailure`.
    func stopMusic(on id: ChannelID) async throws
    /// Plays silence, which keeps media flowing.
    /// - Throws: `TelephonyFailure`.
    func startSilence(on id: ChannelID) async throws
    /// Ends silence.
    /// - Throws: `TelephonyFailure`.
    func stopSilence(on id: ChannelID) async throws
}
