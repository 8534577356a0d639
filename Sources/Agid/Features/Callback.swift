import Core
import FastAGI
public import Foundation
import Telephony

/// Somebody who is called back and then dials on from inside (contract 41 §5 `callback`).
public struct Callback: Sendable, Hashable {
    /// His number.
    public var number: String
    /// Context that he is called through, and that he dials in.
    public var context: String
    /// When he is called: his own call has ended by then.
    public var due: Date

    /// A call-back with all its parts.
    public init(number: String, context: String, due: Date) {
        self.number = number
        self.context = context
        self.due = due
    }

    /// What Asterisk dials.
    public var channel: String { "Local/\(number)@\(context)" }
    /// Context of the dialplan that the answered channel enters at `s`.
    public static let dialplanContext = "wazo-callbackdisa"
    /// Variable with the context that he dials in.
    public static let contextVariable = "WAZO_DISACONTEXT"
    /// Seconds that his phone rings at most.
    public static let ringSeconds = 30
    /// Seconds until he is called.
    static let delay = 5.0
}

/// Calls people back when it is time.
public protocol CallbackScheduling: Sendable {
    /// Takes a call-back on; it happens after this returned.
    /// - Throws: When it is not taken on.
    func schedule(_ callback: Callback) async throws
}

/// How somebody is called back (contract 41 §7 row 15).
public enum CallbackMode: Sendable {
    /// We place the call.
    case originated(any CallbackScheduling)
    /// Asterisk reads it from a file in its spool, which it shares with us.
    case spooled
}

/// `callback`: calls the caller back after he hung up (contract 41 §5).
struct CallbackHandler: AGIHandler {
    let name = "callback"
    let mode: CallbackMode
    let clock: any WallClock

    func run(_ session: AGISession) async throws {
        let context = session.arguments.first ?? ""
        let number = try await session.getVariable("WAZO_SRCNUM")
        // A line feed would add a line to a call file.
        guard DialplanPlace(context: context, exten: number).isDialable else {
            throw DialplanBreak("Nobody to call back: the number is '\(number)', the context '\(context)'")
        }
        let due = clock.now.addingTimeInterval(Callback.delay)
        let callback = Callback(number: number, context: context, due: due)
        switch mode {
        case .originated(let calls): try await calls.schedule(callback)
        case .spooled:
            let spool = try await session.getVariable("AST_CONFIG(asterisk.conf,directories,astspooldir)")
            if spool.isEmpty { throw DialplanBreak("Asterisk does not tell its spool") }
            try await CallFile(callback).write(to: spool)
        }
    }
}
