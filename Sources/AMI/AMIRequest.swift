import Core
import NIOCore
import Synchronization
import Telephony

/// What the client asks its connection to do.
enum AMIOrder: Sendable {
    /// Perform an action; the promise gets the messages of its answer.
    case perform(ManagerAction, id: String, EventLoopPromise<[ManagerMessage]>)
    /// Nobody waits for this answer any more.
    case abandon(id: String)
    /// The receiver has caught up: read on.
    case read
    /// Say goodbye and close.
    case logOff
}

/// An action as it is written.
struct AMIRequest: Sendable {
    let action: ManagerAction
    /// Comes back with each message of the answer.
    let id: String

    func write(to buffer: inout ByteBuffer) {
        buffer.writeString("Action: \(action.name)\r\nActionID: \(id)\r\n")
        for field in action.fields { buffer.writeString("\(field.name): \(field.value)\r\n") }
        buffer.writeString("\r\n")
    }
}

/// Ids of a client's actions. They are unguessable, so that nobody who can make Asterisk send an event can make one
/// that looks like an answer.
final class ActionIDs: Sendable {
    private let prefix: String
    private let count = Atomic<UInt64>(0)

    init() { prefix = String(UInt64.random(in: .min ... .max), radix: 36) + "-" }

    func next() -> String { prefix + String(count.wrappingAdd(1, ordering: .relaxed).newValue) }

    /// Whether the id is one of this client.
    func isOwn(_ id: String) -> Bool { id.begins(with: prefix) }
}
