import API
import CDispatch
import Core
import Foundation

/// The two folders: where Asterisk puts faxes, and where ours wait. A folder for each fax, named by its id, so that
/// a file keeps its name and no two meet.
struct FaxSpool: Sendable {
    /// Asterisk's folder of received faxes.
    let received: String
    /// Ours; made with mode 0750 when it is not there.
    let folder: String

    /// The path in our spool of a fax. The name holds nothing that a shell, an FTP server or an option parser
    /// could take for something else.
    func file(of fax: ReceivedFax) -> String {
        let name = fax.arrival.file.parts(separatedBy: "/").last ?? ""
        let kept = name.replacing(
            scalars: { !$0.isWordOfASCII && !"+._-".unicodeScalars.contains($0) },
            by: "_"
        )
        let safe = String(scalars: kept.unicodeScalars.suffix(200))
        let isHidden = safe.isEmpty || safe.begins(with: ".") || safe.begins(with: "-")
        return "\(folder)/\(fax.id)/\(isHidden ? "fax" : "")\(safe)"
    }

    /// Whether a path is a received fax's: below Asterisk's folder, also after its links are followed.
    func isReceived(_ path: String) async -> Bool {
        (try? await SpoolFiles.onThread { isReceivedBlocking(path) }) ?? false
    }

    /// Whether there is a fax at a path: a file with something in it.
    func holdsFax(_ path: String) async -> Bool {
        (try? await SpoolFiles.onThread { Self.size(of: path) > 0 }) ?? false
    }

    /// Makes our folder.
    func prepare() async throws {
        try await SpoolFiles.onThread { try Self.makeFolder(folder) }
    }

    /// Moves the file of a fax into our spool; done again after a crash in the middle, it goes on.
    /// - Throws: ``SpoolFailure``; then the file is where it was.
    func take(_ fax: ReceivedFax) async throws {
        try await SpoolFiles.onThread { try takeBlocking(fax.arrival.file, to: file(of: fax)) }
    }

    /// Removes everything of a fax.
    func remove(_ fax: ReceivedFax) async throws {
        try await SpoolFiles.remove("\(folder)/\(fax.id)")
    }

    /// The file of a fax that is ours, for a client.
    func document(of fax: ReceivedFax) async throws -> OpenFile? { try await SpoolFiles.document(file(of: fax)) }

    private func isReceivedBlocking(_ path: String) -> Bool {
        let words = path.parts(separatedBy: "/", keepingEmpty: true).dropFirst()
        guard path.begins(with: "/"), words.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }),
            !path.unicodeScalars.contains(where: \.isControl),
            let root = Self.realPath(received),
            let parent = Self.realPath("/" + words.dropLast().joined(separator: "/"))
        else { return false }
        return parent == root || parent.begins(with: root + "/")
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Bytes of a regular file; -1 when it is none, links included.
    private static func size(of path: String) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return -1 }
        return Int(status.st_size)
    }

    private static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o750]
            )
        } catch {
            throw SpoolFailure(text: "\(path) cannot be made: \((error as NSError).localizedDescription)")
        }
    }

    private func takeBlocking(_ source: String, to target: String) throws {
        let home = target.halves(atLast: "/")?.before ?? target
        // After a crash the copy may be complete and the original still there.
        if Self.size(of: target) > 0 {
            if unlink(source) != 0, errno != ENOENT { throw SpoolFailure("\(source) cannot be removed") }
            return
        }
        guard Self.size(of: source) > 0 else { throw SpoolFailure(text: "\(source) is not there") }
        try Self.makeFolder(home)
        do {
            if rename(source, target) != 0 {
                guard errno == EXDEV else { throw SpoolFailure("\(source) cannot be moved to \(home)") }
                try Self.copy(source, to: target)
            }
            Self.flush(home)
        } catch {
            unlink(target + ".part")
            rmdir(home)
            throw error
        }
    }

    /// To another file system: whole and on the disk under its name, before the original goes.
    static func copy(_ source: String, to target: String) throws {
        let part = target + ".part"
        let from = open(source, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard from >= 0 else { throw SpoolFailure("\(source) cannot be read") }
        defer { close(from) }
        let to = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard to >= 0 else { throw SpoolFailure("\(part) cannot be written") }
        defer { close(to) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(from, &buffer, buffer.count)
            if count == 0 { break }
            guard count > 0 else { throw SpoolFailure("\(source) cannot be read") }
            var written = 0
            while written < count {
                let more = buffer[written..<count].withUnsafeBytes { write(to, $0.baseAddress, $0.count) }
                guard more > 0 else { throw SpoolFailure("\(part) cannot be written") }
                written += more
            }
        }
        guard fsync(to) == 0, rename(part, target) == 0 else { throw SpoolFailure("\(target) cannot be written") }
        if unlink(source) != 0 {
            let failure = SpoolFailure("\(source) cannot be removed")
            // Two files would be two faxes: the dialplan is told that this one was not taken.
            unlink(target)
            throw failure
        }
    }

    /// A name is on the disk when its folder is. Nothing can be done about a failure.
    private static func flush(_ folder: String) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
