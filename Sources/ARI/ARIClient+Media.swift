import Core
public import Foundation
import NIOHTTP1
public import Telephony

extension MediaTarget {
    fileprivate var path: [String] {
        switch self {
        case .channel(let id): ["channels", id.rawValue]
        case .bridge(let id): ["bridges", id.rawValue]
        }
    }
}

extension ARIClient: PlaybackControlling {
    /// `POST /channels/{id}/play/{playbackId}`, or of a bridge. The media travel in the body: in the query a comma, which
    /// tones hold, would separate two of them.
    @discardableResult
    public func play(_ request: PlaybackRequest, on target: MediaTarget) async throws -> Playback {
        var body: [String: JSONValue] = ["media": .array(request.media.map(JSONValue.string))]
        body["lang"] = request.language.map(JSONValue.string)
        body["offsetms"] = request.offset.map { .integer(Int64($0)) }
        body["skipms"] = request.skip.map { .integer(Int64($0)) }
        return try await read(
            .POST,
            target.path + ["play", request.id.rawValue],
            body: .object(body),
            Playback.init(ari:)
        )
    }

    /// `GET /playbacks/{id}`
    public func playback(_ id: PlaybackID) async throws -> Playback? {
        try await readIfThere(["playbacks", id.rawValue], Playback.init(ari:))
    }

    /// `DELETE /playbacks/{id}`
    public func stopPlayback(_ id: PlaybackID) async throws {
        try await send(.DELETE, ["playbacks", id.rawValue])
    }

    /// `POST /playbacks/{id}/control`
    public func control(_ id: PlaybackID, _ operation: PlaybackOperation) async throws {
        try await send(.POST, ["playbacks", id.rawValue, "control"], query: [("operation", operation.rawValue)])
    }
}

extension ARIClient: RecordingControlling {
    /// `POST /channels/{id}/record`, or of a bridge.
    @discardableResult
    public func record(_ request: RecordingRequest, of target: MediaTarget) async throws -> LiveRecording {
        try await read(
            .POST,
            target.path + ["record"],
            query: [
                ("name", request.name), ("format", request.format), ("maxDurationSeconds", String(request.longest)),
                ("maxSilenceSeconds", String(request.longestSilence)), ("ifExists", request.existing.rawValue),
                ("beep", String(request.beeps)), ("terminateOn", request.terminator),
            ],
            LiveRecording.init(ari:)
        )
    }

    /// `GET /recordings/live/{name}`
    public func liveRecording(_ name: String) async throws -> LiveRecording? {
        try await readIfThere(["recordings", "live", name], LiveRecording.init(ari:))
    }

    /// `POST /recordings/live/{name}/stop`
    public func stopRecording(_ name: String) async throws {
        try await send(.POST, ["recordings", "live", name, "stop"])
    }

    /// `DELETE /recordings/live/{name}`
    public func discardRecording(_ name: String) async throws {
        try await send(.DELETE, ["recordings", "live", name])
    }

    /// `POST` or `DELETE /recordings/live/{name}/pause`
    public func setRecording(_ name: String, paused: Bool) async throws {
        try await send(paused ? .POST : .DELETE, ["recordings", "live", name, "pause"])
    }

    /// `POST` or `DELETE /recordings/live/{name}/mute`
    public func setRecording(_ name: String, muted: Bool) async throws {
        try await send(muted ? .POST : .DELETE, ["recordings", "live", name, "mute"])
    }
}

extension ARIClient: StoredRecordingAccess {
    /// `GET /recordings/stored`
    public func storedRecordings() async throws -> [StoredRecording] {
        try await read(["recordings", "stored"]) { try $0.list(StoredRecording.init(ari:)) }
    }

    /// `GET /recordings/stored/{name}`
    public func storedRecording(_ name: String) async throws -> StoredRecording? {
        try await readIfThere(["recordings", "stored", name], StoredRecording.init(ari:))
    }

    /// `GET /recordings/stored/{name}/file`
    public func file(ofStoredRecording name: String) async throws -> Data {
        try await send(.GET, ["recordings", "stored", name, "file"])
    }

    /// `POST /recordings/stored/{name}/copy`
    @discardableResult
    public func copyStoredRecording(_ name: String, to copy: String) async throws -> StoredRecording {
        try await read(
            .POST,
            ["recordings", "stored", name, "copy"],
            query: [("destinationRecordingName", copy)],
            StoredRecording.init(ari:)
        )
    }

    /// `DELETE /recordings/stored/{name}`
    public func deleteStoredRecording(_ name: String) async throws {
        try await send(.DELETE, ["recordings", "stored", name])
    }
}
