import CallControl
import Core
import Directory
import Foundation
import Telephony

/// Media that a client lets a call hear (contract 11 §3.7).
extension Applications {
    func play(_ order: PlaybackOrder, to call: ApplicationCall, of loop: ApplicationLoop) async throws -> JSONValue {
        guard let media = ports.media.media(order.uri, for: loop.live.record.tenant) else {
            throw Failure.noSuchMedia(order.uri)
        }
        guard loop.live.playbacks.count < ApplicationWork.mostPlaybacks else {
            throw Failure.tooMany("playbacks", limit: ApplicationWork.mostPlaybacks)
        }
        guard loop.live.playbacks.values.count(where: { $0.call == call.id }) < ApplicationWork.mostPlaybacksOfCall
        else {
            throw Failure.tooMany("playbacks", limit: ApplicationWork.mostPlaybacksOfCall)
        }
        let planned = ApplicationPlayback(
            id: UUID().uuidString.lowercased(),
            call: call.id,
            uri: order.uri,
            language: order.language ?? ""
        )
        let isThere = try await ports.asking { try await self.isThere(media) }
        try await loop.store(.playbackPlanned(planned))
        if !isThere {
            let call = MediaTarget.channel(call.id)
            let failed = Playback(id: PlaybackID(planned.id), media: media, target: call, state: "failed")
            await loop.apply(.playbackFinished(failed))
            return planned.json(state: "queued")
        }
        do {
            let asterisk = ports.asterisk
            let playback = try await asking(of: call, in: loop) {
                try await asterisk.play(
                    PlaybackRequest(id: PlaybackID(planned.id), media: [media], language: order.language),
                    on: .channel(call.id)
                )
            }
            return ApplicationPlayback(
                id: planned.id,
                call: call.id,
                uri: order.uri,
                language: playback.language
            ).json(state: playback.state)
        } catch {
            // Asterisk may be playing it, and only its answer is lost.
            await work.tolerating("playback that failed not ended", planned.id) {
                try await ports.asterisk.stopPlayback(PlaybackID(planned.id))
            }
            await loop.apply(.playbackNotStarted(planned.id))
            throw error
        }
    }

    /// Whether Asterisk would tell how a playback ends.
    private func isThere(_ media: String) async throws -> Bool {
        guard let recording = MediaRules.recording(in: media) else { return true }
        return try await ports.hasRecording(recording)
    }

    func stopPlayback(_ id: String, of loop: ApplicationLoop) async throws {
        guard loop.live.playbacks[id] != nil else { throw Failure.noSuchPlayback(id) }
        try await ports.asking {
            do {
                try await ports.asterisk.stopPlayback(PlaybackID(id))
            } catch TelephonyFailure.notFound {
                throw Failure.noSuchPlayback(id)
            }
        }
    }
}
