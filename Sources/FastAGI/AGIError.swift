/// Why a command, or the session, did not go through.
public enum AGIError: Error, Hashable, Sendable {
    /// The channel hung up and Asterisk does not allow the command any more: an ordinary end.
    case hungUp
    /// Asterisk closed the connection: an ordinary end.
    case peerClosed
    /// No reply within the command's limit; the session is over.
    case noReply(verb: String)
    /// Asterisk sent what is no reply; the session is over.
    case malformedReply(String)
    /// Asterisk answered 510 or 520; the session goes on.
    case refused(verb: String, reason: String)
    /// The command does not fit in a line of `limit` bytes and may not be shortened; nothing was sent.
    case commandTooLong(verb: String, limit: Int)
    /// Another command of this session waits for its reply; nothing was sent.
    case commandInProgress
    /// All places for computing handlers stayed taken; the session is over.
    case busy
    /// The server ended the session: shutdown, or the session lasted too long.
    case stopped(String)
}

extension AGIError {
    /// Whether no further command can succeed on this session.
    public var endsSession: Bool {
        switch self {
        case .hungUp, .peerClosed, .noReply, .malformedReply, .busy, .stopped: true
        case .refused, .commandTooLong, .commandInProgress: false
        }
    }
}

extension AGIError: CustomStringConvertible {
    /// One line for a log.
    public var description: String {
        switch self {
        case .hungUp: "the channel hung up"
        case .peerClosed: "the peer closed the connection"
        case .noReply(let verb): "no reply to \(verb) in time"
        case .malformedReply(let text): "malformed reply: \(text)"
        case .refused(let verb, let reason): "\(verb) refused: \(reason)"
        case .commandTooLong(let verb, let limit): "\(verb) does not fit in \(limit) bytes"
        case .commandInProgress: "another command of the session is in progress"
        case .busy: "the server is busy"
        case .stopped(let reason): reason
        }
    }
}
