import Foundation

/// A thread of its own for a library whose calls block.
enum DedicatedThread {
    /// Runs `body` on a new thread and returns when it has ended.
    static func run(_ name: String, _ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            let thread = Thread {
                body()
                done.resume()
            }
            thread.name = name
            thread.start()
        }
    }
}
