import API
import Core
import Foundation
import Logging
import NIOCore

/// The greetings of boxes, as files beside the folders (contract 31 §8.4). Asterisk reads them without a lock, so a
/// greeting is written under another name and renamed: a caller hears the old one or the new one.
struct GreetingFiles: Sendable {
    let spool: VoicemailSpool
    let conversion: SoundConversion
    let logger: Logger

    /// Formats in which Asterisk may have recorded a greeting; ours is the first.
    private static let extensions = [
        "wav", "WAV", "wav49", "gsm", "ulaw", "alaw", "ul", "al", "pcm", "sln", "sln16", "wav16", "g722", "g729",
    ]
    /// Ours before they are renamed; what a crash leaves behind goes with the next greeting of the box.
    private static let prefix = ".tandem-greeting-"

    /// How a greeting may be written.
    enum Writing: Sendable {
        /// Only if there is none.
        case create
        /// Whether there is one or not.
        case replace
    }

    /// Whether there is a greeting, in whatever format.
    /// - Throws: ``SpoolFailure``; `CancellationError`.
    func exists(_ greeting: Greeting, of box: BoxPath) async throws -> Bool {
        let path = path(greeting, of: box)
        return try await spool.onThread { Self.present(path) != nil }
    }

    /// A greeting as WAVE.
    /// - Returns: `nil` when there is none, or none that can be converted.
    /// - Throws: ``SpoolFailure``; `ProcessFailure`; `CancellationError`.
    func open(_ greeting: Greeting, of box: BoxPath) async throws -> OpenFile? {
        let path = path(greeting, of: box)
        let present = try await spool.onThread { () -> (file: OpenFile, format: String)? in
            guard let format = Self.present(path), let file = OpenFile(path: "\(path).\(format)") else { return nil }
            return (file, format)
        }
        guard let present else { return nil }
        return present.format == "wav" ? present.file : try await converted(present.file, format: present.format)
    }

    /// A sound in another format as WAVE, in a file that is gone when the answer is. What was opened is converted,
    /// whatever became of its name.
    /// - Returns: `nil` when it cannot be.
    func converted(_ source: OpenFile, format: String) async throws -> OpenFile? {
        let draft = try await beginElsewhere()
        try await source.pieces { try await append($0, to: draft) }
        let target = Self.converted(draft)
        defer { unlink(target) }
        guard try await conversion.makeWave(of: draft.path, format: format, at: target) else { return nil }
        return try await spool.onThread { OpenFile(path: target) }
    }

    /// Removes a greeting in all its formats; none is no error.
    /// - Throws: ``SpoolFailure``; `CancellationError`.
    func remove(_ greeting: Greeting, of box: BoxPath) async throws {
        let path = path(greeting, of: box)
        try await spool.onThread { try Self.remove(path, Self.extensions[...]) }
    }

    // MARK: Writing

    /// A greeting that arrives.
    struct Draft: Sendable {
        /// Where it is written.
        let path: String
        /// Where Asterisk wants it, without the extension; `nil`: we may not write there.
        let target: String?
        let descriptor: Descriptor
    }

    /// Closes a file when nobody writes it any more, and removes it unless it was renamed.
    final class Descriptor: Sendable {
        let raw: CInt
        private let path: String

        init(_ raw: CInt, path: String) {
            self.raw = raw
            self.path = path
        }

        deinit {
            close(raw)
            unlink(path)
        }
    }

    /// Makes room for a greeting in the box's folder, which is made too when Asterisk has not needed it yet.
    /// - Throws: ``SpoolFailure``; `CancellationError`.
    func begin(_ greeting: Greeting, of box: BoxPath) async throws -> Draft {
        let folder = spool.folder(of: box)
        let target = path(greeting, of: box)
        let path = "\(folder)/\(Self.prefix)\(UUID().uuidString).wav"
        return try await spool.onThread { [root = spool.root] in
            // The spool itself is not ours to make.
            guard try DirectoryStamp.of(root) != nil else { throw SpoolFailure.missing(root) }
            try Self.makeFolder("\(root)/\(box.context)")
            try Self.makeFolder(folder)
            Self.clean(folder)
            let raw = Foundation.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
            guard raw >= 0 else { throw SpoolFailure.unwritable(folder, errno) }
            return Draft(path: path, target: target, descriptor: Descriptor(raw, path: path))
        }
    }

    /// Makes room for a greeting that Asterisk itself will write.
    /// - Throws: ``SpoolFailure``; `CancellationError`.
    func beginElsewhere() async throws -> Draft {
        let path = NSTemporaryDirectory() + "tandem-greeting-\(UUID().uuidString).wav"
        return try await spool.onThread {
            let raw = Foundation.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard raw >= 0 else { throw SpoolFailure.unwritable(path, errno) }
            return Draft(path: path, target: nil, descriptor: Descriptor(raw, path: path))
        }
    }

