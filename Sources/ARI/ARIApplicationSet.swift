import Synchronization
import Telephony

/// Which applications are wanted, and which are registered now.
final class ARIApplicationSet: Sendable {
    private struct State {
        var wanted: [StasisApplication]
        var registered: Set<String> = []
        /// Taken over by another client.
        var replaced: Set<String> = []
        /// Applications that go from one of our sockets to another.
        var handovers: [Handover] = []
    }
    private let state: Mutex<State>

    init(_ applications: [StasisApplication]) { state = Mutex(State(wanted: applications)) }

    var wanted: [StasisApplication] { state.withLock { $0.wanted } }
    func isWanted(_ name: String) -> Bool { state.withLock { $0.wanted.contains { $0.name == name } } }
    var registered: Set<String> { state.withLock { $0.registered } }
    /// Whether everything that is wanted is registered, by us.
    var isComplete: Bool {
        state.withLock { state in
            state.replaced.isEmpty && state.wanted.allSatisfy { state.registered.contains($0.name) }
        }
    }

    /// - Throws: `TelephonyFailure.invalid` for a name that would break the list of all others.
    static func check(_ application: StasisApplication) throws {
        let allowed = application.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ",") }
        guard allowed, (1...79).contains(application.name.utf8.count) else {
            throw TelephonyFailure.invalid("no name for a Stasis application: \(application.name)")
        }
    }

    /// Remembers an application whose name was checked.
    func want(_ application: StasisApplication) {
        state.withLock { state in
            state.wanted.removeAll { $0.name == application.name }
            state.wanted.append(application)
        }
    }

    func forget(_ name: String) {
        let handovers = state.withLock { state in
            state.wanted.removeAll { $0.name == name }
            state.registered.remove(name)
            state.replaced.remove(name)
            return state.handovers
        }
        // Its socket is closed, and tells nothing any more.
        for handover in handovers { _ = handover.gave(name) }
    }

    /// Some of our applications are about to go to another socket of ours.
    func begin(_ handover: Handover) { state.withLock { $0.handovers.append(handover) } }
    /// They are there, or stay where they are.
    func end(_ handover: Handover) { state.withLock { $0.handovers.removeAll { $0 === handover } } }

    func noteRegistered(_ names: [String]) { state.withLock { $0.registered.formUnion(names) } }
    /// - Returns: Whether it is wanted; one that we took over ourselves to end it is not.
    func noteReplaced(_ name: String) -> Bool {
        for handover in state.withLock({ $0.handovers }) where handover.gave(name) { return false }
        return state.withLock { state in
            guard state.wanted.contains(where: { $0.name == name }) else { return false }
            state.replaced.insert(name)
            return true
        }
    }

    /// Nothing is registered any more.
    func noteLost() {
        state.withLock { state in
            state.registered = []
            state.replaced = []
            state.handovers = []
        }
    }
}
