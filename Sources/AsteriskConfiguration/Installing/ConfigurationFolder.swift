import Core
import Glibc

/// The folder that holds the generated files. Whoever may read it reads passwords.
public struct ConfigurationFolder: Sendable {
    /// A file that is not what it would be.
    public struct Change: Sendable, Hashable {
        /// Name of the file.
        public let name: String
        /// What is there now; `nil` when there is no such file.
        public let old: String?
        /// What would be there.
        public let new: String
    }

    /// Why a file was not read or written. The old file is still there.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The file and what was wrong with it, one line.
        public let description: String
    }

    /// Its path.
    public let path: String

    /// - Parameter path: An existing folder.
    public init(path: String) { self.path = path }

    /// The files that differ from what was generated, in the order of generation.
    /// - Throws: ``Failure`` when a file cannot be read.
    public func changes(to configuration: GeneratedConfiguration) throws(Failure) -> [Change] {
        var changes: [Change] = []
        for file in configuration.files {
            let old = try read(file.name)
            guard old != file.text, file.isNeeded || old != nil else { continue }
            changes.append(Change(name: file.name, old: old, new: file.text))
        }
        return changes
    }

    /// Writes a changed file: beside the old one, to the disk, then in its place. Readable by its owner and by the
    /// group of the folder.
    /// - Throws: ``Failure``, also for a file of that name that is not ours.
    public func install(_ change: Change) throws(Failure) {
        if let old = change.old, !old.isEmpty, !old.begins(with: ConfigurationWriter.header) {
            throw Failure(description: "\(path)/\(change.name) is not one of ours: move it away first")
        }
        let target = "\(path)/\(change.name)"
        let temporary = "\(path)/.\(change.name).\(getpid())"
        // A new name: nobody else's link is followed.
        _ = unlink(temporary)
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(temporary) }
        do throws(Failure) {
            try write(change.new, to: file, temporary)
            try giveToGroup(file)
            guard fchmod(file, 0o640) == 0, fsync(file) == 0 else { throw failure(temporary) }
        } catch {
            close(file)
            unlink(temporary)
            throw error
        }
        close(file)
        guard rename(temporary, target) == 0 else {
            let error = failure(target)
            unlink(temporary)
            throw error
        }
        try synchronizeFolder()
    }

    // MARK: Reading and writing

    private func read(_ name: String) throws(Failure) -> String? {
        let file = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        if file < 0, errno == ENOENT { return nil }
        guard file >= 0 else { throw failure("\(path)/\(name)") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("\(path)/\(name)") }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    private func write(_ text: String, to file: Int32, _ name: String) throws(Failure) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(name) }
            rest = rest.dropFirst(count)
        }
    }

    /// The folder's group is Asterisk's. Whoever does not belong to it keeps his own: then Asterisk cannot read
    /// the file, so that is an error.
    private func giveToGroup(_ file: Int32) throws(Failure) {
        var folder = stat()
        var mine = stat()
        guard stat(path, &folder) == 0, fstat(file, &mine) == 0 else { throw failure(path) }
        if folder.st_gid == mine.st_gid { return }
        guard fchown(file, uid_t.max, folder.st_gid) == 0 else { throw failure("group of \(path)") }
    }

    private func synchronizeFolder() throws(Failure) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure(path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure(path) }
    }

    private func failure(_ name: String) -> Failure {
        Failure(description: "\(name): \(String(cString: strerror(errno)))")
    }
}