    /// The sound of a greeting that Asterisk itself will write.
    /// - Returns: `nil` when it is no sound, or more than Asterisk takes.
    func sound(of draft: Draft) async throws -> Data? {
        guard let source = try await playable(draft) else { return nil }
        defer { if source != draft.path { unlink(source) } }
        return try await spool.onThread {
            guard let file = OpenFile(path: source), file.length <= Self.mostForAsterisk else { return nil }
            return try Data(contentsOf: URL(filePath: source))
        }
    }

    /// Bytes that the platform's Asterisk takes (contract 31 §7.1).
    private static let mostForAsterisk = 1_500_000

    /// Adds a piece.
    /// - Throws: ``SpoolFailure``, also when the disk is full; `CancellationError`.
    func append(_ piece: ByteBuffer, to draft: Draft) async throws {
        try await spool.onThread {
            try piece.withUnsafeReadableBytes { bytes throws(SpoolFailure) in
                var rest = bytes
                while !rest.isEmpty {
                    let count = write(draft.descriptor.raw, rest.baseAddress, rest.count)
                    guard count > 0 else { throw SpoolFailure.unwritable(draft.path, errno) }
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                }
            }
        }
    }

    /// What came of a greeting.
    enum Outcome: Sendable, Hashable {
        case written
        /// There is one already.
        case exists
        /// It is no sound.
        case invalid
    }

    /// Puts a whole greeting into its place, converted when Asterisk would not play it.
    /// - Throws: ``SpoolFailure``; `ProcessFailure`; `CancellationError`.
    func finish(_ draft: Draft, _ writing: Writing) async throws -> Outcome {
        guard let source = try await playable(draft) else { return .invalid }
        defer { if source != draft.path { unlink(source) } }
        return try await place(draft, from: source, writing)
    }

    /// A draft as Asterisk plays it: itself, or another file.
    /// - Returns: `nil` when it is no sound, or lasts too long.
    private func playable(_ draft: Draft) async throws -> String? {
        let head = try await spool.onThread { WaveFile(descriptor: draft.descriptor.raw) }
        guard let head, head.seconds <= Double(conversion.longest) else { return nil }
        if head.isAsterisks { return draft.path }
        let target = Self.converted(draft)
        let isMade = try await conversion.makeWave(
            of: draft.path,
            format: "wav",
            at: target,
            hasLength: !head.saysNoLength
        )
        if isMade { return target }
        unlink(target)
        return nil
    }

    private func place(_ draft: Draft, from source: String, _ writing: Writing) async throws -> Outcome {
        guard let path = draft.target else { return .invalid }
        return try await spool.onThread {
            let target = path + ".wav"
            Self.flush(source)
            switch writing {
            case .create:
                if Self.present(path) != nil { return .exists }
                // Of two at the same time one gets the name.
                guard link(source, target) == 0 else {
                    if errno == EEXIST { return .exists }
                    throw SpoolFailure.unwritable(target, errno)
                }
            case .replace:
                guard rename(source, target) == 0 else { throw SpoolFailure.unwritable(target, errno) }
            }
            Self.adapt(target, mask: 0o666)
            // Asterisk would choose among formats.
            try? Self.remove(path, Self.extensions.dropFirst())
            return .written
        }
    }

    // MARK: Files

    /// Beside a draft, whose name ends in `.wav`.
    private static func converted(_ draft: Draft) -> String {
        (draft.path as NSString).deletingPathExtension + "-converted.wav"
    }

    private func path(_ greeting: Greeting, of box: BoxPath) -> String {
        "\(spool.folder(of: box))/\(greeting.file)"
    }

    /// The extension of a greeting that is there.
    private static func present(_ path: String) -> String? {
        extensions.first { FileStatus.ofEntry("\(path).\($0)")?.kind == .file }
    }

    private static func remove(_ path: String, _ extensions: ArraySlice<String>) throws(SpoolFailure) {
        for name in extensions where unlink("\(path).\(name)") != 0 && errno != ENOENT {
            throw .unwritable("\(path).\(name)", errno)
        }
    }

    private static func makeFolder(_ path: String) throws(SpoolFailure) {
        if mkdir(path, 0o770) == 0 {
            adapt(path, mask: 0o7777)
        } else if errno != EEXIST {
            throw .unwritable(path, errno)
        }
    }

    /// What we make must be Asterisk's too, whatever our umask and our group: as the folder around it.
    private static func adapt(_ path: String, mask: mode_t) {
        guard let parent = FileStatus.of((path as NSString).deletingLastPathComponent) else { return }
        _ = chown(path, uid_t.max, parent.group)
        chmod(path, parent.mode & mask)
    }

    private static func flush(_ path: String) {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// Nanoseconds after which nobody writes a draft any more: an hour.
    private static let oldest: Int64 = 3_600_000_000_000

    /// Removes drafts that a crash left behind.
    private static func clean(_ folder: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        where name.begins(with: prefix) {
            let path = "\(folder)/\(name)"
            guard let draft = FileStatus.ofEntry(path), FileStatus.now - draft.changed > oldest else { continue }
            unlink(path)
        }
    }
}
