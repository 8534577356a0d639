/// The access control list of a token: patterns against which a required access is held
/// (contract 00 §4.3).
///
/// Words are separated by `.`; `*` stands for any run of characters but `.` and `#`, `#` for anything.
/// A pattern that begins with `!` denies, and denials are looked at first. As a whole word of a pattern,
/// `me` also stands for the token's user, `my_session` for its session, `edit` for `update`.
public struct ACL: Sendable, Hashable {
    /// The patterns.
    public let patterns: [String]
    private let names: ACLNames

    /// - Parameters:
    ///   - patterns: The token's list.
    ///   - me: What `me` also matches: the token's `auth_id`, for local tokens the user.
    ///   - session: What `my_session` also matches.
    public init(_ patterns: [String], me: String? = nil, session: String? = nil) {
        self.patterns = patterns
        names = ACLNames(me: me.map { Array($0.utf8) }, session: session.map { Array($0.utf8) })
    }

    /// Whether the list grants the access. An empty access is always granted.
    public func grants(_ access: String) -> Bool {
        if access.isEmpty { return true }
        var access = access
        return access.withUTF8 { access in
            ACLMatcher.with(access: access, names: names) { matcher in
                !matches(&matcher, denying: true) && matches(&matcher, denying: false)
            }
        }
    }

    private func matches(_ matcher: inout ACLMatcher, denying: Bool) -> Bool {
        for pattern in patterns where (pattern.utf8.first == UInt8(ascii: "!")) == denying {
            var pattern = pattern
            let isMatch = pattern.withUTF8 { bytes in
                matcher.matches(denying ? UnsafeBufferPointer(rebasing: bytes.dropFirst()) : bytes)
            }
            if isMatch { return true }
        }
        return false
    }
}
