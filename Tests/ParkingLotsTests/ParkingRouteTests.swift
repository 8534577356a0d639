import Core
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import ParkingLots

@Suite("Parking lots: routes")
struct ParkingRouteTests {
    @Test("the lots of the tenant that both Asterisk and the directory have, with their calls")
    func lists() async throws {
        let bench = ParkingBench()
        bench.occupy(6, 702, "1.1")
        let answer = try await bench.request(.get, "/parkinglots")
        #expect(answer.status == 200 && answer.body["total"] == 2, "\(answer)")
        let items = try #require(answer.body["items"]?.array)
        #expect(items.map { $0["id"] } == [6, 8])
        let lot = items[0]
        #expect(lot["slots_start"] == "701" && lot["slots_end"] == "702" && lot["slots_total"] == 2)
        #expect(lot["slots_remaining"] == 1 && lot["default_timeout"] == 45 && lot["name"] == "Lot 6")
        let call = try #require(lot["calls"]?.array?.first)
        #expect(call["call_id"] == "1.1" && call["conversation_id"] == "L" && call["slot"] == "702")
        #expect(call["caller_id_name"] == "Kim O'Hara" && call["caller_id_num"] == "1107")
        #expect(call["parker_caller_id_name"] == "Erin" && call["parker_caller_id_num"] == "1101")
        #expect(call["parked_at"]?.string?.hasSuffix("+00:00") == true)
        #expect(try await bench.request(.get, "/parkinglots/6").body == lot)
        #expect(items[1]["default_timeout"] == .null && items[1]["slots_remaining"] == 1)
    }

    @Test("a lot that is unknown, foreign or not in Asterisk is not found; an outage is told as one")
    func lotErrors() async throws {
        let bench = ParkingBench()
        for id in ["7", "99", "99999999999999999999"] {
            #expect(try await bench.request(.get, "/parkinglots/\(id)").status == 404, "\(id)")
        }
        let missing = try await bench.request(.get, "/parkinglots/7").body
        #expect(missing["error_id"] == "no-such-parking" && missing["resource"] == "parking_lots")
        #expect(missing["details"] == ["parking_id": 7])
        #expect(try await bench.request(.get, "/parkinglots/6", as: "powerless").status == 401)
        bench.fail("ParkedCalls", with: .refused(message: "Requested parking lot could not be found.", action: "x"))
        #expect(try await bench.request(.get, "/parkinglots/6").body["error_id"] == "no-such-parking")
        bench.fail("ParkedCalls", with: .refused(message: "Something", action: "x"))
        let outage = try await bench.request(.get, "/parkinglots/6")
        #expect(outage.status == 503 && outage.body["error_id"] == "wazo-amid-error")
    }

