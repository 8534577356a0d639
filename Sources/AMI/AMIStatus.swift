import Metrics
import NIOCore
import Synchronization
import Telephony

/// The connection that actions go to now, for any task.
final class AMIStatus: Sendable {
    private let current = Mutex<(any NIOCore.Channel)?>(nil)

    /// `nil` while there is no login.
    var channel: (any NIOCore.Channel)? { current.withLock { $0 } }

    /// From now on actions go to this channel.
    func opened(_ channel: any NIOCore.Channel) { current.withLock { $0 = channel } }

    /// From now on actions fail at once.
    func closed() { current.withLock { $0 = nil } }
}

/// What the client counts.
enum AMIMetrics {
    static func countAction(_ name: String, duration: Duration) {
        Counter(label: "tandem_manager_actions", dimensions: [("action", name)]).increment()
        let (seconds, attoseconds) = duration.components
        Timer(label: "tandem_manager_action", dimensions: [("action", name)])
            .recordNanoseconds(seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
    }

    static func countFailure(_ failure: any Error) {
        let reason =
            switch failure {
            case ManagerFailure.unreachable: "unreachable"
            case ManagerFailure.timedOut: "timeout"
            case ManagerFailure.refused: "refused"
            case ManagerFailure.malformed: "malformed"
            case ManagerFailure.unsendable: "unsendable"
            default: "cancelled"
            }
        Counter(label: "tandem_manager_failures", dimensions: [("reason", reason)]).increment()
    }

    static func countEvent(_ name: String) {
        Counter(label: "tandem_manager_events", dimensions: [("event", name)]).increment()
    }
}
