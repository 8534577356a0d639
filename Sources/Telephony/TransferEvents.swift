/// What became of a dialled channel.
public struct DialProgress: Sendable, Hashable {
    /// Who dials; `nil` for a channel that was originated.
    public var caller: Channel?
    /// Who is dialled.
    public var peer: Channel
    /// Empty at the beginning, then `RINGING`, `PROGRESS`, `ANSWER`, `BUSY`, `NOANSWER`, `CANCEL`, `CONGESTION`,
    /// `CHANUNAVAIL`, …
    public var status: String
    /// What was dialled, may be empty.
    public var dialString: String
    /// Where the phone forwards to, if it does.
    public var forward: String?
    /// The channel that was made for the forwarding.
    public var forwarded: Channel?

    /// Progress with all its parts.
    public init(
        caller: Channel?,
        peer: Channel,
        status: String,
        dialString: String = "",
        forward: String? = nil,
        forwarded: Channel? = nil
    ) {
        self.caller = caller
        self.peer = peer
        self.status = status
        self.dialString = dialString
        self.forward = forward
        self.forwarded = forwarded
    }
}

/// A transfer that a phone or the dialplan's feature code made without asking the target.
public struct BlindTransfer: Sendable, Hashable {
    /// Who transfers.
    public var transferer: Channel
    /// Who is transferred, if it is one channel.
    public var transferee: Channel?
    /// The channel that takes the transferer's place.
    public var replaced: Channel?
    /// Where to; the priority is 1.
    public var place: DialplanPlace
    /// The bridge that they were in.
    public var bridge: Bridge?
    /// `Success`, `Fail`, `Invalid`, `Not Permitted`.
    public var result: String
    /// Whether the transferer did it, not we.
    public var isExternal: Bool

    /// A transfer with all its parts.
    public init(
        transferer: Channel,
        transferee: Channel? = nil,
        replaced: Channel? = nil,
        place: DialplanPlace,
        bridge: Bridge? = nil,
        result: String,
        isExternal: Bool
    ) {
        self.transferer = transferer
        self.transferee = transferee
        self.replaced = replaced
        self.place = place
        self.bridge = bridge
        self.result = result
        self.isExternal = isExternal
    }
}

/// A transfer that a phone made after asking the target.
public struct AttendedTransfer: Sendable, Hashable {
    /// The transferer's leg to the transferred party.
    public var firstLeg: Channel
    /// The transferer's leg to the target.
    public var secondLeg: Channel
    /// The bridge of the first leg.
    public var firstBridge: Bridge?
    /// The bridge of the second leg.
    public var secondBridge: Bridge?
    /// Who is transferred, if it is one channel.
    public var transferee: Channel?
    /// Whom to, if it is one channel.
    public var target: Channel?
    /// The channel that takes a transferer's place.
    public var replaced: Channel?
    /// `bridge`, `application`, `link`, `threeway` or `fail`.
    public var destination: String
    /// The bridge in which both parties are now.
    public var destinationBridge: BridgeID?
    /// `Success`, `Fail`, `Invalid`, `Not Permitted`.
    public var result: String
    /// Whether the transferer did it, not we.
    public var isExternal: Bool

    /// A transfer with the parts that are always there.
    public init(
        firstLeg: Channel,
        secondLeg: Channel,
        destination: String,
        result: String,
        isExternal: Bool
    ) {
        self.firstLeg = firstLeg
        self.secondLeg = secondLeg
        self.destination = destination
        self.result = result
        self.isExternal = isExternal
    }
}
