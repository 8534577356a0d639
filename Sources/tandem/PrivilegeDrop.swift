import Foundation
import Glibc

/// Option `-u`, key `user` (contract 00 §1): the process goes on as this user, with their groups.
enum PrivilegeDrop {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Name of the user that the process is, or their number when they have none.
    static var currentUser: String {
        getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(geteuid())"
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
