import Core

/// Objects of one kind that were read before, bounded in number: the one that was not asked for longest goes.
/// Only what was found is kept.
///
/// It is fed with changes. While the source of changes is away nothing is kept and nothing is answered, and what
/// was being read when a change came is not kept, since nobody knows which of the two was first.
struct LookupCache<Object: Hashable & Sendable, Value: Sendable>: Sendable {
    /// The right to keep what is being read, lost by a change that may concern it.
    struct Ticket: Sendable, Hashable {
        fileprivate let number: UInt64
    }

    private struct Entry: Sendable {
        /// The same object as different tenants are allowed to see it.
        var values: [TenantID?: Value]
        var used: UInt64
    }

    /// Objects that are kept at most.
    let capacity: Int
    private var entries: [Object: Entry] = [:]
    private var underWay: [UInt64: Object] = [:]
    private var isFed = false
    private var clock: UInt64 = 0

    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Objects that are kept now.
    var count: Int { entries.count }

    /// What is kept of an object.
    mutating func value(of object: Object, in scope: TenantID?) -> Value? {
        guard let value = entries[object]?.values[scope] else { return nil }
        clock += 1
        entries[object]?.used = clock
        return value
    }

    /// A read begins.
    mutating func begin(_ object: Object) -> Ticket {
        clock += 1
        if isFed { underWay[clock] = object }
        return Ticket(number: clock)
    }

    /// A read has ended; `nil` when it found nothing or failed.
    mutating func end(_ ticket: Ticket, _ value: Value?, of object: Object, in scope: TenantID?) {
        guard underWay.removeValue(forKey: ticket.number) != nil, let value else { return }
        clock += 1
        entries[object, default: Entry(values: [:], used: clock)].values[scope] = value
        entries[object]?.used = clock
        if entries.count > capacity { shrink() }
    }

    /// An object has changed.
    mutating func remove(_ object: Object) {
        entries[object] = nil
        underWay = underWay.filter { $0.value != object }
    }

    /// Something has changed that these objects may hold.
    mutating func removeAll(where holds: (Value) -> Bool) {
        entries = entries.filter { !$0.value.values.values.contains(where: holds) }
        underWay = [:]
    }

    /// Anything may have changed.
    mutating func removeAll() {
        entries = [:]
        underWay = [:]
    }

    /// Whether changes are being told from now on. Both ways all is forgotten.
    mutating func setFed(_ isFed: Bool) {
        removeAll()
        self.isFed = isFed
    }

    /// Drops a tenth at once, so that a full cache does not search for the oldest at each read.
    private mutating func shrink() {
        let surplus = entries.count - capacity + capacity / 10
        for object in entries.sorted(by: { $0.value.used < $1.value.used }).prefix(surplus).map(\.key) {
            entries[object] = nil
        }
    }
}
