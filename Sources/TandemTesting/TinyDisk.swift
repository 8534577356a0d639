public import Foundation
import Glibc

/// A disk with room for next to nothing, which can become read-only. Only where we may mount one.
public final class TinyDisk: Sendable {
    /// Where it is mounted.
    public let folder: URL
    private let isOurs: Bool

    /// Whether this process may mount.
    public static let isPossible: Bool = {
        guard getuid() == 0, let disk = TinyDisk() else { return false }
        return FileManager.default.fileExists(atPath: disk.folder.path)
    }()

    /// Mounts one; it goes with this object.
    /// - Parameters:
    ///   - kibibytes: Its size, 4 or more.
    ///   - place: A folder that is there; `nil`: one of its own.
    /// - Returns: `nil` where it cannot be mounted.
    public init?(kibibytes: Int = 64, at place: URL? = nil) {
        isOurs = place == nil
        folder = place ?? FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            return nil
        }
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(kibibytes)k") == 0 else {
            if isOurs { rmdir(folder.path) }
            return nil
        }
    }

    /// Nothing can be written any more.
    public func becomeReadOnly() -> Bool {
        mount("tmpfs", folder.path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0
    }

    deinit {
        umount2(folder.path, Int32(MNT_DETACH))
        if isOurs { rmdir(folder.path) }
    }
}
