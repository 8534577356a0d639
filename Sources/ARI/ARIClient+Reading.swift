import Core
import Foundation
import NIOHTTP1
import Telephony

/// Answers as values.
extension ARIClient {
    /// Gets an object.
    /// - Throws: `TelephonyFailure`.
    func read<Value>(
        _ path: [String],
        query: [(String, String)] = [],
        beforeInitialization: Bool = false,
        _ value: (JSONValue) throws -> Value
    ) async throws -> Value {
        try await read(.GET, path, query: query, beforeInitialization: beforeInitialization, value)
    }

    /// Makes a request and reads its answer.
    /// - Throws: `TelephonyFailure`.
    func read<Value>(
        _ method: HTTPMethod,
        _ path: [String],
        query: [(String, String)] = [],
        body: JSONValue? = nil,
        beforeInitialization: Bool = false,
        _ value: (JSONValue) throws -> Value
    ) async throws -> Value {
        let data = try await send(
            method,
            path,
            query: query,
            body: body.map { Data($0.text.utf8) },
            beforeInitialization: beforeInitialization
        )
        do {
            return try value(try JSONValue(parsing: data))
        } catch {
            throw TelephonyFailure.internalError("unreadable answer: \(error)")
        }
    }

    /// Gets an object; `nil` when it is not there.
    /// - Throws: `TelephonyFailure`.
    func readIfThere<Value>(_ path: [String], _ value: (JSONValue) throws -> Value) async throws -> Value? {
        do {
            return try await read(path, value)
        } catch TelephonyFailure.notFound {
            return nil
        }
    }
}
