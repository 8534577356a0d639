import CDispatch
import Foundation
import Glibc

/// What the file system knows of an entry.
struct FileStatus: Sendable, Hashable {
    /// Kinds of entries.
    enum Kind: Sendable, Hashable {
        case file, directory, other
    }

    var kind: Kind
    var inode: UInt64
    /// Permissions.
    var mode: mode_t
    var group: gid_t
    /// Bytes.
    var size: Int
    /// When the contents changed: nanoseconds since 1970.
    var changed: Int64
    /// When anything of it changed, links too.
    var touched: Int64

    /// What is at a path, links followed.
    static func of(_ path: String) -> FileStatus? { read { stat(path, $0) } }
    /// What is at a path, be it a link.
    static func ofEntry(_ path: String) -> FileStatus? { read { lstat(path, $0) } }
    /// An entry of an open directory, be it a link.
    static func ofEntry(_ name: String, in directory: CInt) -> FileStatus? {
        read { fstatat(directory, name, $0, AT_SYMLINK_NOFOLLOW) }
    }
    /// What is open.
    static func of(descriptor: CInt) -> FileStatus? { read { fstat(descriptor, $0) } }

    private static func read(_ call: (UnsafeMutablePointer<stat>) -> CInt) -> FileStatus? {
        var status = stat()
        guard call(&status) == 0 else { return nil }
        let kind: Kind
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .directory
        default: kind = .other
        }
        return FileStatus(
            kind: kind,
            inode: UInt64(status.st_ino),
            mode: status.st_mode & 0o7777,
            group: status.st_gid,
            size: Int(status.st_size),
            changed: nanoseconds(status.st_mtim),
            touched: nanoseconds(status.st_ctim)
        )
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Now, by the clock that file systems use.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return nanoseconds(time)
    }
}
