import Dispatch
import Foundation

/// Follows a growing file on a queue of its own: Linux has no file events in Dispatch, so it looks every 10 ms.
final class SIPTraceFollower: Sendable {
    /// The messages of the file, until ``finish()``.
    let entries: AsyncStream<SIPTraceEntry>
    private let queue = DispatchQueue(label: "sipp.trace")
    private let reader: Reader

    init(_ file: URL) {
        let (entries, continuation) = AsyncStream.makeStream(of: SIPTraceEntry.self)
        self.entries = entries
        let reader = Reader(file, continuation)
        self.reader = reader
        queue.async { [queue] in reader.start(on: queue) }
    }

    deinit { finish() }

    /// The writer has ended: reads the rest, then ends the stream.
    func finish() {
        queue.async { [reader] in reader.finish() }
    }

    /// Used on the follower's serial queue only, which makes it safe to pass to that queue.
    private final class Reader: @unchecked Sendable {
        private let continuation: AsyncStream<SIPTraceEntry>.Continuation
        private let file: URL
        private var handle: FileHandle?
        private var parser = SIPTraceParser()
        private var timer: (any DispatchSourceTimer)?

        init(_ file: URL, _ continuation: AsyncStream<SIPTraceEntry>.Continuation) {
            self.file = file
            self.continuation = continuation
        }

        func start(on queue: DispatchQueue) {
            let timer = DispatchSource.makeTimerSource(queue: queue)
            timer.schedule(deadline: .now(), repeating: .milliseconds(10))
            timer.setEventHandler { [unowned self] in read() }
            timer.activate()
            self.timer = timer
        }

        func finish() {
            timer?.cancel()
            timer = nil
            read()
            continuation.finish()
        }

        private func read() {
            if handle == nil { handle = try? FileHandle(forReadingFrom: file) }
            while let data = try? handle?.read(upToCount: 65_536), !data.isEmpty {
                for entry in parser.append(data) { continuation.yield(entry) }
            }
        }
    }
}
