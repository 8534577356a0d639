import NIOCore
import Synchronization
import Telephony

/// Events on their way from the connection to the receiver. The connection puts them in without waiting and stops
/// reading when there are too many.
final class EventBacklog: Sendable {
    enum Notice: Sendable, Hashable {
        case connected
        case disconnected
        case event(ManagerEvent)
    }

    private struct State {
        var notices = CircularBuffer<Notice>()
        var consumer: CheckedContinuation<Notice?, Never>?
        var relief: (below: Int, action: @Sendable () -> Void)?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Notices that wait.
    var count: Int { state.withLock { $0.notices.count } }

    func append(_ notice: Notice) {
        let consumer = state.withLock { state -> CheckedContinuation<Notice?, Never>? in
            guard !state.isClosed else { return nil }
            if let consumer = state.consumer {
                state.consumer = nil
                return consumer
            }
            state.notices.append(notice)
            return nil
        }
        consumer?.resume(returning: notice)
    }

    /// The next notice; waits for one. `nil` once closed. One consumer at a time.
    func next() async -> Notice? {
        await withCheckedContinuation { continuation in
            let (decided, relief) = state.withLock { state -> (Notice??, (@Sendable () -> Void)?) in
                if state.isClosed { return (.some(.none), nil) }
                guard let notice = state.notices.popFirst() else {
                    state.consumer = continuation
                    return (.none, nil)
                }
                guard let relief = state.relief, state.notices.count < relief.below else {
                    return (.some(notice), nil)
                }
                state.relief = nil
                return (.some(notice), relief.action)
            }
            relief?()
            if let decided { continuation.resume(returning: decided) }
        }
    }

    /// Calls `action` once, when fewer than `count` notices wait; at once if it is so already.
    func whenBelow(_ count: Int, _ action: @escaping @Sendable () -> Void) {
        let isBelow = state.withLock { state in
            if state.notices.count < count { return true }
            state.relief = (count, action)
            return false
        }
        if isBelow { action() }
    }

    /// Drops what waits and ends ``next()``.
    func close() {
        let consumer = state.withLock { state in
            state.isClosed = true
            state.notices = []
            state.relief = nil
            defer { state.consumer = nil }
            return state.consumer
        }
        consumer?.resume(returning: nil)
    }
}
