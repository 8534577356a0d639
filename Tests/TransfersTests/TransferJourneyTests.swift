import Core
import Foundation
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Transfers

@Suite("Transfer: journeys", .timeLimit(.minutes(1)))
struct TransferJourneyTests {
    @Test(
        "both in Stasis, attended: held, ringing, updated before created; talking; completed; the initiator is hung up"
    )
    func attended() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let reply = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(reply.status == 201, "\(reply.body)")
            let id = try #require(reply.body["id"]?.string)
            let recipient = try #require(reply.body["recipient_call"]?.string)
            #expect(
                reply.body == [
                    "id": .string(id), "initiator_uuid": .string(TransferBench.bob.rawValue),
                    "initiator_tenant_uuid": .string(TransferBench.tenant.rawValue), "transferred_call": "T",
                    "initiator_call": "I", "recipient_call": .string(recipient), "status": "ringback",
                    "flow": "attended",
                ]
            )
            #expect(bench.events == ["updated ready", "created ringback"])
            let requests = bench.asterisk.requests
            for wanted in [
                "setAny XIVO_TRANSFER_ROLE=transferred T", "setAny XIVO_TRANSFER_ID=\(id) I", "destroyBridge b1",
                "mute in T", "hold T", "music default T", "ring I", "originate Local/1003@default",
            ] {
                #expect(requests.contains(wanted), "\(wanted)")
            }
            await bench.answer(recipient, of: id)
            #expect(bench.members(id) == ["I", recipient])
            #expect(bench.phase(id) == "answered")
            let shown = try await bench.request(.get, "/transfers/\(id)")
            #expect(shown.body["status"] == "answered")
            let completed = try await bench.request(.put, "/transfers/\(id)/complete")
            #expect(completed.status == 204)
            #expect(bench.members(id) == ["T", recipient])
            #expect(try await bench.isThere("I") == false)
            #expect(
                bench.events == [
                    "updated ready", "created ringback", "answered answered", "completed answered", "ended ended",
                ]
            )
            #expect(bench.store.rows.isEmpty)
            let gone = try await bench.request(.get, "/transfers/\(id)")
            #expect(gone.status == 404)
            for name in ["T", recipient] {
                let role = try await bench.asterisk.variable("XIVO_TRANSFER_ROLE", of: ChannelID(name))
                #expect(role == "", "\(name)")
            }
        }
    }

    @Test("the recipient's dialplan runs with the initiator's identity")
    func identity() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, recipient) = try await bench.begin()
            let expected = [
                "colour": "blue", "XIVO_TRANSFER_ROLE": "recipient", "XIVO_TRANSFER_ID": id,
                "CHANNEL(language)": "fr", "WAZO_USERID": "2", "XIVO_USERID": "2",
                "WAZO_USERUUID": TransferBench.bob.rawValue, "XIVO_USERUUID": TransferBench.bob.rawValue,
            ]
            for (name, value) in expected {
                let set = try await bench.asterisk.variable(name, of: ChannelID(recipient))
                #expect(set == value, "\(name)")
            }
        }
    }

    @Test("both in Stasis, blind: the initiator is gone at once, the transferred party hears the ringing")
    func blind() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, recipient) = try await bench.begin("blind")
            let shown = try await bench.request(.get, "/transfers/\(id)")
            #expect(shown.body["status"] == "blind_transferred")
            #expect(shown.body["flow"] == "blind")
            #expect(try await bench.isThere("I") == false)
            #expect(bench.asterisk.requests.contains("ring T"))
            await bench.hangUp("I")
            await bench.answer(recipient, of: id)
            #expect(bench.members(id) == ["T", recipient])
            #expect(
                bench.events == [
                    "updated ready blind", "created ringback blind", "completed ringback blind",
                    "answered blind_transferred blind", "ended ended blind",
                ]
            )
            #expect(bench.store.rows.isEmpty)
        }
    }

    @Test("a call of the dialplan: both are fetched by one Redirect, then it goes on as in Stasis")
    func fromDialplan() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: false)
            let reply = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(reply.body["status"] == "starting")
            #expect(reply.body["recipient_call"] == .null)
            let id = try #require(reply.body["id"]?.string)
            #expect(
                bench.manager.lines.last
                    == "Redirect Channel=T ExtraChannel=I Context=convert_to_stasis Exten=transfer Priority=1"
            )
            #expect(bench.asterisk.requests.contains("setAny XIVO_TRANSFER_VARIABLES={\"colour\":\"blue\"} I"))
            #expect(bench.asterisk.requests.contains("setAny XIVO_TRANSFER_RECIPIENT_EXTEN=1003 T"))
            await bench.join("I", of: id)
            #expect(bench.phase(id) == "capturing")
            await bench.join("T", of: id)
            #expect(bench.phase(id) == "ringback")
            #expect(bench.events == ["created starting -", "updated starting"])
            await bench.answer(bench.recipient(id), of: id)
            await bench.hangUp("I")
            #expect(
                bench.events.suffix(3) == ["answered answered", "completed answered", "ended ended"]
            )
            #expect(bench.members(id) == ["T", try #require(bench.members(id).subtracting(["T"]).first)])
        }
    }

    @Test("one in Stasis, the other not: only the other is redirected", arguments: ["T", "I"])
    func mixed(_ inStasis: String) async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: false)
            let away = inStasis == "T" ? "I" : "T"
            bench.put(
                inStasis,
                inStasis: true,
                variables: [
                    "WAZO_USERUUID": TransferBench.bob.rawValue, "WAZO_TENANT_UUID": TransferBench.tenant.rawValue,
                ]
            )
            let (id, _) = try await bench.begin()
            #expect(
                bench.manager.lines.last
                    == "Redirect Channel=\(away) Context=convert_to_stasis Exten=transfer Priority=1"
            )
            await bench.join(away, of: id)
            #expect(bench.phase(id) == "ringback")
        }
    }

    @Test("cancelled while it rings: the two talk again, the recipient's phone is hung up")
    func cancelled() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, recipient) = try await bench.begin()
            let reply = try await bench.request(.delete, "/transfers/\(id)")
            #expect(reply.status == 204)
            #expect(bench.members(id) == ["T", "I"])
            #expect(try await bench.isThere(recipient) == false)
            #expect(bench.events.suffix(2) == ["cancelled ringback", "ended ended"])
            for name in ["T", "I"] {
                let role = try await bench.asterisk.variable("XIVO_TRANSFER_ROLE", of: ChannelID(name))
                #expect(role == "", "\(name)")
            }
            let again = try await bench.request(.delete, "/transfers/\(id)")
            #expect(again.status == 404)
        }
    }

    @Test("the recipient is busy: the two talk again")
    func busy() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, recipient) = try await bench.begin()
            await bench.hangUp(recipient)
            #expect(bench.members(id) == ["T", "I"])
            #expect(bench.events.suffix(2) == ["cancelled ringback", "ended ended"])
        }
    }

    @Test("blind and the recipient is busy: the transferred party is hung up")
    func blindBusy() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (_, recipient) = try await bench.begin("blind")
            await bench.hangUp(recipient)
            #expect(try await bench.isThere("T") == false)
            #expect(bench.events.suffix(2) == ["cancelled blind_transferred blind", "ended ended blind"])
        }
    }

    @Test("the transferred party hangs up: abandoned, the others may talk on; complete is refused")
    func abandoned() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, recipient) = try await bench.begin()
            await bench.hangUp("T")
            let shown = try await bench.request(.get, "/transfers/\(id)")
            #expect(shown.body["status"] == "abandoned")
            let completed = try await bench.request(.put, "/transfers/\(id)/complete")
            #expect(completed.status == 400)
            #expect(completed.body["error_id"] == "transfer-completion-error")
            await bench.answer(recipient, of: id)
            #expect(bench.members(id) == ["I", recipient])
            await bench.hangUp("I")
            #expect(try await bench.isThere(recipient) == false)
            #expect(bench.events.suffix(2) == ["abandoned ringback", "ended ended"])
            #expect(bench.store.rows.isEmpty)
        }
    }

    @Test("completed while it rings: blind from then on")
    func completedEarly() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, recipient) = try await bench.begin()
            let reply = try await bench.request(.put, "/users/me/transfers/\(id)/complete")
            #expect(reply.status == 204)
            #expect(bench.events.last == "completed ringback blind")
            await bench.answer(recipient, of: id)
            #expect(bench.members(id) == ["T", recipient])
        }
    }

    @Test("the initiator hangs up on the way to Stasis: it goes on as a blind transfer")
    func initiatorGoneOnTheWay() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: false)
            let (id, _) = try await bench.begin()
            await bench.hangUp("I")
            await bench.join("T", of: id)
            #expect(bench.phase(id) == "blind")
            await bench.answer(bench.recipient(id), of: id)
            #expect(bench.events.suffix(2) == ["answered blind_transferred blind", "ended ended blind"])
        }
    }

    @Test("the recipient's name is shown to the initiator, and once he is gone to the transferred party")
    func names() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, recipient) = try await bench.begin()
            let carol = Channel(id: ChannelID(recipient), callerName: "Çarol", callerNumber: "1003")
            await bench.send(.channelCallerID(carol), type: "ChannelCallerId", channel: recipient)
            #expect(bench.asterisk.requests.contains("set CONNECTEDLINE(name)=Çarol I"))
            _ = try await bench.request(.put, "/transfers/\(id)/complete")
            await bench.send(.channelCallerID(carol), type: "ChannelCallerId", channel: recipient)
            #expect(bench.asterisk.requests.contains("set CONNECTEDLINE(num)=1003 T"))
        }
    }

    @Test("music that stops is followed by silence; other parties' music is their affair")
    func music() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            _ = try await bench.begin()
            await bench.send(.channelMusicStopped(Channel(id: ChannelID("I"))), type: "ChannelMohStop", channel: "I")
            #expect(!bench.asterisk.requests.contains("silence T"))
            await bench.send(.channelMusicStopped(Channel(id: ChannelID("T"))), type: "ChannelMohStop", channel: "T")
            #expect(bench.asterisk.requests.contains("silence T"))
        }
    }

    @Test("recorded parties hear a beep after the events; that it fails changes nothing")
    func announcement() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, recipient) = try await bench.begin()
            await bench.answer(recipient, of: id)
            try await bench.asterisk.setVariable("WAZO_CALL_RECORD_ACTIVE", to: "1", of: ChannelID("T"))
            bench.manager.fail("Originate", with: .unreachable("away"))
            let reply = try await bench.request(.put, "/transfers/\(id)/complete")
            #expect(reply.status == 204)
            #expect(bench.events.last == "ended ended")
            let beeps = bench.manager.lines.filter { $0.hasPrefix("Originate") }
            #expect(beeps.count == 1 && beeps.allSatisfy { $0.contains("WAZO_PLAYBACK_CHANNEL=T") }, "\(beeps)")
        }
    }

    @Test("who comes for a transfer that is not known is hung up; who is known is not")
    func strays() async throws {
        let bench = TransferBench()
        try await bench.run {
            await bench.join("X", of: "never")
            try await eventually { try await !bench.isThere("X") }
        }
    }
}
