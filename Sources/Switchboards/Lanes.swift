import DequeModule

/// Inputs sorted by what they concern: those of one lane are taken one after the other, lanes run side by side.
///
/// A value: who holds it starts a task when a lane opens, and limits how much is put in by looking at ``count``.
struct Lanes<Key: Hashable & Sendable, Input: Sendable>: Sendable {
    /// Of each open lane, what it has not taken yet.
    private var waiting: [Key: Deque<Input>] = [:]
    /// Inputs that were put in and are not done.
    private(set) var count = 0

    /// Puts an input at the end of its lane.
    /// - Returns: Whether the lane was not open: somebody must take its inputs now.
    mutating func put(_ input: Input, into lane: Key) -> Bool {
        count += 1
        if waiting[lane] == nil {
            waiting[lane] = [input]
            return true
        }
        waiting[lane]?.append(input)
        return false
    }

    /// The next input of an open lane; when there is none the lane is closed.
    mutating func next(in lane: Key) -> Input? {
        if let input = waiting[lane]?.popFirst() { return input }
        waiting[lane] = nil
        return nil
    }

    /// One that was taken is done, or was put into another lane.
    mutating func finish() { count -= 1 }
}
