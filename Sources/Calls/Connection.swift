import Telephony

/// A call in Stasis that is being connected to a user: a value; `StasisCalls` performs what it says.
///
/// Source: contract 10 §2.12 and §4.
struct Connection: Sendable, Hashable {
    enum Phase: String, Sendable, Hashable, CaseIterable {
        /// The user's phone rings.
        case ringing
        /// It was answered; both are being put into a bridge.
        case joining
        /// They talk.
        case talking
        /// Nothing is left to do.
        case over
    }

    enum Event: Sendable, Hashable, CaseIterable {
        /// The user's channel entered Stasis: it was answered.
        case calleeEntered
        /// Both are in the bridge.
        case joined
        /// They could not be joined.
        case failed
        /// The caller hung up or left Stasis.
        case callerLeft
        /// The user's channel is gone: refused, timed out or hung up.
        case calleeLeft
    }

    enum Effect: Sendable, Hashable {
        case join
        case hangUpCallee
        case dropBridge
        /// From now on whoever is left alone is hung up.
        case releaseBridge
    }

    let callee: ChannelID
    let caller: ChannelID
    let bridge: BridgeID
    private(set) var phase: Phase = .ringing

    init(callee: ChannelID, caller: ChannelID, bridge: BridgeID) {
        self.callee = callee
        self.caller = caller
        self.bridge = bridge
    }

    /// What an event leads to; one that means nothing in this phase leads to nothing.
    mutating func handle(_ event: Event) -> [Effect] {
        switch (phase, event) {
        case (.ringing, .calleeEntered):
            phase = .joining
            return [.join]
        case (.ringing, .callerLeft):
            phase = .over
            return [.hangUpCallee]
        case (.ringing, .calleeLeft):
            // The caller stays where he is, and may be connected to somebody else.
            phase = .over
            return []
        case (.joining, .joined):
            phase = .talking
            return [.releaseBridge]
        case (.joining, .failed), (.joining, .callerLeft):
            phase = .over
            return [.hangUpCallee, .dropBridge]
        case (.joining, .calleeLeft):
            phase = .over
            return [.dropBridge]
        case (.talking, .callerLeft), (.talking, .calleeLeft):
            phase = .over
            return []
        case (.ringing, .joined), (.ringing, .failed), (.joining, .calleeEntered), (.talking, .calleeEntered),
            (.talking, .joined), (.talking, .failed), (.over, _):
            return []
        }
    }
}
