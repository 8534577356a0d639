import Metrics
import Synchronization
public import Telephony

/// Passes each event of the manager interface to every feature that reads it, in the order of the events. What
/// takes long belongs into a mailbox of the feature: while one waits, all do.
public final class ManagerEventRouter: ManagerEventReceiving {
    private let receivers = Mutex<[any ManagerEventReceiving]>([])
    private let handover = Timer(label: "tandem_manager_handover")

    /// A router without receivers.
    public init() {}

    /// Adds a receiver, at start.
    public func add(_ receiver: any ManagerEventReceiving) { receivers.withLock { $0.append(receiver) } }

    /// Whether any receiver reads events of this name.
    public func wants(_ name: String) -> Bool { receivers.withLock { $0 }.contains { $0.wants(name) } }

    /// Hands the event to its readers.
    public func receive(_ event: ManagerEvent) async {
        let start = ContinuousClock.now
        for receiver in receivers.withLock({ $0 }) where receiver.wants(event.name) { await receiver.receive(event) }
        handover.record(duration: ContinuousClock.now - start)
    }

    /// Tells every receiver.
    public func managerConnected() async {
        for receiver in receivers.withLock({ $0 }) { await receiver.managerConnected() }
    }

    /// Tells every receiver.
    public func managerDisconnected() async {
        for receiver in receivers.withLock({ $0 }) { await receiver.managerDisconnected() }
    }
}

/// Calls a closure when Asterisk has started (AMI event `FullyBooted`).
public struct BootNotice: ManagerEventReceiving {
    private let booted: @Sendable () -> Void

    /// A notice to `booted`.
    public init(_ booted: @escaping @Sendable () -> Void) { self.booted = booted }
    /// `FullyBooted` alone.
    public func wants(_ name: String) -> Bool { name == "FullyBooted" }
    /// Asterisk has started.
    public func receive(_ event: ManagerEvent) async { booted() }
    /// Nothing.
    public func managerConnected() async {}
    /// Nothing.
    public func managerDisconnected() async {}
}
