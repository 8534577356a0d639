import Core
import Foundation
import NIOHTTP1
import TandemLab
import Telephony
import Testing

@testable import ARI

@Suite(
    "Channels of the real Asterisk",
    .serialized,
    .timeLimit(.minutes(2)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ChannelRequestTests {
    @Test(
        "what can be no id names nothing, and is not asked for",
        arguments: ["", ".", "..", String(repeating: "A", count: 256), String(repeating: "é", count: 20_000)]
    )
    func impossibleNames(name: String) async throws {
        try await RealStage.run { stage in
            #expect(try await stage.ari.channel(ChannelID(name)) == nil)
            do {
                try await stage.ari.send(.DELETE, ["channels", name])
                Issue.record("\(name.prefix(9)) was hung up")
            } catch TelephonyFailure.notFound {}
        }
    }

    @Test("a call into an application: ids of both halves, its snapshot, its events, its end with a cause")
    func originate() async throws {
        try await RealStage.run { stage in
            let id = stage.newID()
            var call = Origination(
                channel: id,
                endpoint: "Local/401@lab/n",
                application: stage.application,
                arguments: ["one", "two"],
                callerID: "\"Zoé B\" <555>",
                timeout: -1,
                variables: ["FIRST": "1"]
            )
            call.otherHalf = stage.newID("half")
            call.formats = ["ulaw"]
            let made = try await stage.ari.originate(call)
            #expect(made.id == id)
            let arguments = try await stage.arrival(of: id)
            #expect(arguments == ["one", "two"])
            let halves = try await stage.ari.channels().map(\.id)
            #expect(halves.contains(id))
            #expect(call.otherHalf.map(halves.contains) == true)
            let shown = try #require(try await stage.ari.channel(id))
            #expect(shown.state == "Up" && shown.language == "en" && shown.place != nil && shown.createdAt != nil)
            #expect(shown.connectedName == "Zoé B" && shown.connectedNumber == "555")
            #expect(shown.linkedID != nil)
            try await stage.event("ChannelCreated") {
                if case .channelCreated(let channel) = $0, channel.id == id { true } else { nil }
            }
            let statuses = try await stage.event("Dial of ours that is answered") { kind -> String? in
                guard case .dial(let dial) = kind, dial.peer.id == id, !dial.status.isEmpty else { return nil }
                return dial.status
            }
            #expect(statuses == "ANSWER")
            try await stage.ari.hangUp(id, reason: .busy)
            try await stage.event("StasisEnd") {
                if case .stasisEnd(let channel) = $0, channel.id == id { true } else { nil }
            }
            #expect(try await stage.end(of: id) == 17)
        }
    }

    @Test("a call into the dialplan, and one from Stasis on into the dialplan")
    func dialplan() async throws {
        try await RealStage.run { stage in
            let id = stage.newID()
            try await stage.ari.originate(
                Origination(
                    channel: id,
                    endpoint: "Local/401@lab/n",
                    destination: .dialplan(DialplanPlace(context: "lab", exten: "402"))
                )
            )
            let inside = try await eventually("the call is in Echo") {
                let channel = try await stage.ari.channel(id)
                return channel?.applicationName == "Echo" ? channel : nil
            }
            #expect(inside.place == DialplanPlace(context: "lab", exten: "402", priority: 2))
            #expect(inside.stasis == nil)
            let other = try await stage.enter()
            try await stage.ari.continue(other, at: DialplanPlace(context: "lab", exten: "402", priority: 2))
            _ = try await eventually("the other is in Echo") {
                try await stage.ari.channel(other)?.applicationName == "Echo" ? true : nil
            }
            try await stage.ari.hangUp(other, reason: .named("congestion"))
            #expect(try await stage.end(of: other) == 34)
        }
    }

    @Test("a channel is made without dialling, dialled later, and moved to another application")
    func createAndDial() async throws {
        try await RealStage.run { stage in
            let id = stage.newID()
            var creation = ChannelCreation(
                channel: id,
                endpoint: "Local/401@lab/n",
                application: stage.application,
                arguments: ["made"],
                variables: ["A": "b"]
            )
            creation.formats = ["ulaw"]
            let made = try await stage.ari.create(creation)
            #expect(made.id == id && made.state == "Down")
            #expect(try await stage.arrival(of: id) == ["made"])
            // 412: it is Down.
            let early = await stage.failure { try await stage.ari.startRinging(id) }
            #expect(early?.answer?.status == 412, "\(String(describing: early))")
            try await stage.ari.dial(id, from: nil, timeout: 20)
            try await stage.event("it is up") {
                if case .channelStateChange(let channel) = $0, channel.id == id, channel.state == "Up" {
                    true
                } else {
                    nil
                }
            }
            #expect(try await stage.ari.variable("A", of: id) == "b")
            let start = await stage.position
            try await stage.ari.move(id, to: stage.application, arguments: ["again"])
            #expect(try await stage.arrival(of: id, from: start) == ["again"])
            #expect(try await stage.ari.channel(id)?.stasis?.arguments == ["made"], "contract 44 §13 (a)")
            let dialledTwice = await stage.failure { try await stage.ari.dial(id, from: nil, timeout: nil) }
            #expect(dialledTwice?.answer?.status == 409)
            try await stage.ari.move(id, to: "nobody-has-this", arguments: [])
            try await stage.event("ApplicationMoveFailed") {
                if case .applicationMoveFailed(let channel, "nobody-has-this") = $0, channel.id == id {
                    true
                } else {
                    nil
                }
            }
        }
    }

    @Test("a snooper of our id hears a channel and speaks to it")
    func snoop() async throws {
        try await RealStage.run { stage in
            let id = try await stage.enter("404")
            let snooper = stage.newID("snooper")
            let made = try await stage.ari.snoop(
                Snoop(
                    channel: snooper,
                    on: id,
                    spy: .both,
                    whisper: .out,
                    application: stage.application,
                    arguments: ["snoop"]
                )
            )
            #expect(made.id == snooper && made.name.hasPrefix("Snoop/"))
            #expect(try await stage.arrival(of: snooper) == ["snoop"])
            let gone = await stage.failure {
                try await stage.ari.snoop(
                    Snoop(
                        channel: stage.newID(),
                        on: ChannelID("nobody"),
                        spy: .both,
                        whisper: .none,
                        application: stage.application
                    )
                )
            }
            #expect(gone?.answer?.status == 404)
        }
    }

    @Test("ringing, progress, answer, hold, silence, music, muting are taken by a channel in Stasis")
    func signals() async throws {
        try await RealStage.run { stage in
            let ari = stage.ari
            let id = try await stage.enter()
            try await ari.startRinging(id)
            try await ari.stopRinging(id)
            try await ari.indicateProgress(id)
            try await ari.answer(id)
            try await ari.hold(id)
            try await ari.unhold(id)
            try await ari.startSilence(on: id)
            try await ari.stopSilence(on: id)
            try await ari.startMusic(on: id, musicClass: nil)
            try await ari.startMusic(on: id, musicClass: "default")
            try await ari.stopMusic(on: id)
            try await ari.stopMusic(on: id)
            for direction in [AudioDirection.in, .out, .both] {
                try await ari.mute(id, direction)
                try await ari.unmute(id, direction)
            }
            let nobody = ChannelID("nobody")
            let requests: [@Sendable (ChannelID) async throws -> Void] = [
                { try await ari.startRinging($0) }, { try await ari.hold($0) }, { try await ari.stopMusic(on: $0) },
                { try await ari.startSilence(on: $0) }, { try await ari.indicateProgress($0) },
            ]
            for request in requests {
                let failure = await stage.failure { try await request(nobody) }
                #expect(failure?.answer?.status == 404)
            }
            let mismatch = await stage.failure { try await ari.redirect(id, to: "PJSIP/alice") }
            #expect(mismatch?.answer?.status == 422, "\(String(describing: mismatch))")
        }
    }

    @Test("DTMF goes out and comes back from the echo as events")
    func dtmf() async throws {
        try await RealStage.run { stage in
            let id = try await stage.enter("402")
            try await stage.ari.send(DTMFTones("5#", duration: 120, pause: 60), to: id)
            for expected in ["5", "#"] {
                let length = try await stage.event("DTMF \(expected)") { kind -> Int? in
                    guard case .channelDTMFReceived(let channel, expected, let length) = kind, channel.id == id else {
                        return nil
                    }
                    return length
                }
                // Asked for 120 ms; Asterisk tells what arrived, which a busy machine makes shorter.
                #expect((40...400).contains(length))
            }
        }
    }

    @Test("variables one by one and many at once, with their events")
    func variables() async throws {
        try await RealStage.run { stage in
            let id = try await stage.enter()
            try await stage.ari.setVariable("WAZO_CALL_PROGRESS", to: "a,b &=é\"", of: id)
            let value = try await stage.event("ChannelVarset") { kind -> String? in
                guard case .channelVariableSet(let channel?, "WAZO_CALL_PROGRESS", let value) = kind, channel.id == id
                else { return nil }
                return value
            }
            #expect(value == "a,b &=é\"")
            try await stage.ari.setVariables(["ONE": "1", "TWO": "a,\"b\""], of: id)
            let all = try await stage.ari.variables(["ONE", "TWO", "THREE", "WAZO_CALL_PROGRESS"], of: id)
            let withoutGaps = try await stage.ari.variables(["ONE", "CHANNEL(language)"], of: id)
            #expect(withoutGaps == ["ONE": "1", "CHANNEL(language)": "en"])
            #expect(all == ["ONE": "1", "TWO": "a,\"b\"", "WAZO_CALL_PROGRESS": "a,b &=é\""])
            try await stage.ari.setVariable("CALLERID(num)", to: "77", of: id)
            try await stage.event("ChannelCallerId") {
                if case .channelCallerID(let channel) = $0, channel.id == id, channel.callerNumber == "77" {
                    true
                } else {
                    nil
                }
            }
            try await stage.ari.setVariable("CONNECTEDLINE(num)", to: "78", of: id)
            try await stage.event("ChannelConnectedLine") {
                if case .channelConnectedLine(let channel) = $0, channel.id == id { true } else { nil }
            }
            try await stage.ari.setGlobalVariable("TANDEM_TEST", to: "x,y")
            #expect(try await stage.ari.globalVariable("TANDEM_TEST") == "x,y")
            try await stage.ari.setGlobalVariable("TANDEM_TEST", to: "")
            #expect(try await stage.ari.globalVariable("TANDEM_TEST") == nil)
            #expect(try await stage.ari.globalVariable("TANDEM_NEVER_SET") == nil)
        }
    }

    @Test("talk is told, and so is an event of one's own")
    func talkAndUserEvent() async throws {
        try await RealStage.run { stage in
            let id = try await stage.enter("404")
            try await stage.ari.setVariable("TALK_DETECT(set)", to: "", of: id)
            try await stage.event("ChannelTalkingStarted") {
                if case .channelTalkingStarted(let channel) = $0, channel.id == id { true } else { nil }
            }
            try await stage.ari.send(
                .POST,
                ["events", "user", "hello"],
                query: [("application", stage.application), ("source", "channel:\(id)")],
                body: Data(#"{"variables":{"colour":"red"}}"#.utf8)
            )
            let colour = try await stage.event("ChannelUserevent") { kind -> String? in
                guard case .userEvent("hello", let channel?, nil, let fields) = kind, channel.id == id else {
                    return nil
                }
                return fields["colour"]?.string ?? "none of \(fields)"
            }
            #expect(colour == "red")
            try await stage.ari.hangUp(id)
            try await stage.event("ChannelHangupRequest") {
                if case .channelHangupRequest(let channel, _) = $0, channel.id == id { true } else { nil }
            }
        }
    }

    @Test("each status of a refusal is its own failure")
    func statuses() async throws {
        try await RealStage.run { stage in
            let ari = stage.ari
            func call(_ endpoint: DialString, id: ChannelID) -> Origination {
                Origination(channel: id, endpoint: endpoint, application: stage.application, arguments: [])
            }
            let senseless = await stage.failure { try await ari.originate(call("nonsense", id: stage.newID())) }
            #expect(senseless?.answer?.status == 400)
            guard case .notFound = await stage.failure({ try await ari.hangUp(ChannelID("nobody")) }) else {
                Issue.record("404 expected")
                return
            }
            let id = try await stage.enter()
            let taken = await stage.failure { try await ari.originate(call("Local/401@lab/n", id: id)) }
            guard case .conflict = taken else {
                Issue.record("409 expected: \(String(describing: taken))")
                return
            }
            // On the connection of the conflict, whose reason Asterisk gives here too.
            let unregistered = await stage.failure { try await ari.originate(call("PJSIP/nobody", id: stage.newID())) }
            guard case .internalError = unregistered else {
                Issue.record("500 expected: \(String(describing: unregistered))")
                return
            }
            let half = try #require(
                try await ari.channels().first { $0.name.hasSuffix(";2") && $0.place?.exten == "401" }
            )
            guard case .conflict = await stage.failure({ try await ari.setVariable("X", to: "1", of: half.id) }) else {
                Issue.record("409 expected outside Stasis")
                return
            }
            let bypassed = await stage.failure { try await ari.setVariable("X", to: "1", ofAny: half.id) }
            #expect(bypassed?.answer?.status == 409, "stock Asterisk ignores bypassStasis")
        }
    }
}