    @Test("a body is checked as the contract words it")
    func validation() async throws {
        let bench = ParkingBench()
        func details(_ body: JSONValue) async throws -> JSONValue? {
            let answer = try await bench.request(.put, "/calls/A/park", body)
            #expect(answer.status == 400 && answer.body["error_id"] == "invalid-data", "\(answer)")
            return answer.body["details"]
        }
        #expect(
            try await details([:]) == [
                "parking_id": [
                    "message": "Missing data for required field.", "constraint_id": "required",
                    "constraint": "required",
                ]
            ]
        )
        #expect(
            try await details(["parking_id": "x"])?["parking_id"]?["message"] == "Not a valid integer."
        )
        #expect(
            try await details(["parking_id": 6, "preferred_slot": 701])?["preferred_slot"]?["constraint"] == "string"
        )
        for slot in ["", "7a", "٣"] {
            let body: JSONValue = ["parking_id": 6, "preferred_slot": .string(slot)]
            #expect(try await details(body) == ["preferred_slot": ["Invalid input."]])
        }
        let negative: JSONValue = ["parking_id": 6, "timeout": -1]
        #expect(try await details(negative) == ["timeout": ["Must be a positive integer or 0"]])
        #expect(bench.parkings.isEmpty)
    }

    @Test("a call, or the user's peer, is parked with the other as return address; again it keeps that")
    func parks() async throws {
        let bench = ParkingBench()
        try await bench.call()
        #expect(try await bench.park("A") == "200 701")
        #expect(try await bench.park("A") == "200 702")
        #expect(
            bench.parkings == [
                "Channel=PJSIP/A-1 Parkinglot=parkinglot-6 TimeoutChannel=PJSIP/B-1",
                "Channel=PJSIP/A-1 Parkinglot=parkinglot-6 TimeoutChannel=PJSIP/erin",
            ]
        )
        bench.asterisk.remove(ChannelID("B"))
        #expect(try await bench.park("A", ["parking_id": 8]) == "200 703", "out of lot 6 into another one")
        #expect(bench.parkings.last == "Channel=PJSIP/A-1 Parkinglot=parkinglot-8 TimeoutChannel=PJSIP/erin")
        bench.occupy(6, 701, "9.8")
        bench.occupy(6, 702, "9.9")
        #expect(try await bench.park("A") == "503 parking-full", "it stays where it is")
        #expect(bench.parkings.count == 3)
        let other = ParkingBench()
        try await other.call()
        let body: JSONValue = ["parking_id": 6, "preferred_slot": "0702", "timeout": 7, "x": 1]
        #expect(try await other.park("B", body, as: "bob") == "200 702")
        #expect(
            other.parkings == [
                "Channel=PJSIP/A-1 Parkinglot=parkinglot-6 ParkingSpace=702 Timeout=7000 TimeoutChannel=PJSIP/B-1"
            ]
        )
        let plain = ParkingBench()
        try await plain.call()
        let nulls: JSONValue = ["parking_id": 6, "preferred_slot": nil, "timeout": nil]
        #expect(try await plain.park("B", nulls, as: "bob") == "200 701")
    }

    @Test("what cannot be parked is refused in the contract's order, and nothing is asked of Asterisk")
    func refusals() async throws {
        let bench = ParkingBench()
        try await bench.call()
        bench.put("N", ["WAZO_USERUUID": ParkingBench.bob.rawValue])
        bench.put("R", ["WAZO_USERUUID": ParkingBench.bob.rawValue, "WAZO_TENANT_UUID": ParkingBench.tenant.rawValue])
        #expect(try await bench.park("X") == "404 no-such-call")
        #expect(try await bench.park("N") == "404 no-such-call")
        #expect(try await bench.park("X", as: "bob") == "404 no-such-call")
        #expect(try await bench.park("B", as: "eve") == "403 user-permission-denied")
        #expect(try await bench.park("B", as: "service") == "400 token-with-user-uuid-required")
        #expect(try await bench.park("N", as: "bob") == "400 cannot-park-call")
        #expect(try await bench.park("R", ["parking_id": 7], as: "bob") == "404 no-such-parking")
        #expect(try await bench.park("R", as: "bob") == "400 cannot-park-call")
        #expect(try await bench.park("A", ["parking_id": 99]) == "404 no-such-parking")
        let foreign = try await bench.request(.put, "/calls/A/park", ["parking_id": 7], as: "foreign")
        #expect(foreign.status == 404 && foreign.body["error_id"] == "no-such-call")
        bench.occupy(8, 711, "9.9")
        let full = try await bench.request(.put, "/calls/A/park", ["parking_id": 8])
        #expect(full.status == 503 && full.body["error_id"] == "parking-full")
        #expect(full.body["details"]?["parking_id"] == 8 && full.body["details"]?["call_id"] == "A")
        bench.put("C", [:])
        try await bench.asterisk.add([ChannelID("C")], to: BridgeID("b"), as: BridgeEntry())
        let conference = try await bench.request(.put, "/calls/A/park", ["parking_id": 6])
        #expect(conference.body["details"]?["reason"] == "cannot park a conference call")
        #expect(bench.parkings.isEmpty)
    }

    @Test("messages are those that clients know")
    func messages() async throws {
        let bench = ParkingBench()
        try await bench.call()
        func message(_ call: String, _ lot: Int64) async throws -> JSONValue? {
            try await bench.request(.put, "/calls/\(call)/park", ["parking_id": .integer(lot)]).body["message"]
        }
        #expect(try await message("none", 6) == "No such call: none")
        #expect(try await message("A", 99) == "No such parking: id=99")
        bench.fail("Park", with: .refused(message: "Park action failed", action: "Park"))
        #expect(try await message("A", 6) == "unable to park call: A, reason=Park action failed")
    }

    @Test("Asterisk's refusals, and a call that does not appear")
    func asteriskFails() async throws {
        let bench = ParkingBench()
        try await bench.call()
        bench.ignoreParking()
        #expect(try await bench.park("A") == "404 no-such-parked-call")
        bench.fail("Park", with: .refused(message: "Channel does not exist.", action: "Park"))
        #expect(try await bench.park("A") == "404 no-such-call")
        bench.fail("Park", with: .refused(message: "Park action failed", action: "Park"))
        #expect(try await bench.park("A") == "400 cannot-park-call")
        bench.fail("Park", with: .unsendable("x"))
        #expect(try await bench.park("A") == "503 wazo-amid-error")
    }
}
