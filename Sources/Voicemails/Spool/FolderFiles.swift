import Foundation

/// When a directory was changed last: entries that come, go or are renamed change it.
struct DirectoryStamp: Sendable, Hashable {
    var inode: UInt64
    /// Nanoseconds since 1970.
    var changed: Int64

    /// `nil` when the directory is not there.
    /// - Throws: ``SpoolFailure`` when that cannot be told.
    static func of(_ path: String) throws(SpoolFailure) -> DirectoryStamp? {
        guard let status = FileStatus.of(path) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw SpoolFailure.unreadable(path, errno)
        }
        return status.kind == .directory ? DirectoryStamp(inode: status.inode, changed: status.changed) : nil
    }

    /// Whether another change could have fallen into the same tick of the file system's clock.
    func isYoung(at now: Int64) -> Bool { now - changed < Self.tick && now >= changed }

    /// Nanoseconds; kernels tick 100 to 1000 times a second.
    static let tick: Int64 = 15_000_000
}

/// The messages of a folder, as they were at one moment.
struct FolderFiles: Sendable {
    /// A text file that was read.
    struct Entry: Sendable {
        /// NNNN of `msgNNNN.txt`.
        var number: Int
        var inode: UInt64
        var changed: Int64
        /// `nil`: it cannot be read as a message.
        var message: VoicemailMessage?
    }

    /// `nil`: there is no such folder.
    var stamp: DirectoryStamp?
    /// In the order of their numbers.
    var entries: [Entry] = []
}

extension FolderFiles {
    /// Reads a folder; files that are as they were are taken from `previous`.
    /// - Throws: ``SpoolFailure`` when the folder cannot be read. A single file that cannot is an entry without message.
    static func read(
        _ path: String,
        _ folder: VoicemailFolder,
        stamp: DirectoryStamp?,
        previous: FolderFiles?
    ) throws(SpoolFailure) -> FolderFiles {
        guard stamp != nil else { return FolderFiles() }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return FolderFiles() }
            throw SpoolFailure.unreadable(path, errno)
        }
        guard let directory = fdopendir(descriptor) else {
            close(descriptor)
            throw SpoolFailure.unreadable(path, errno)
        }
        defer { closedir(directory) }
        let known = Dictionary(
            (previous?.entries ?? []).map { ($0.inode, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var files = FolderFiles(stamp: stamp)
        while let entry = readdir(directory) {
            guard let number = number(of: entry) else { continue }
            if let read = read(number, in: descriptor, folder, known) { files.entries.append(read) }
        }
        files.entries.sort { $0.number < $1.number }
        return files
    }

    /// NNNN of `msgNNNN.txt`; a number has one name alone.
    private static func number(of entry: UnsafeMutablePointer<dirent>) -> Int? {
        withUnsafePointer(to: &entry.pointee.d_name) { tuple in
            tuple.withMemoryRebound(to: UInt8.self, capacity: 256) { name in
                let length = strlen(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
                // Asterisk writes four digits, and more of them where a box has more messages.
                guard (11...16).contains(length), memcmp(name, "msg", 3) == 0,
                    memcmp(name + length - 4, ".txt", 4) == 0
                else { return nil }
                var number = 0
                for index in 3..<length - 4 {
                    guard (0x30...0x39).contains(name[index]) else { return nil }
                    number = number * 10 + Int(name[index] - 0x30)
                }
                return length > 11 && number < 10_000 ? nil : number
            }
        }
    }

    /// `nil` when the file has gone meanwhile.
    private static func read(
        _ number: Int,
        in directory: CInt,
        _ folder: VoicemailFolder,
        _ known: [UInt64: Entry]
    ) -> Entry? {
        let name = fileName(number) + ".txt"
        guard let status = FileStatus.ofEntry(name, in: directory) else { return nil }
        if var entry = known[status.inode], entry.changed == status.changed, entry.message != nil {
            entry.number = number
            return entry
        }
        var entry = Entry(number: number, inode: status.inode, changed: status.changed, message: nil)
        if status.kind == .file, let bytes = contents(name, in: directory) {
            entry.message = MessageFile.parse(
                bytes.prefix(MessageFile.longest),
                in: folder,
                modified: Int(status.changed / 1_000_000_000)
            )
        }
        return entry
    }

    /// The bytes of a small file.
    static func contents(_ name: String, in directory: CInt) -> [UInt8]? {
        let file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var capacity = 2_048
        while bytes.count < MessageFile.longest {
            let count = capacity
            var failed = false
            var ended = false
            bytes.append(
                contentsOf: [UInt8](unsafeUninitializedCapacity: count) { space, written in
                    let more = Foundation.read(file, space.baseAddress, count)
                    failed = more < 0
                    ended = more <= 0
                    written = max(0, more)
                }
            )
            if failed { return nil }
            if ended { return bytes }
            capacity = 16_384
        }
        return bytes
    }

    /// `msg0007`
    static func fileName(_ number: Int) -> String {
        let digits = String(number)
        return "msg" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// Why the spool cannot be read or written.
enum SpoolFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// A path and `errno`.
    case unreadable(String, Int32)
    /// The same for writing.
    case unwritable(String, Int32)
    /// The folder of all boxes is not there.
    case missing(String)
    /// Asterisk has held a box for longer than we wait.
    case busy

    var description: String {
        switch self {
        case .unreadable(let path, let code): "\(path) cannot be read: \(String(cString: strerror(code)))"
        case .unwritable(let path, let code): "\(path) cannot be written: \(String(cString: strerror(code)))"
        case .missing(let path): "\(path) is not there"
        case .busy: "the box is locked"
        }
    }
}
