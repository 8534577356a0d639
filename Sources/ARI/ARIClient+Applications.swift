import Core
import Foundation
import NIOHTTP1
public import Telephony

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

    /// Creates a bridge that is there to be subscribed to; one that is there already is fine.
    /// - Throws: `TelephonyFailure`.
    func createEmptyBridge(_ bridge: BridgeID) async throws {
        do {
            let query = [("type", "holding"), ("name", bridge.rawValue)]
            try await send(.POST, ["bridges", bridge.rawValue], query: query, beforeInitialization: true)
        } catch TelephonyFailure.conflict {
            // An earlier connection made it.
        }
    }

    /// What Asterisk has registered: the sources that each application listens to.
    /// - Throws: `TelephonyFailure`.
    func applications() async throws -> [StasisApplicationState] {
        try await read(["applications"], beforeInitialization: true) { try $0.list(StasisApplicationState.init(ari:)) }
    }

    /// Registers an application whose events go to the bus (`res_ari_amqp`, contract 00 §7.2).
    /// - Throws: `TelephonyFailure`, `.notFound` when Asterisk has no such module.
    func registerOnBus(_ application: String) async throws {
        try await send(.POST, ["amqp", application], beforeInitialization: true)
    }

    /// Removes an application whose events go to the bus.
    /// - Throws: `TelephonyFailure`, `.notFound` when there is none of this name.
    func deregisterFromBus(_ application: String) async throws {
        try await send(.DELETE, ["amqp", application], beforeInitialization: true)
    }
}

extension ARIClient: ApplicationSubscribing {
    /// `GET /applications/{name}`
    public func application(_ name: String) async throws -> StasisApplicationState? {
        try await readIfThere(["applications", name], StasisApplicationState.init(ari:))
    }

    /// `POST /applications/{name}/subscription` (contract 00 §7.3); works before the start is complete too.
    public func subscribe(_ application: String, to sources: [String]) async throws {
        try await send(
            .POST,
            ["applications", application, "subscription"],
            query: [("eventSource", sources.joined(separator: ","))],
            beforeInitialization: true
        )
    }

    /// `DELETE /applications/{name}/subscription`
    public func unsubscribe(_ application: String, from sources: [String]) async throws {
        try await send(
            .DELETE,
            ["applications", application, "subscription"],
            query: [("eventSource", sources.joined(separator: ","))]
        )
    }
}

extension StasisApplicationState {
    /// Whether it listens to all channels, which is shown as a channel of this name.
    var hearsAllChannels: Bool { channels.contains(ChannelID("__AST_CHANNEL_ALL_TOPIC")) }
}

extension ARIClient: AsteriskInspecting {
    /// `GET /asterisk/info`
    public func information() async throws -> AsteriskInformation {
        try await read(["asterisk", "info"]) { AsteriskInformation(ari: $0) }
    }
}
