import API
import Foundation
import Logging
import NIOPosix
import Synchronization

/// The boxes of app_voicemail on the disk, read only (contract 31 §8). Greetings are written by ``GreetingFiles``.
///
/// A reading is what the box was at one moment: Asterisk's lock is waited for, and a reading during which anything
/// was renamed is done again. What was read is kept until the folders' time of change says otherwise.
final class VoicemailSpool: Sendable {
    /// The folder of all contexts.
    let root: String
    private let threads: NIOThreadPool
    private let logger: Logger
    private let kept = Mutex(BoxCache())
    /// Messages that stayed in two places however long they were waited for: nobody is moving them.
    private let lastingDoubles = Mutex<[BoxPath: Set<String>]>([:])
    /// How long a locked or changing box is waited for.
    static let patience: Duration = .seconds(FolderLock.patience)
    private static let pause: Duration = .milliseconds(10)
    /// Looks before a box counts as locked, however long they took: on a busy machine a few may take seconds.
    private static let fewest = 20

    init(root: String, logger: Logger) {
        self.root = root
        self.logger = logger
        threads = NIOThreadPool(numberOfThreads: 4)
        threads.start()
    }

    deinit { threads.shutdownGracefully { _ in } }

    /// File systems block: not on the pool of Swift's tasks.
    func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await threads.runIfActive(body)
    }

    /// The folder of a box.
    func folder(of box: BoxPath) -> String { "\(root)/\(box.context)/\(box.number)" }

    /// What is in a box; nothing when its folder is not there.
    /// - Throws: ``SpoolFailure``; `CancellationError`.
    func contents(of box: BoxPath, within limit: Duration = patience) async throws -> BoxContents {
        let reader = BoxReader(folder: folder(of: box))
        let deadline = ContinuousClock.now + limit
        var looks = 0
        while true {
            looks += 1
            let isLate = looks >= Self.fewest && ContinuousClock.now >= deadline
            let previous = kept.withLock { $0[box] }
            let outcome = try await onThread { [root] in
                let outcome = try reader.read(previous: previous)
                if case .contents(let contents) = outcome, contents.count == 0 { try Self.check(root) }
                return outcome
            }
            switch outcome {
            case .contents(let contents) where isLate || isSettled(contents, box):
                if isLate { note(contents.doubles, in: box) }
                keep(contents, of: box, previous)
                return contents
            case .contents, .unsettled:
                if isLate { throw SpoolFailure.busy }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Whether no message is in two places, but those that have long been.
    private func isSettled(_ contents: BoxContents, _ box: BoxPath) -> Bool {
        if contents.doubles.isEmpty {
            lastingDoubles.withLock { $0[box] = nil }
            return true
        }
        return lastingDoubles.withLock { contents.doubles.isSubset(of: $0[box] ?? []) }
    }

    private func note(_ doubles: Set<String>, in box: BoxPath) {
        let isNew = lastingDoubles.withLock { known in
            defer { known[box] = doubles.isEmpty ? nil : doubles }
            return !doubles.subtracting(known[box] ?? []).isEmpty
        }
        guard isNew else { return }
        logger.warning(
            "messages are in two places: the newer file counts",
            metadata: ["box": "\(box)", "messages": "\(doubles.sorted().joined(separator: " "))"]
        )
    }

    /// The sound of a message, in the best of these formats.
    /// - Returns: `nil` when the message, or its sound, is not there.
    /// - Throws: ``SpoolFailure``; `CancellationError`.
    func sound(of id: String, in box: BoxPath, extensions: [String]) async throws -> (OpenFile, extension: String)? {
        let reader = BoxReader(folder: folder(of: box))
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let contents = try await contents(of: box)
            guard let place = contents.place(of: id) else { return nil }
            let opened = try await onThread { () -> (OpenFile, String)?? in
                switch try reader.open(place, of: contents, extensions: extensions) {
                case .file(let descriptor, let name): .some(OpenFile(descriptor: descriptor).map { ($0, name) })
                case .none: .some(nil)
                case .unsettled: nil
                }
            }
            if let opened { return opened.map { ($0.0, extension: $0.1) } }
            if ContinuousClock.now >= deadline { throw SpoolFailure.busy }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Every box that has a folder.
    /// - Throws: ``SpoolFailure``; `CancellationError`.
    func boxes() async throws -> [BoxPath: [DirectoryStamp?]] {
        try await onThread { [self] in
            try Self.check(root)
            var boxes: [BoxPath: [DirectoryStamp?]] = [:]
            for context in Self.names(in: root) {
                for number in Self.names(in: "\(root)/\(context)") {
                    guard let box = BoxPath(context: context, number: number) else { continue }
                    boxes[box] = try BoxReader(folder: folder(of: box)).stamps()
                }
            }
            return boxes
        }
    }

    /// An absent spool is not the same as one without messages: a file system may not be mounted.
    private static func check(_ root: String) throws(SpoolFailure) {
        guard try DirectoryStamp.of(root) != nil else { throw .missing(root) }
        guard access(root, R_OK | X_OK) == 0 else { throw .unreadable(root, errno) }
    }

    private static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { FileStatus.of("\(folder)/\($0)")?.kind == .directory }
    }

    private func keep(_ contents: BoxContents, of box: BoxPath, _ previous: BoxContents?) {
        guard contents !== previous else { return }
        if contents.brokenCount > 0, contents.brokenCount != previous?.brokenCount {
            logger.warning(
                "messages that cannot be read are left out",
                metadata: ["box": "\(box)", "count": "\(contents.brokenCount)"]
            )
        }
        kept.withLock { $0[box] = contents }
    }
}

/// What was read last of each box, bounded by the number of messages: the box that was not asked for longest goes.
struct BoxCache: Sendable {
    private var boxes: [BoxPath: (contents: BoxContents, used: UInt64)] = [:]
    private var clock: UInt64 = 0
    private var count = 0
    /// Messages that are kept at most; about 400 bytes each.
    var capacity = 100_000

    subscript(box: BoxPath) -> BoxContents? {
        mutating get {
            guard let kept = boxes[box] else { return nil }
            clock += 1
            boxes[box]?.used = clock
            return kept.contents
        }
        set {
            clock += 1
            count -= boxes[box].map { Self.weight($0.contents) } ?? 0
            boxes[box] = newValue.map { ($0, clock) }
            count += newValue.map(Self.weight) ?? 0
            while count > capacity, boxes.count > 1,
                let oldest = boxes.min(by: { $0.value.used < $1.value.used })?.key
            {
                count -= boxes.removeValue(forKey: oldest).map { Self.weight($0.contents) } ?? 0
            }
        }
    }

    /// An empty box costs something too.
    private static func weight(_ contents: BoxContents) -> Int { contents.count + 4 }
}
