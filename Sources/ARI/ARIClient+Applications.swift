import Core
import Foundation
import NIOHTTP1

extension ARIClient {
    /// A cheap authenticated request that exists in every version (contract 00 §7.1).
    /// - Throws: `TelephonyFailure`.
    func probe() async throws {
        try await send(.GET, ["api-docs", "resources.json"], beforeInitialization: true)
    }

    /// Keeps events that nobody reads from being sent (contract 44 §13 b).
    /// - Throws: `TelephonyFailure`.
    func disallow(_ types: [String], in application: String) async throws {
        let filter: JSONValue = ["disallowed": .array(types.map { ["type": .string($0)] })]
        try await send(
            .PUT,
            ["applications", application, "eventFilter"],
            body: Data(filter.text.utf8),
            beforeInitialization: true
        )
    }

    /// Subscribes an application to event sources (contract 00 §7.3).
    /// - Throws: `TelephonyFailure`.
    func subscribe(_ application: String, to sources: [String]) async throws {
        try await send(
            .POST,
            ["applications", application, "subscription"],
            query: [("eventSource", sources.joined(separator: ","))],
            beforeInitialization: true
        )
    }
}
