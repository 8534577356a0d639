import Synchronization

/// Texts that several tasks add to.
final class LockedList: Sendable {
    private let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }
    func append(_ more: [String]) { texts.withLock { $0 += more } }
}
