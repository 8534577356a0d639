import CallControl
import Core
import Telephony

/// An operator's request for a waiting call, on its way from a route to the switchboard's actor.
struct AnswerRequest: Sendable {
    /// The call that is asked for.
    let call: ChannelID
    /// The room in which it is asked for.
    let room: WaitingCall.Room
    /// Who asks, with the ids of what will be created.
    let taker: WaitingCall.Operator
    /// How long the client waits: a request that waited longer is not carried out, so that no phone
    /// rings for an operator who was told that it failed.
    let expiry: ContinuousClock.Instant
    /// Where the outcome goes: the operator's channel.
    let reply: Reply<ChannelID>
}

/// An operator's request to put a call into the waiting room.
struct HoldRequest: Sendable {
    /// The call, as Asterisk shows it.
    let channel: Channel
    /// How long the client waits.
    let expiry: ContinuousClock.Instant
    /// Where the outcome goes.
    let reply: Reply<Void>
}
