import Foundation

/// The lock of app_voicemail on a folder (contract 31 §8.5). We never take it: a crash of ours would leave it behind,
/// and with it the box would be locked for ever. Readers wait while it is there, and see by the directory's time of
/// change whether anything happened while they read.
enum FolderLock {
    /// Seconds after which a lock is one that a crashed Asterisk left behind: it holds one for milliseconds, and gives
    /// up waiting for one after 5 s.
    static let patience = 5

    /// Whether Asterisk works in the folder now.
    static func isHeld(_ folder: String, now: Int64 = FileStatus.now) -> Bool {
        if let lock = FileStatus.ofEntry(folder + "/.lock") {
            return now - lock.touched < Int64(patience) * 1_000_000_000
        }
        // lockmode=flock
        let file = open(folder + "/lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return false }
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }
}
