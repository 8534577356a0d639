import FastAGI
import Logging

/// A handler whose failure must not cost the call (contract 41 §7 row 1).
enum BestEffort {
    /// Runs `work`; what goes wrong is logged and told to Asterisk's log, then the dialplan goes on.
    /// - Returns: `nil` when it went wrong.
    /// - Throws: What ended the session itself.
    static func run<Value>(
        _ name: String,
        _ session: AGISession,
        _ work: () async throws -> Value
    ) async throws -> Value? {
        do {
            return try await work()
        } catch let error as AGIError where error.endsSession {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            try await tell(error, name, session)
            return nil
        }
    }

    /// Runs a whole handler: the call is lost only when the handler itself says so by a `DialplanBreak`, not when
    /// Asterisk refuses a command.
    /// - Throws: `DialplanBreak`, or what ended the session itself.
    static func handler(_ name: String, _ session: AGISession, _ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let stop as DialplanBreak {
            throw stop
        } catch let error as AGIError where error.endsSession {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            try await tell(error, name, session)
        }
    }

    /// Says what went wrong; an Asterisk that does not want to hear it is no reason to lose the call.
    private static func tell(_ error: any Error, _ name: String, _ session: AGISession) async throws {
        session.logger.warning("agi handler gives up softly", metadata: ["cause": "\(error)"])
        do {
            try await session.verbose("\(name): \(error)")
        } catch let error as AGIError where !error.endsSession {
            session.logger.debug("message refused", metadata: ["cause": "\(error)"])
        }
    }
}

/// What a handler needs is not there, or is not what it must be.
struct HandlerFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
