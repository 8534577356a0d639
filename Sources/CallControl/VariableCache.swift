import Telephony

/// What ``LiveVariables`` keeps, and what it is reading or setting: a value without any waiting in it.
///
/// A read or set that is under way carries a number. Whatever may have made its result untrue (the channel's end, a set,
/// the feed's loss) takes the number away, and a result without its number is not kept.
struct VariableCache {
    struct Key: Hashable {
        var channel: ChannelID
        var name: String
    }
    typealias Flight = Task<String?, any Error>

    /// What a reader has to do.
    enum Reading {
        /// Nothing: this is the value.
        case kept(String)
        /// Await the request that is under way.
        case underWay(Flight)
        /// Make a request of its own, whose result nobody else gets.
        case unshared
    }

    private struct Kept {
        var values: [String: String] = [:]
        var lastUse: UInt64 = 0
    }

    private let capacity: Int
    private var isListening = false
    private var number: UInt64 = 0
    private var kept: [ChannelID: Kept] = [:]
    private var reads: [ChannelID: [String: (number: UInt64, task: Flight)]] = [:]
    private var sets: [ChannelID: [String: Set<UInt64>]] = [:]
    /// Sets that were alone all the time, and whose channel has not ended.
    private var keepable: Set<UInt64> = []

    init(capacity: Int) {
        precondition(capacity > 0, "values of one channel at least are kept")
        self.capacity = capacity
    }

    var count: Int { kept.count }

    private mutating func next() -> UInt64 {
        number += 1
        return number
    }

    mutating func read(_ key: Key, start: (UInt64) -> Flight) -> Reading {
        if let value = kept[key.channel]?.values[key.name] {
            let use = next()
            kept[key.channel]?.lastUse = use
            return .kept(value)
        }
        // The old and the new value are both possible now.
        if sets[key.channel]?[key.name] != nil { return .unshared }
        if let read = reads[key.channel]?[key.name] { return .underWay(read.task) }
        let number = next()
        let task = start(number)
        reads[key.channel, default: [:]][key.name] = (number, task)
        return .underWay(task)
    }

    mutating func finish(_ key: Key, flight: UInt64, value: String?) {
        guard reads[key.channel]?[key.name]?.number == flight else { return }
        dropRead(key)
        if let value { keep(value, key) }
    }

    mutating func beginSet(_ key: Key) -> UInt64 {
        forget(key)
        let number = next()
        if let others = sets[key.channel]?[key.name] {
            // Which of them comes last is Asterisk's affair.
            keepable.subtract(others)
        } else {
            keepable.insert(number)
        }
        sets[key.channel, default: [:]][key.name, default: []].insert(number)
        return number
    }

    mutating func endSet(_ key: Key, ticket: UInt64, value: String?) {
        sets[key.channel]?[key.name]?.remove(ticket)
        if sets[key.channel]?[key.name]?.isEmpty == true { sets[key.channel]?[key.name] = nil }
        if sets[key.channel]?.isEmpty == true { sets[key.channel] = nil }
        guard keepable.remove(ticket) != nil, let value else { return }
        keep(value, key)
    }

    private mutating func keep(_ value: String, _ key: Key) {
        guard isListening else { return }
        if kept[key.channel] == nil, kept.count >= capacity { makeRoom() }
        let use = next()
        kept[key.channel, default: Kept()].values[key.name] = value
        kept[key.channel]?.lastUse = use
    }

    /// An eighth at once, so that looking for the oldest is seldom.
    private mutating func makeRoom() {
        let oldest = kept.sorted { $0.value.lastUse < $1.value.lastUse }.prefix(max(1, capacity / 8))
        for (channel, _) in oldest { kept[channel] = nil }
    }

    /// Whether an event of the channel can make something untrue.
    func knows(_ channel: ChannelID) -> Bool { kept[channel] != nil || reads[channel] != nil || sets[channel] != nil }

    mutating func forget(_ key: Key) {
        kept[key.channel]?.values[key.name] = nil
        dropRead(key)
    }

    private mutating func dropRead(_ key: Key) {
        reads[key.channel]?[key.name] = nil
        if reads[key.channel]?.isEmpty == true { reads[key.channel] = nil }
    }

    /// The channel has ended: results of its reads and sets that are under way are not kept.
    mutating func forget(_ channel: ChannelID) {
        kept[channel] = nil
        reads[channel] = nil
        for numbers in (sets[channel] ?? [:]).values { keepable.subtract(numbers) }
    }

    mutating func listen(_ isListening: Bool) {
        self.isListening = isListening
        guard !isListening else { return }
        kept = [:]
        reads = [:]
        keepable = []
    }
}
