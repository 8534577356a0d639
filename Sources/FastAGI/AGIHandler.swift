/// What runs for one script name.
public protocol AGIHandler: Sendable {
    /// The script's name, matched exactly against `agi_network_script` without its query part.
    var name: String { get }

    /// Serves one session; returns when the dialplan may go on.
    ///
    /// - Throws: `DialplanBreak` when the handler found data the call cannot go on with; `AGIError`
    ///   as it came from the session; any other error is a fault. A break or a fault sends the call
    ///   to `agi_fail,s,1` (contract 40 §7).
    func run(_ session: AGISession) async throws
}

/// A handler found invalid data: the call goes to `agi_fail` (contract 40 §7 "dialplan break").
public struct DialplanBreak: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the dialplan's log is told.
    public let message: String

    /// A break with its message.
    public init(_ message: String) { self.message = message }

    /// The message.
    public var description: String { message }
}
