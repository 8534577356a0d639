import Foundation
import TandemLab
import Telephony
import Testing

@testable import ARI

@Suite(
    "Bridges and media of the real Asterisk",
    .serialized,
    .timeLimit(.minutes(2)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct BridgeAndMediaRequestTests {
    @Test("a bridge with a name and several types takes channels and lets them go, with its events")
    func bridge() async throws {
        try await RealStage.run { stage in
            let ari = stage.ari
            let id = BridgeID("\(stage.application)-bridge")
            try await ari.createBridge(
                BridgeCreation(id, types: [.mixing, .dtmfEvents, .proxyMedia], name: "Büro & Co")
            )
            try await stage.event("BridgeCreated") {
                if case .bridgeCreated(let bridge) = $0, bridge.id == id { true } else { nil }
            }
            let made = try #require(try await ari.bridge(id))
            #expect(made.name == "Büro & Co" && made.kind == .mixing)
            let first = try await stage.enter()
            let second = try await stage.enter()
            try await ari.add([first, second], to: id, as: BridgeEntry(inhibitsConnectedLineUpdates: true))
            for channel in [first, second] {
                try await stage.event("ChannelEnteredBridge") {
                    if case .channelEnteredBridge(let entered, let bridge) = $0, entered.id == channel, bridge.id == id
                    {
                        true
                    } else {
                        nil
                    }
                }
            }
            try await ari.remove(first, from: id)
            try await stage.event("ChannelLeftBridge") {
                if case .channelLeftBridge(let left, let bridge) = $0, left.id == first, bridge.channels == [second] {
                    true
                } else {
                    nil
                }
            }
            let again = await stage.failure { try await ari.remove(first, from: id) }
            #expect(again?.answer?.status == 422)
            let unknown = await stage.failure { try await ari.add(ChannelID("nobody"), to: id) }
            #expect(unknown?.answer?.status == 400)
            let absent = await stage.failure { try await ari.add(first, to: BridgeID("nothing")) }
            #expect(absent?.answer?.status == 404)
            let half = try #require(try await ari.channels().first { $0.name.hasSuffix(";2") })
            let outside = await stage.failure { try await ari.add(half.id, to: id) }
            #expect(outside?.answer?.status == 422, "\(String(describing: outside))")
            try await ari.add([first], to: id, as: BridgeEntry(absorbsDTMF: true, isMuted: true))
            try await ari.startMusic(in: id, musicClass: "default")
            try await ari.stopMusic(in: id)
            let noMusic = await stage.failure { try await ari.stopMusic(in: id) }
            #expect(noMusic?.answer?.status == 409)
            try await ari.destroyBridge(id)
            try await stage.event("BridgeDestroyed") {
                if case .bridgeDestroyed(let bridge) = $0, bridge.id == id { true } else { nil }
            }
        }
    }

    @Test("a participant and an announcer of a holding bridge")
    func roles() async throws {
        try await RealStage.run { stage in
            let id = BridgeID("\(stage.application)-holding")
            try await stage.ari.createBridge(id, kind: .holding)
            let first = try await stage.enter()
            let second = try await stage.enter()
            try await stage.ari.add([first], to: id, as: BridgeEntry(role: "participant"))
            try await stage.ari.add([second], to: id, as: BridgeEntry(role: "announcer"))
            #expect(try await stage.ari.bridge(id)?.channels.contains(first) == true)
            try await stage.ari.destroyBridge(id)
        }
    }

    private func started(_ id: PlaybackID, on stage: RealStage) async throws -> Playback {
        try await stage.event("PlaybackStarted of \(id)") {
            if case .playbackStarted(let playback) = $0, playback.id == id { playback } else { nil }
        }
    }

    private func finished(_ id: PlaybackID, on stage: RealStage) async throws -> Playback {
        try await stage.event("PlaybackFinished of \(id)") {
            if case .playbackFinished(let playback) = $0, playback.id == id { playback } else { nil }
        }
    }

    @Test("a list of media is played under our id, controlled and stopped")
    func playback() async throws {
        try await RealStage.run { stage in
            let ari = stage.ari
            let channel = try await stage.enter()
            let id = PlaybackID("\(stage.application)-play")
            // The tone holds a comma, which must not part it.
            let made = try await ari.play(
                PlaybackRequest(
                    id: id,
                    media: ["sound:beep", "tone:350+440/200,0/200,350+440/200"],
                    language: "en",
                    offset: 0,
                    skip: 1_000
                ),
                on: .channel(channel)
            )
            #expect(made.id == id && made.target == .channel(channel))
            #expect(try await started(id, on: stage).media == "sound:beep")
            let next = try await stage.event("PlaybackContinuing") { kind -> String? in
                if case .playbackContinuing(let playback) = kind, playback.id == id { playback.nextMedia } else { nil }
            }
            #expect(next == "tone:350+440/200,0/200,350+440/200")
            #expect(try await ari.playback(id)?.state == "playing")
            try await ari.stopPlayback(id)
            #expect(try await finished(id, on: stage).state == "done")
            #expect(try await ari.playback(id) == nil)
            let ended = await stage.failure { try await ari.stopPlayback(id) }
            #expect(ended?.answer?.status == 404)
        }
    }

    @Test("a playback is paused and goes on; a missing file ends as failed; a bridge hears one too")
    func playbackFates() async throws {
        try await RealStage.run { stage in
            let ari = stage.ari
            let channel = try await stage.enter()
            let long = PlaybackID("\(stage.application)-long")
            try await ari.play(PlaybackRequest(id: long, media: ["sound:demo-congrats"]), on: .channel(channel))
            _ = try await started(long, on: stage)
            for operation in PlaybackOperation.allCases { try await ari.control(long, operation) }
            try await ari.stopPlayback(long)
            let missing = PlaybackID("\(stage.application)-missing")
            try await ari.play(PlaybackRequest(id: missing, media: ["sound:no-such-file"]), on: .channel(channel))
            #expect(try await finished(missing, on: stage).state == "failed")
            let bridge = BridgeID("\(stage.application)-hears")
            try await ari.createBridge(bridge, kind: .mixing)
            try await ari.add(channel, to: bridge)
            let heard = PlaybackID("\(stage.application)-bridge-play")
            try await ari.play(PlaybackRequest(id: heard, media: ["sound:beep"]), on: .bridge(bridge))
            #expect(try await finished(heard, on: stage).target == .bridge(bridge))
            try await ari.destroyBridge(bridge)
        }
    }

    @Test("a channel is recorded; the recording is paused, muted, stopped, copied, read and deleted")
    func recording() async throws {
        try await RealStage.run { stage in
            let ari = stage.ari
            let channel = try await stage.enter("404")
            let name = "\(stage.application)/a b"
            let request = RecordingRequest(name: name, longest: 20, beeps: false, terminator: "#")
            let made = try await ari.record(request, of: .channel(channel))
            #expect(made.name == name && made.target == .channel(channel))
            try await stage.event("RecordingStarted") {
                if case .recordingStarted(let recording) = $0, recording.name == name { true } else { nil }
            }
            try await ari.setRecording(name, paused: true)
            #expect(try await ari.liveRecording(name)?.state == "paused")
            try await ari.setRecording(name, paused: false)
            try await ari.setRecording(name, muted: true)
            try await ari.setRecording(name, muted: false)
            try await Task.sleep(for: .milliseconds(300))
            try await ari.stopRecording(name)
            let ended = try await stage.event("RecordingFinished") { kind -> LiveRecording? in
                if case .recordingFinished(let recording) = kind, recording.name == name { recording } else { nil }
            }
            #expect(ended.state == "done" && ended.duration != nil)
            #expect(try await ari.liveRecording(name) == nil)
            #expect(try await ari.storedRecording(name) == StoredRecording(name: name, format: "wav"))
            #expect(try await ari.storedRecordings().contains { $0.name == name })
            #expect(try await ari.file(ofStoredRecording: name).starts(with: Data("RIFF".utf8)))
            let copy = "\(stage.application)/copy"
            try await ari.copyStoredRecording(name, to: copy)
            let taken = await stage.failure { try await ari.record(request, of: .channel(channel)) }
            #expect(taken?.answer?.status == 409, "\(String(describing: taken))")
            #expect(try await ari.liveRecording(name) == nil, "what is there is not touched")
            var over = request
            over.existing = .overwrite
            let start = await stage.position
            #expect(try await ari.record(over, of: .channel(channel)).name == name)
            try await ari.stopRecording(name)
            _ = try await stage.event("RecordingFinished", from: start) { kind -> LiveRecording? in
                if case .recordingFinished(let recording) = kind, recording.name == name { recording } else { nil }
            }
            for stored in [name, copy] { try await ari.deleteStoredRecording(stored) }
            let gone = await stage.failure { try await ari.deleteStoredRecording(copy) }
            #expect(gone?.answer?.status == 404)
            let format = await stage.failure {
                try await ari.record(RecordingRequest(name: "x", format: "nonsense"), of: .channel(channel))
            }
            #expect(format?.answer?.status == 422)
        }
    }

    @Test("a bridge is recorded and the recording thrown away")
    func discarded() async throws {
        try await RealStage.run { stage in
            let bridge = BridgeID("\(stage.application)-recorded")
            try await stage.ari.createBridge(bridge, kind: .mixing)
            let channel = try await stage.enter("404")
            try await stage.ari.add(channel, to: bridge)
            let name = "\(stage.application)-bridge"
            try await stage.ari.record(RecordingRequest(name: name), of: .bridge(bridge))
            try await stage.ari.discardRecording(name)
            #expect(try await stage.ari.storedRecording(name) == nil)
            try await stage.ari.destroyBridge(bridge)
        }
    }

    @Test("device states are set, told and removed; only those of Stasis")
    func deviceStates() async throws {
        try await RealStage.run { stage in
            let name = "Stasis:\(stage.application)"
            // Never to all devices: see ``DeviceStateControlling``.
            let source = "deviceState:\(name)"
            try await stage.ari.subscribe(stage.application, to: [source])
            try await stage.ari.setDeviceState(name, to: "INUSE")
            try await stage.event("DeviceStateChanged") {
                if case .deviceStateChanged(DeviceState(name: name, state: "INUSE")) = $0 { true } else { nil }
            }
            #expect(try await stage.ari.deviceState(name).state == "INUSE")
            #expect(try await stage.ari.deviceStates().contains { $0.name == name })
            try await stage.ari.unsubscribe(stage.application, from: [source])
            try await stage.ari.removeDeviceState(name)
            let foreign = await stage.failure { try await stage.ari.setDeviceState("PJSIP/alice", to: "INUSE") }
            #expect(foreign?.answer?.status == 409)
        }
    }

    @Test("endpoints are listed, and a registration is told")
    func endpoints() async throws {
        try await RealStage.run { stage in
            let all = try await stage.ari.endpoints()
            #expect(all.contains { $0.name == "PJSIP/sipp" })
            #expect(try await stage.ari.endpoint("pjsip", "sipp")?.technology == "PJSIP")
            #expect(try await stage.ari.endpoint("PJSIP", "nobody-has-this") == nil)
            let phone = try await SIPpPhone("carol", in: stage.lab)
            try await phone.register()
            let contact = try await stage.event("ContactStatusChange") { kind -> Contact? in
                if case .contactStatusChange(let endpoint, let contact) = kind, endpoint.name == "PJSIP/carol" {
                    contact
                } else {
                    nil
                }
            }
            #expect(contact.aor == "carol" && contact.uri.hasPrefix("sip:"))
            let status = try await stage.event("PeerStatusChange") { kind -> String? in
                if case .peerStatusChange(let endpoint, let status) = kind, endpoint.name == "PJSIP/carol" {
                    status.status
                } else {
                    nil
                }
            }
            #expect(!status.isEmpty)
            try await phone.unregister()
            await phone.close()
        }
    }

    @Test("an application shows what it has, and takes and leaves subscriptions")
    func application() async throws {
        try await RealStage.run { stage in
            let bridge = BridgeID("\(stage.application)-subscribed")
            try await stage.ari.createBridge(bridge, kind: .mixing)
            let channel = try await stage.enter()
            try await stage.ari.subscribe(stage.application, to: ["bridge:\(bridge)"])
            let state = try #require(try await stage.ari.application(stage.application))
            #expect(state.name == stage.application && state.hearsAllChannels)
            #expect(!state.channels.contains(channel), "with a subscription to all, single ones are not listed")
            try await stage.ari.unsubscribe(stage.application, from: ["channel:__AST_CHANNEL_ALL_TOPIC"])
            #expect(try await stage.ari.application(stage.application)?.hearsAllChannels == false)
            #expect(try await stage.ari.application("nobody-has-this") == nil)
            let absent = await stage.failure {
                try await stage.ari.subscribe(stage.application, to: ["channel:nobody"])
            }
            #expect(absent?.answer?.status == 422)
            let senseless = await stage.failure { try await stage.ari.subscribe(stage.application, to: ["nonsense"]) }
            #expect(senseless?.answer?.status == 400)
            try await stage.ari.destroyBridge(bridge)
        }
    }

    @Test("Asterisk tells its version and when it was started")
    func information() async throws {
        try await RealStage.run { stage in
            let information = try await stage.ari.information()
            #expect(information.version.hasPrefix("22."))
            #expect(!information.entityID.isEmpty)
            #expect(try #require(information.startedAt) < Date())
        }
    }
}
