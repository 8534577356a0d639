import Foundation
import NIOHTTP1
public import Telephony

extension ARIClient: BridgeControlling {
    /// `GET /bridges`
    public func bridges() async throws -> [Bridge] { try await read(["bridges"]) { try $0.list(Bridge.init(ari:)) } }

    /// `GET /bridges/{id}`
    public func bridge(_ id: BridgeID) async throws -> Bridge? {
        try await readIfThere(["bridges", id.rawValue], Bridge.init(ari:))
    }

    /// `POST /bridges/{id}`; Asterisk 22.10 answers 409 when there is one of this id.
    public func createBridge(_ creation: BridgeCreation) async throws {
        var query = [("type", creation.types.map(\.rawValue).joined(separator: ","))]
        query.append("name", creation.name.isEmpty ? nil : creation.name)
        do {
            try await send(.POST, ["bridges", creation.id.rawValue], query: query)
        } catch TelephonyFailure.conflict {
            // What the caller wants is already so.
        }
    }

    /// `POST /bridges/{id}/addChannel`
    public func add(_ channels: [ChannelID], to bridge: BridgeID, as entry: BridgeEntry) async throws {
        var query = [("channel", channels.map(\.rawValue).joined(separator: ","))]
        query.append("role", entry.role)
        query.append("absorbDTMF", entry.absorbsDTMF ? "true" : nil)
        query.append("mute", entry.isMuted ? "true" : nil)
        query.append("inhibitConnectedLineUpdates", entry.inhibitsConnectedLineUpdates ? "true" : nil)
        try await send(.POST, ["bridges", bridge.rawValue, "addChannel"], query: query)
    }

    /// `POST /bridges/{id}/removeChannel`
    public func remove(_ channel: ChannelID, from bridge: BridgeID) async throws {
        try await send(
            .POST,
            ["bridges", bridge.rawValue, "removeChannel"],
            query: [("channel", channel.rawValue)]
        )
    }

    /// `POST /bridges/{id}/moh`
    public func startMusic(in bridge: BridgeID, musicClass: String?) async throws {
        var query: [(String, String)] = []
        query.append("mohClass", musicClass)
        try await send(.POST, ["bridges", bridge.rawValue, "moh"], query: query)
    }

    /// `DELETE /bridges/{id}/moh`
    public func stopMusic(in bridge: BridgeID) async throws {
        try await send(.DELETE, ["bridges", bridge.rawValue, "moh"])
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
