import Core
import Directory
import Events
import Foundation
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Applications

@Suite("Applications: commands", .timeLimit(.minutes(1)))
struct CommandTests {
    private static let dial: JSONValue = ["exten": "1", "context": "default"]

    /// Places a call, and lets it come into Stasis once `isWanted` says so.
    private func placed(_ bench: ApplicationBench) async throws -> String {
        let made = try await bench.ask(.post, "/calls", Self.dial)
        #expect(made.status == 201)
        return try #require(made.body["id"]?.string)
    }

    private func answers(_ id: String, in bench: ApplicationBench) async {
        let channel = Shorthand.channel(id)
        bench.asterisk.put(channel)
        await bench.tell(.stasisStart(channel, arguments: ["originate"], replaced: nil), "StasisStart")
    }

    @Test(
        "a call that was just placed is muted, played to, held, answered: the command waits for its coming",
        arguments: ["mute/start", "hold/start", "answer", "progress/start", "moh/stop", "playbacks"]
    )
    func justPlaced(command: String) async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            let id = try await placed(bench)
            async let answer =
                command == "playbacks"
                ? bench.ask(.post, "/calls/\(id)/playbacks", ["uri": "sound:beep"])
                : bench.ask(.put, "/calls/\(id)/\(command)")
            let early = bench.asterisk.requests.filter { $0.hasSuffix(" \(id)") }
            #expect(early == [], "nothing that Asterisk would refuse")
            await answers(id, in: bench)
            let status = try await answer.status
            #expect(status == 204 || status == 200)
        }
    }

    @Test("a call has few playbacks that wait, another call its own, and one that has ended makes room")
    func playbacks() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            for id in ["a", "b"] { await bench.enter(id, in: loop) }
            func play(_ call: String) async throws -> Int {
                try await bench.ask(.post, "/calls/\(call)/playbacks", ["uri": "tone:ring"]).status
            }
            for _ in 0..<ApplicationWork.mostPlaybacksOfCall { #expect(try await play("a") == 200) }
            #expect(try await play("a") == 409)
            #expect(try await play("b") == 200)
            let first = try #require(loop.live.playbacks.values.first { $0.call.rawValue == "a" })
            await loop.send(.playbackNotStarted(first.id))
            #expect(await loop.waits(.seconds(2)) { $0.playbacks[first.id] == nil })
            #expect(try await play("a") == 200)
        }
    }

    @Test("a tone ends before its call goes into a node or is answered; an announcement is heard to its end")
    func tones() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            for uri in ["tone:ring", "sound:beep"] {
                #expect(try await bench.ask(.post, "/calls/a/playbacks", ["uri": .string(uri)]).status == 200)
            }
            let playing = loop.live.playbacks.values
            let tone = try #require(playing.first { $0.uri == "tone:ring" }?.id)
            let announcement = try #require(playing.first { $0.uri == "sound:beep" }?.id)
            #expect(try await bench.ask(.put, "/calls/a/answer").status == 204)
            #expect(try await bench.ask(.post, "/nodes", ["calls": [["id": "a"]]]).status == 201)
            let requests = bench.asterisk.requests
            let end = try #require(requests.firstIndex { $0.hasPrefix("stopPlayback") && $0.hasSuffix(tone) })
            let answer = try #require(requests.firstIndex { $0.hasPrefix("answer") })
            let entry = try #require(requests.firstIndex { $0.hasPrefix("add") })
            #expect(end < answer && answer < entry)
            #expect(!requests.contains { $0.hasPrefix("stopPlayback") && $0.hasSuffix(announcement) })
        }
    }

    @Test("variables of a call that plays are set through the manager interface: its channel would take none")
    func variablesWhilePlaying() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            for id in ["a", "b"] { await bench.enter(id, in: loop) }
            let played = try await bench.ask(.post, "/calls/a/playbacks", ["uri": "tone:ring"])
            #expect(played.status == 200)
            for command in ["mute", "hold", "progress"] {
                for id in ["a", "b"] {
                    #expect(try await bench.ask(.put, "/calls/\(id)/\(command)/start").status == 204)
                }
            }
            #expect(!bench.asterisk.requests.contains { $0.hasPrefix("setVariable") && $0.hasSuffix(" a") })
            let set = bench.manager.lines.filter { $0.hasPrefix("Setvar") }
            #expect(set.count == 3, "\(bench.manager.lines) \(bench.asterisk.requests)")
        }
    }

    @Test("a call does not snoop on itself")
    func ownSnoop() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            let answer = try await bench.ask(.post, "/calls/a/snoops", ["snooping_call_id": "a"])
            #expect(answer.status == 400 && answer.body["error_id"] == "invalid-data")
            #expect(loop.live.snoops.isEmpty && !bench.asterisk.requests.contains { $0.hasPrefix("createBridge") })
        }
    }

    @Test("a call that was just placed goes into a node, and into a new one")
    func intoNode() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            let first = try await placed(bench)
            async let made = bench.ask(.post, "/nodes", ["calls": [["id": .string(first)]]])
            await answers(first, in: bench)
            let node = try await made
            #expect(node.status == 201)
            let uuid = try #require(node.body["uuid"]?.string)
            let second = try await placed(bench)
            async let put = bench.ask(.put, "/nodes/\(uuid)/calls/\(second)")
            await answers(second, in: bench)
            let status = try await put.status
            #expect(status == 204)
            #expect(bench.asterisk.members(of: BridgeID(uuid)) == [ChannelID(first), ChannelID(second)])
        }
    }

    @Test("a call that was just placed snoops on another one")
    func snoops() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            let id = try await placed(bench)
            async let made = bench.ask(.post, "/calls/a/snoops", ["snooping_call_id": .string(id)])
            await answers(id, in: bench)
            await bench.asterisk.waitForRequest("snoop a both none")
            let snoop = try #require(loop.live.snoops.keys.first)
            let channel = try #require(
                try await bench.asterisk.channels().first { $0.applicationData.hasSuffix("snoop,\(snoop)") }
            )
            await bench.tell(.stasisStart(channel, arguments: ["snoop", snoop], replaced: nil), "StasisStart")
            let status = try await made.status
            #expect(status == 201)
        }
    }

    @Test("a call that nobody answers is not in the application for commands: 400 after a while; digits need no answer")
    func unanswered() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            let id = try await placed(bench)
            let digits = try await bench.ask(.put, "/calls/\(id)/dtmf?digits=5").status
            #expect(digits == 204)
            let snoop = try await bench.ask(.post, "/calls/a/snoops", ["snooping_call_id": .string(id)])
            #expect(snoop.status == 400 && snoop.body["error_id"] == "call-not-in-application")
            bench.asterisk.fail("mute in \(id)", with: .conflict("Channel not in Stasis application"))
            let mute = try await bench.ask(.put, "/calls/\(id)/mute/start")
            #expect(mute.status == 400 && mute.body["error_id"] == "call-not-in-application")
        }
    }

    @Test("a call that ends while a command waits for it is gone")
    func endsMeanwhile() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            let id = try await placed(bench)
            async let answer = bench.ask(.put, "/calls/\(id)/mute/start")
            bench.asterisk.remove(ChannelID(id))
            await bench.tell(.channelDestroyed(Shorthand.channel(id), cause: 16), "ChannelDestroyed")
            let (status, body) = try await answer
            #expect(status == 404 && body["error_id"] == "no-such-call")
        }
    }

    /// Names of the events behind the first `count`.
    private func told(_ bench: ApplicationBench, from count: Int) -> [String] { Array(bench.told.dropFirst(count)) }

    @Test(
        "mute and progress are told of once for each command, also when nothing changes",
        arguments: [
            ("mute", "WAZO_CALL_MUTED", "application_call_updated", "application_call_updated"),
            ("progress", "WAZO_CALL_PROGRESS", "application_progress_started", "application_progress_stopped"),
        ]
    )
    func toldOnce(command: String, variable: String, started: String, stopped: String) async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            for (verb, event) in [("stop", stopped), ("start", started), ("start", started), ("stop", stopped)] {
                let before = bench.told.count
                let status = try await bench.ask(.put, "/calls/a/\(command)/\(verb)").status
                #expect(status == 204)
                // Asterisk's own event of the variable, which comes at any time, adds nothing.
                let set = AsteriskEvent.Kind.channelVariableSet(
                    Shorthand.channel("a"),
                    name: variable,
                    value: verb == "start" ? "1" : ""
                )
                await bench.tell(set, "ChannelVarset")
                // All that came before has been handled.
                await loop.apply(.nodeGone(BridgeID("none")))
                #expect(told(bench, from: before) == [event], "\(command)/\(verb)")
            }
        }
    }

    @Test(
        "a recording that does not exist is accepted, and ends as failed; Asterisk, which would not tell, is not asked"
    )
    func missingRecording() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            let answer = try await bench.ask(.post, "/calls/a/playbacks", ["uri": "recording:interview"])
            #expect(answer.status == 200 && answer.body["uri"] == "recording:interview")
            #expect(bench.told.suffix(2) == ["application_playback_created", "application_playback_deleted"])
            let body = bench.store.messages.last.map { "\($0.body)" } ?? ""
            #expect(body.contains("failed") && body.contains("recording:interview") && !body.contains("t1/interview"))
            #expect(!bench.asterisk.requests.contains { $0.hasPrefix("play ") })
            #expect(loop.live.playbacks.isEmpty)
        }
    }

    @Test("a recording by its plain name is the tenant's own; clients see the name that they gave")
    func recording() async throws {
        let bench = ApplicationBench(recordings: ["t1/interview"])
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            let answer = try await bench.ask(.post, "/calls/a/playbacks", ["uri": "recording:interview"])
            #expect(answer.status == 200 && answer.body["uri"] == "recording:interview")
            let id = try #require(answer.body["uuid"]?.string)
            #expect(bench.asterisk.requests.contains("play recording:t1/interview \(id)"))
            let playing = Playback(
                id: PlaybackID(id),
                media: "recording:t1/interview",
                target: .channel(ChannelID("a")),
                state: "playing"
            )
            await bench.tell(.playbackStarted(playing), "PlaybackStarted")
            try await eventually { bench.told.last == "application_playback_created" }
            let body = bench.store.messages.last.map { "\($0.body)" } ?? ""
            #expect(body.contains("recording:interview") && !body.contains("t1/interview"))
        }
    }
}
