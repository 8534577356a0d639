import Bus
import Core
import Events
import Foundation
import TandemLab
import TandemTesting
import Testing

/// Parking of real calls (contract 34): Kim calls Erin, who parks her in the demo's lot.
@Suite("Parking lots", .serialized, .timeLimit(.minutes(5)), .disabled(if: LabEnvironment.isLeftOut, "needs the lab"))
struct ParkingTests {
    @Test("parked over REST, listed, heard music, taken from the slot by Frank; each told once")
    func parkAndTake() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let erins = try await scene.rest(as: .erin)
            let answer = try await erins.put("/users/me/calls/\(talk.erinsChannel)/park", ["parking_id": 1])
            #expect(answer.status == 200, "\(answer.text)")
            let slot = try #require(answer.body?["slot"]?.string)
            #expect(["701", "702", "703"].contains(slot))
            #expect(answer.body?["timeout_at"]?.string?.hasSuffix("+00:00") == true, "\(answer.text)")
            let parked = try await scene.bus.expect("call_parked")
            #expect(parked.data?["call_id"]?.string == talk.kimsChannel && parked.data?["slot"]?.string == slot)
            #expect(parked.data?["parking_id"] == 1 && parked.data?["caller_id_num"] == "1107")
            #expect(parked.data?["parker_caller_id_num"] == "1101", "\(String(describing: parked.data))")
            #expect(parked.headers["user_uuid:*"] == true)
            #expect(parked.headers["required_acl"]?.string == "events.parkings.1.calls.updated")
            _ = try await scene.bus.expect("call_updated") {
                $0.data?["call_id"]?.string == talk.kimsChannel && $0.data?["parked"] == true
            }
            #expect(try await scene.call(talk.kimsChannel)["parked"] == true)
            #expect(try await scene.ari.variable("WAZO_CALL_PARKED", of: talk.kimsChannel) == "1")
            let lot = try await scene.rest.get("/parkinglots/1").body
            #expect(lot?["slots_remaining"] == 2 && lot?["slots_total"] == 3 && lot?["default_timeout"] == 45)
            #expect(lot?["calls"]?.array?.map { $0["call_id"]?.string } == [talk.kimsChannel])
            let list = try await scene.rest.get("/parkinglots").body
            #expect(list?["items"]?.array?.map { $0["id"] } == [1, 2], "\(String(describing: list))")
            try await talk.erinsCall.hungUpByPeer()
            #expect(await talk.kim.audio.hearsSound(), "music")
            #expect(await !talk.kim.audio.hears(Scene.operatorsTone), "Erin is gone")
            let frank = try await scene.dial(slot, as: .frank)
            try await frank.answered()
            let taken = try await scene.bus.expect("call_unparked")
            #expect(taken.data?["call_id"]?.string == talk.kimsChannel)
            #expect(taken.data?["retriever_caller_id_num"] == "1102", "\(String(describing: taken.data))")
            #expect(taken.data?["retriever_call_id"]?.string == (try await scene.channel(of: "frank")))
            #expect(await frank.audio.hears(Scene.callersTone))
            #expect(try await scene.call(talk.kimsChannel)["parked"] == false)
            #expect(await scene.parkingStory(of: talk.kimsChannel) == ["call_parked", "call_unparked"])
            try await frank.hangUp()
            await frank.close()
            try await talk.close()
        }
    }

    @Test("a call that is fetched while the manager interface is away shows it once that is back")
    func fetchedInAGap() async throws {
        let lab = try LabEnvironment()
        let relay = try await TCPRelay.start(to: lab.managerPort)
        var ami = TandemProcess.settings(for: lab, database: "asterisk")["ami"]?.object ?? [:]
        ami["port"] = .integer(Int64(relay.port))
        try await Scene.inOffice(["ami": .object(ami)]) { scene in
            let talk = try await scene.officeTalk()
            let answer = try await scene.rest(as: .erin).put(
                "/users/me/calls/\(talk.erinsChannel)/park",
                ["parking_id": 1]
            )
            let slot = try #require(answer.body?["slot"]?.string, "\(answer.text)")
            _ = try await scene.bus.expect("call_updated") {
                $0.data?["call_id"]?.string == talk.kimsChannel && $0.data?["parked"] == true
            }
            try await talk.erinsCall.hungUpByPeer()
            relay.hold()
            relay.cut()
            let frank = try await scene.dial(slot, as: .frank)
            try await frank.answered()
            #expect(try await scene.ari.variable("WAZO_CALL_PARKED", of: talk.kimsChannel) == "1", "nobody has told")
            relay.letGo()
            _ = try await eventually("what is shown is what is so") {
                try await scene.call(talk.kimsChannel)["parked"] == false ? true : nil
            }
            try await frank.hangUp()
            await frank.close()
            try await talk.close()
        }
        await relay.stop()
    }

    @Test("after its time the call goes back to who parked it; parked again it is told until when")
    func timesOut() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let path = "/calls/\(talk.kimsChannel)/park"
            let never = try await scene.rest.put(path, ["parking_id": 1, "timeout": 0, "preferred_slot": "703"])
            #expect(never.status == 200 && never.body?["slot"] == "703", "\(never.text)")
            #expect(never.body?["timeout_at"] == .null)
            try await talk.erinsCall.hungUpByPeer()
            let erin = try talk.erin.answer()
            let again = try await scene.rest.put(path, ["parking_id": 1, "timeout": 2])
            #expect(again.status == 200, "\(again.text)")
            #expect(again.body?["timeout_at"] != .null, "\(again.text)")
            let event = try await scene.bus.expect("parked_call_timed_out")
            #expect(event.data?["call_id"]?.string == talk.kimsChannel)
            #expect(event.data?["dialed_extension"]?.string?.hasPrefix("PJSIP/erin") == true, "\(event)")
            try await erin.answered()
            #expect(await scene.areTalking(talk.kim, talk.erin))
            #expect(try await scene.call(talk.kimsChannel)["parked"] == false)
            try await talk.kim.hangUp()
            try await talk.close()
        }
    }

    @Test("a parked call is parked in another lot: it leaves the first, and goes back to who parked it")
    func otherLot() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let path = "/calls/\(talk.kimsChannel)/park"
            let first = try await scene.rest.put(path, ["parking_id": 1, "timeout": 0])
            #expect(first.status == 200, "\(first.text)")
            try await talk.erinsCall.hungUpByPeer()
            let erin = try talk.erin.answer()
            let second = try await scene.rest.put(path, ["parking_id": 2, "timeout": 3])
            #expect(second.status == 200 && second.body?["slot"] == "711", "\(second.text)")
            #expect(second.body?["timeout_at"] != .null, "\(second.text)")
            #expect(try await scene.rest.get("/parkinglots/1").body?["slots_remaining"] == 3)
            let event = try await scene.bus.expect("parked_call_timed_out")
            #expect(event.data?["call_id"]?.string == talk.kimsChannel && event.data?["parking_id"] == 2)
            try await erin.answered()
            #expect(await scene.areTalking(talk.kim, talk.erin))
            #expect(try await scene.call(talk.kimsChannel)["parked"] == false)
            try await talk.kim.hangUp()
            try await talk.close()
        }
    }

    @Test("a phone takes the place of the parked Local channel that led to it: it is shown as parked, and taken")
    func swapped() async throws {
        try await Scene.inOffice { scene in
            let erin = try await scene.phone(.erin)
            let answering = try erin.answer()
            try await scene.ari.originate("Local/1101@default", channel: "parked-local", to: "700", in: "default")
            try await answering.answered()
            let erins = try await scene.channel(of: "erin")
            _ = try await eventually("Erin is shown as parked") {
                try await scene.call(erins)["parked"] == true ? true : nil
            }
            _ = try await eventually("the Local channel is gone") {
                try await scene.rest.get("/calls/parked-local").status == 404 ? true : nil
            }
            let lot = try await scene.rest.get("/parkinglots/1").body
            let parked = try #require(lot?["calls"]?.array?.first)
            #expect(parked["call_id"]?.string == erins && lot?["slots_remaining"] == 2, "\(parked)")
            #expect(try await scene.call(erins)["parked"] == true)
            let frank = try await scene.dial(try #require(parked["slot"]?.string), as: .frank)
            try await frank.answered()
            let taken = try await scene.bus.expect("call_unparked")
            #expect(taken.data?["call_id"]?.string == erins)
            _ = try await eventually("Erin is parked no more") {
                try await scene.call(erins)["parked"] == false ? true : nil
            }
            try await frank.hangUp()
            try await answering.hungUpByPeer()
            await frank.close()
            try await scene.leave(erin)
        }
    }

    @Test("a caller who gives up is told of; a full lot leaves the call where it is")
    func givesUp() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            let one = try await scene.rest.put("/calls/\(talk.kimsChannel)/park", ["parking_id": 2])
            #expect(one.status == 200 && one.body?["slot"] == "711" && one.body?["timeout_at"] == .null, "\(one.text)")
            try await talk.erinsCall.hungUpByPeer()
            let answering = try talk.erin.answer()
            let leo = try await scene.dial("1101", as: .leo)
            try await leo.answered()
            try await answering.answered()
            let other = try await scene.channel(of: "leo")
            let full = try await scene.rest.put("/calls/\(other)/park", ["parking_id": 2])
            #expect(full.status == 503 && full.body?["error_id"] == "parking-full", "\(full.text)")
            #expect(await scene.areTalking(leo, talk.erin), "they talk on")
            try await talk.kim.hangUp()
            let event = try await scene.bus.expect("parked_call_hungup")
            #expect(event.data?["call_id"]?.string == talk.kimsChannel && event.data?["parking_id"] == 2)
            _ = try await eventually("the slot is free") {
                try await scene.rest.get("/parkinglots/2").body?["slots_remaining"] == 1 ? true : nil
            }
            try await leo.hangUp()
            await leo.close()
            try await talk.close()
        }
    }

    @Test("whom Bob got from the switchboard, in Stasis, is parked; it is told in both ways", arguments: Way.allCases)
    func fromStasis(way: Way) async throws {
        try await Scene.play(way) { scene in
            scene.platform?.world.change { world in
                world["parkinglots", default: []].append([
                    "id": 1, "tenant_uuid": .string(Demo.tenant), "name": "Office", "slots_start": "701",
                    "slots_end": "703", "timeout": 45, "extensions": [["exten": "700", "context": "default"]],
                ])
            }
            let talk = try await scene.switchboardTalk()
            let answer = try await scene.rest.put("/users/me/calls/\(talk.bobsChannel)/park", ["parking_id": 1])
            #expect(answer.status == 200, "\(answer.text)")
            let event = try await scene.bus.expect("call_parked")
            let call = event.data?["call_id"]?.string ?? ""
            #expect(event.data?["slot"] == answer.body?["slot"] && call != talk.bobsChannel)
            #expect(try await scene.call(call)["parked"] == true)
            #expect(await talk.caller.audio.hearsSound(), "music")
            let items = try await scene.rest.get("/parkinglots").body?["items"]?.array
            #expect(items?.first?["calls"]?.array?.map { $0["call_id"]?.string } == [call])
            try await talk.bobsCall.hungUpByPeer()
            try await talk.caller.hangUp()
            _ = try await scene.bus.expect("parked_call_hungup") { $0.data?["call_id"]?.string == call }
            try await scene.becomesSilent()
            await talk.close()
        }
    }

    @Test("who may not is told so, and the call goes on; a restart keeps what is parked, and shows what it missed")
    func refusals() async throws {
        try await Scene.inOffice { scene in
            let talk = try await scene.officeTalk()
            func put(_ client: RESTClient, _ path: String, lot: Int64 = 1) async throws -> String {
                let answer = try await client.put(path, ["parking_id": .integer(lot)])
                return "\(answer.status) \(answer.body?["error_id"]?.string ?? "")"
            }
            let kims = "calls/\(talk.kimsChannel)/park"
            let erin = try await scene.rest(as: .erin)
            let token = try await scene.tandem.createToken(tenant: Demo.otherTenant, acl: ["calld.#"])
            let foreign = scene.tandem.rest.with(token: token)
            #expect(try await put(scene.rest, "/calls/1.1/park") == "404 no-such-call")
            #expect(try await put(foreign, "/\(kims)") == "404 no-such-call")
            #expect(try await put(erin, "/users/me/\(kims)") == "403 user-permission-denied")
            #expect(try await put(scene.rest, "/\(kims)", lot: 99) == "404 no-such-parking")
            #expect(try await foreign.get("/parkinglots/1").status == 404)
            #expect(try await foreign.get("/parkinglots").body?["items"] == [])
            #expect(await scene.areTalking(talk.kim, talk.erin))
            #expect(try await put(scene.rest, "/\(kims)") == "200 ")
            await scene.tandem.kill()
            try await scene.tandem.start()
            try await scene.becomesReady()
            #expect(try await scene.call(talk.kimsChannel)["parked"] == true)
            let lot = try await scene.rest.get("/parkinglots/1").body
            #expect(lot?["calls"]?.array?.map { $0["call_id"]?.string } == [talk.kimsChannel])
            let slot = try #require(lot?["calls"]?.array?.first?["slot"]?.string)
            await scene.tandem.kill()
            let frank = try await scene.dial(slot, as: .frank)
            #expect(await frank.audio.hears(Scene.callersTone))
            try await scene.tandem.start()
            try await scene.becomesReady()
            _ = try await eventually("what was missed is shown") {
                try await scene.call(talk.kimsChannel)["parked"] == false ? true : nil
            }
            try await frank.hangUp()
            await frank.close()
            try await talk.close()
        }
    }
}

extension Scene {
    /// Names of the parking events of a call.
    fileprivate func parkingStory(of call: String) async -> [String] {
        await bus.deliveries.entries.compactMap { event in
            guard let name = event.name, name.contains("park"), event.data?["call_id"]?.string == call else {
                return nil
            }
            return name
        }
    }
}
