import DequeModule
import Synchronization

/// A bounded queue from many senders to one consumer.
///
/// When it is full a sender waits: that is the back-pressure of the event feed. The consumer takes
/// elements in the order in which they were accepted.
public final class Mailbox<Element: Sendable>: Sendable {
    private struct State {
        var elements = Deque<Element>()
        var consumer: CheckedContinuation<Element?, Never>?
        var senders = Deque<(element: Element, continuation: CheckedContinuation<Bool, Never>)>()
        var closed = false
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
            let decided: Bool? = state.withLock { state in
                if state.closed { return false }
                if state.elements.count < capacity && state.senders.isEmpty && state.consumer == nil {
                    state.elements.append(element)
                    return true
                }
                if let consumer = state.consumer {
                    state.consumer = nil
                    consumer.resume(returning: element)
                    return true
                }
                state.senders.append((element, continuation))
                return nil
            }
            if let decided { continuation.resume(returning: decided) }
        }
    }

    /// `nil` means full.
    private func accept(_ element: Element) -> Bool? {
        state.withLock { state in
            if state.closed { return false }
            if let consumer = state.consumer {
                state.consumer = nil
                consumer.resume(returning: element)
                return true
            }
            guard state.elements.count < capacity, state.senders.isEmpty else { return nil }
            state.elements.append(element)
            return true
        }
    }

    /// The next element; waits for one. `nil` once the mailbox is empty and closed, or empty and the task
    /// cancelled.
    ///
    /// One consumer at a time.
    public func next() async -> Element? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let decided: Element?? = state.withLock { state in
                    if let element = Self.take(&state) { return .some(.some(element)) }
                    // Cancelled before this, the handler below has run already and found nobody.
                    if state.closed || Task.isCancelled { return .some(.none) }
                    precondition(state.consumer == nil, "a mailbox has one consumer")
                    state.consumer = continuation
                    return .none
                }
                if let decided { continuation.resume(returning: decided) }
            }
        } onCancel: {
            let consumer = state.withLock { state in
                defer { state.consumer = nil }
                return state.consumer
            }
            consumer?.resume(returning: nil)
        }
    }

    /// The next element if one waits already; `nil` otherwise.
    public func takeNow() -> Element? { state.withLock { Self.take(&$0) } }

    private static func take(_ state: inout State) -> Element? {
        guard let element = state.elements.popFirst() else { return nil }
        if let waiting = state.senders.popFirst() {
            state.elements.append(waiting.element)
            waiting.continuation.resume(returning: true)
        }
        return element
    }

    /// Refuses new elements; what was accepted is still delivered, waiting senders are told no.
    public func close() {
        state.withLock { state in
            state.closed = true
            for sender in state.senders { sender.continuation.resume(returning: false) }
            state.senders = []
            if let consumer = state.consumer {
                state.consumer = nil
                consumer.resume(returning: nil)
            }
        }
    }
}
