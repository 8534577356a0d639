import Foundation
import Glibc

/// Option `-u`, key `user` (contract 00 §1): the process goes on as this user, with his groups.
enum PrivilegeDrop {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Changes to the user, when the process is root; any other process stays who it is.
    /// - Throws: ``Failure`` when there is no such user, or the system refuses.
    static func become(_ user: String) throws {
        guard getuid() == 0 else { return }
        guard let entry = getpwnam(user) else { throw Failure(description: "user: there is no user \(user)") }
        let (uid, gid) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        guard setgid(gid) == 0, initgroups(user, gid) == 0, setuid(uid) == 0 else {
            throw Failure(description: "user: cannot become \(user): \(String(cString: strerror(errno)))")
        }
    }
}
