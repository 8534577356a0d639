package import NIOCore
import Synchronization

/// What is done when the client of a request goes away; see ``ClientConnection/onDeparture(_:)``.
public final class ClientWatch: Sendable {
    private let action: Mutex<(@Sendable () -> Void)?>

    init(_ action: @escaping @Sendable () -> Void) { self.action = Mutex(action) }

    /// Whether nothing will be done any more.
    var isOver: Bool { action.withLock { $0 == nil } }

    /// The client is gone: does what is to be done, once.
    package func clientLeft() {
        let action = action.withLock { action in
            defer { action = nil }
            return action
        }
        action?()
    }

    /// Nobody wants to know any more.
    public func end() { action.withLock { $0 = nil } }
}

/// The connection of a request, for those who wait on its behalf: they stop when the client goes away.
public struct ClientConnection: Sendable {
    private let add: @Sendable (ClientWatch) -> Void

    /// A connection whose watches are given to `add`.
    package init(_ add: @escaping @Sendable (ClientWatch) -> Void) { self.add = add }

    /// The connection of a channel with ``RequestWatch``.
    package init(_ channel: any Channel) {
        add = { watch in
            let promise = channel.eventLoop.makePromise(of: Void.self)
            // A channel that is closed has no handlers.
            promise.futureResult.whenFailure { _ in
                if !channel.isActive { watch.clientLeft() }
            }
            channel.triggerUserOutboundEvent(watch, promise: promise)
        }
    }

    /// Does `action` as soon as the client has closed the connection, or its side of it; at once when it has done so already.
    /// A client that only sends no more looks the same as one that is gone.
    /// - Returns: What must be ended when the wait is over.
    public func onDeparture(_ action: @escaping @Sendable () -> Void) -> ClientWatch {
        let watch = ClientWatch(action)
        add(watch)
        return watch
    }
}
