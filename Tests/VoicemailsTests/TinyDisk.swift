import Foundation
import Glibc

/// A disk with room for next to nothing, which can become read-only. Only where we may mount one.
final class TinyDisk: Sendable {
    let folder: URL

    /// Whether this process may mount.
    static let isPossible: Bool = {
        guard getuid() == 0, let disk = TinyDisk() else { return false }
        return FileManager.default.fileExists(atPath: disk.folder.path)
    }()

    init?(kibibytes: Int = 64) {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            return nil
        }
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(kibibytes)k") == 0 else {
            rmdir(folder.path)
            return nil
        }
    }

    /// Nothing can be written any more.
    func becomeReadOnly() -> Bool { mount("tmpfs", folder.path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0 }

    deinit {
        umount2(folder.path, Int32(MNT_DETACH))
        rmdir(folder.path)
    }
}
