import CallControl
import Core
import Foundation
import Synchronization
import Telephony

/// Waits for the dialplan to tell which channel an originated call really rang (contract 10 §5).
final class DialEchoes: Sendable {
    /// Nobody told in time.
    struct Late: Error {}

    private let waiting = Mutex<[String: Reply<ChannelID>]>([:])

    /// Begins to wait, before the call is placed.
    func expect(_ request: String) -> Reply<ChannelID> {
        let reply = Reply<ChannelID>()
        waiting.withLock { $0[request] = reply }
        return reply
    }

    /// Ends waiting.
    func forget(_ request: String) { waiting.withLock { $0[request] = nil } }

    /// Fields of the dialplan's event; the first of a request counts, one that nobody waits for nothing.
    func heard(_ fields: [String: String]) {
        guard let request = fields["wazo_dial_echo_request_id"], let channel = fields["channel_id"] else { return }
        waiting.withLock { $0[request] }?.resolve(.success(ChannelID(channel)))
    }

    /// Requests that wait now.
    var count: Int { waiting.withLock { $0.count } }
}
