import Foundation
import NIOHTTP1
public import Telephony

extension ARIClient: BridgeControlling {
    /// `GET /bridges`
    public func bridges() async throws -> [Bridge] {
        try decode([ARIBridge].self, from: try await send(.GET, ["bridges"])).map(\.value)
    }

    /// `GET /bridges/{id}`
    public func bridge(_ id: BridgeID) async throws -> Bridge? {
        do {
            return try decode(ARIBridge.self, from: try await send(.GET, ["bridges", id.rawValue])).value
        } catch TelephonyFailure.notFound {
            return nil
        }
    }

    /// `POST /bridges/{id}`; Asterisk 22.10 answers 409 when there is one of this id.
    public func createBridge(_ id: BridgeID, kind: Bridge.Kind) async throws {
        do {
            try await send(.POST, ["bridges", id.rawValue], query: [("type", kind.rawValue)])
        } catch TelephonyFailure.conflict {
            // What the caller wants is already so.
        }
    }

    /// `POST /bridges/{id}/addChannel`
    public func add(_ channel: ChannelID, to bridge: BridgeID) async throws {
        try await send(
            .POST,
            ["bridges", bridge.rawValue, "addChannel"],
            query: [("channel", channel.rawValue)]
        )
    }

    /// `POST /bridges/{id}/moh`
    public func startMusic(in bridge: BridgeID, musicClass: String?) async throws {
        try await send(
            .POST,
            ["bridges", bridge.rawValue, "moh"],
            query: musicClass.map { [("mohClass", $0)] } ?? []
        )
    }

    /// `DELETE /bridges/{id}`
    public func destroyBridge(_ id: BridgeID) async throws {
        do {
            try await send(.DELETE, ["bridges", id.rawValue])
        } catch TelephonyFailure.notFound {
            // What the caller wants is already so.
        }
    }
}
