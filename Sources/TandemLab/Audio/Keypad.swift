import NIOCore

/// The keys of a telephone as RTP events (RFC 4733): which packet comes next, one every 20 ms.
struct Keypad {
    /// A packet instead of sound.
    struct Event: Hashable {
        /// 101, with the marker bit on a key's first packet.
        var payloadType: UInt8
        var timestamp: UInt32
        var payload: [UInt8]
    }

    private static let payloadType: UInt8 = 101
    private static let marker: UInt8 = 0x80
    private static let end: UInt8 = 0x80
    private static let volume: UInt8 = 10
    private static let samples: UInt16 = 160
    /// Packets while the key is held, then three that say the end (§2.5.1.4).
    private static let held = 8
    private static let ends = 3
    private static let pause = 4

    private var keys: [UInt8] = []
    private var step = 0
    private var start: UInt32 = 0
    private var promises: [EventLoopPromise<Void>] = []

    /// Puts keys at the end of those that are still to be pressed.
    mutating func press(_ text: String, _ done: EventLoopPromise<Void>) {
        keys += text.utf8.compactMap { Array("0123456789*#ABCD".utf8).firstIndex(of: $0).map(UInt8.init) }
        promises.append(done)
        if keys.isEmpty { finish() }
    }

    /// The next packet; `nil`: sound as always, no key is held.
    /// - Parameter timestamp: The time of a packet of sound at this moment.
    mutating func next(timestamp: UInt32) -> Event? {
        guard let key = keys.first else { return nil }
        step += 1
        if step > Self.held + Self.ends {
            if step == Self.held + Self.ends + Self.pause {
                keys.removeFirst()
                step = 0
                if keys.isEmpty { finish() }
            }
            return nil
        }
        if step == 1 { start = timestamp }
        let duration = UInt16(min(step, Self.held)) * Self.samples
        let last: UInt8 = step > Self.held ? Self.end : 0
        return Event(
            payloadType: Self.payloadType | (step == 1 ? Self.marker : 0),
            timestamp: start,
            payload: [key, last | Self.volume, UInt8(duration >> 8), UInt8(duration & 0xFF)]
        )
    }

    private mutating func finish() {
        for promise in promises { promise.succeed() }
        promises = []
    }
}
