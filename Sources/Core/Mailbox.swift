import DequeModule
import Synchronization

/// A bounded queue from many senders to one consumer.
///
/// When it is full a sender waits: that is the back-pressure of the event feed. The consumer takes
/// elements in the order in which they were accepted.
///
/// Nobody is woken while the lock is held. Cancelling a task holds a lock of the task's own while it calls `onCancel`,
/// which takes this one; waking the task takes the two in the other order, and both threads would wait for ever.
public final class Mailbox<Element: Sendable>: Sendable {
    private struct State {
        var elements = Deque<Element>()
        var consumer: CheckedContinuation<Element?, Never>?
        var senders = Deque<(element: Element, continuation: CheckedContinuation<Bool, Never>)>()
        var closed = false

        /// The first element, and the sender whose own has taken the room that it left.
        mutating func take() -> (element: Element, sender: CheckedContinuation<Bool, Never>?)? {
            guard let element = elements.popFirst() else { return nil }
            guard let waiting = senders.popFirst() else { return (element, nil) }
            elements.append(waiting.element)
            return (element, waiting.continuation)
        }
    }

    private let state = Mutex(State())
    /// Elements that wait at most, before a sender does; at least 1.
    public let capacity: Int

    /// An open, empty mailbox.
    public init(capacity: Int = 1_024) {
        precondition(capacity > 0, "a mailbox holds at least one element")
        self.capacity = capacity
    }

    /// Elements that wait now, those of waiting senders included.
    public var count: Int { state.withLock { $0.elements.count + $0.senders.count } }

    /// Puts an element in if there is room.
    /// - Returns: `false` when the mailbox is full or closed.
    @discardableResult
    public func offer(_ element: Element) -> Bool {
        accept(element) ?? false
    }

    /// Puts an element in, waiting while the mailbox is full.
    /// - Returns: `false` when the mailbox is closed.
    @discardableResult
    public func send(_ element: Element) async -> Bool {
        if let accepted = accept(element) { return accepted }
        return await withCheckedContinuation { continuation in
            // The consumer may have made room since the first look: look again under the same lock
            // that parks the sender.
            if let accepted = accept(element, orPark: continuation) { continuation.resume(returning: accepted) }
        }
    }

    /// - Parameter sender: Waits for room when there is none.
    /// - Returns: `nil` when the mailbox is full.
    private func accept(_ element: Element, orPark sender: CheckedContinuation<Bool, Never>? = nil) -> Bool? {
        let (accepted, consumer) = state.withLock { state -> (Bool?, CheckedContinuation<Element?, Never>?) in
            if state.closed { return (false, nil) }
            if let consumer = state.consumer.take() { return (true, consumer) }
            if state.elements.count < capacity, state.senders.isEmpty {
                state.elements.append(element)
                return (true, nil)
            }
            if let sender { state.senders.append((element, sender)) }
            return (nil, nil)
        }
        consumer?.resume(returning: element)
        return accepted
    }

    /// The next element; waits for one. `nil` once the mailbox is empty and closed, or empty and the task
    /// cancelled.
    ///
    /// One consumer at a time.
    public func next() async -> Element? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (decided, sender) = state.withLock { state -> (Element??, CheckedContinuation<Bool, Never>?) in
                    if let (element, sender) = state.take() { return (.some(.some(element)), sender) }
                    // Cancelled before this, the handler below has run already and found nobody.
                    if state.closed || Task.isCancelled { return (.some(.none), nil) }
                    precondition(state.consumer == nil, "a mailbox has one consumer")
                    state.consumer = continuation
                    return (.none, nil)
                }
                sender?.resume(returning: true)
                if let decided { continuation.resume(returning: decided) }
            }
        } onCancel: {
            let consumer = state.withLock { $0.consumer.take() }
            consumer?.resume(returning: nil)
        }
    }

    /// The next element if one waits already; `nil` otherwise.
    public func takeNow() -> Element? {
        guard let (element, sender) = state.withLock({ $0.take() }) else { return nil }
        sender?.resume(returning: true)
        return element
    }

    /// Refuses new elements; what was accepted is still delivered, waiting senders are told no.
    public func close() {
        let (senders, consumer) = state.withLock { state in
            state.closed = true
            defer { state.senders = [] }
            return (state.senders, state.consumer.take())
        }
        for sender in senders { sender.continuation.resume(returning: false) }
        consumer?.resume(returning: nil)
    }
}
