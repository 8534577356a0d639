/// Why PostgreSQL did not do what was asked. No text holds a password.
public enum PostgresFailure: Error, Hashable, Sendable {
    /// No connection, a connection lost on the way, or no answer within the limit. Whether a statement that
    /// was under way took effect is not known.
    case unreachable(String)
    /// The server refused the statement: five characters of SQLSTATE, its message and, if it names one, the
    /// violated constraint. Nothing of the statement took effect.
    case refused(sqlState: String, message: String)
    /// The answer lacks a column that was asked for, or holds a text that is not of the wanted type.
    case unexpected(String)
}

extension PostgresFailure: CustomStringConvertible {
    /// One line for the log.
    public var description: String {
        switch self {
        case .unreachable(let text): "PostgreSQL is unreachable: \(text)"
        case .refused(let state, let message): "PostgreSQL refused (\(state)): \(message)"
        case .unexpected(let text): "unexpected answer of PostgreSQL: \(text)"
        }
    }
}

extension PostgresFailure {
    /// Whether the server cannot serve now, though the statement may be right: no connection (SQLSTATE class
    /// 08), no resources (53), a shutdown or a time limit (57). Trying again later makes sense.
    public var isOutage: Bool {
        switch self {
        case .unreachable: true
        case .refused(let state, _): ["08", "53", "57"].contains(state.prefix(2))
        case .unexpected: false
        }
    }
}
