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
            session.logger.warning("agi handler gives up softly", metadata: ["cause": "\(error)"])
            try await session.verbose("\(name): \(error)")
            return nil
        }
    }
}

/// What a handler needs is not there, or is not what it must be.
struct HandlerFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
