import Core
import TandemLab
import TandemTesting
import Telephony
import Testing

@Suite(
    "amid's golden bodies against the real Asterisk",
    .serialized,
    .timeLimit(.minutes(1)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct GoldenAsteriskTests {
    /// Keys that the golden element of that event has, and Asterisk's has not.
    private func missing(
        _ event: String,
        of action: ManagerAction,
        golden name: String,
        _ bench: RoadBench
    ) async throws -> [String] {
        let answer = JSONValue.array(try await bench.manager.send(action).map(FakeAmid.json))
        func element(_ body: JSONValue) -> JSONValue {
            (body.array ?? []).first { $0["Event"]?.string == event } ?? .null
        }
        let golden = element(try GoldenBodies.body("amid.\(name)"))
        #expect(golden != .null)
        return GoldenBodies.differences(of: element(answer), from: golden).filter { !$0.hasSuffix("is too much") }
    }

    @Test("Asterisk's lists have every key of the golden ones", arguments: Road.allCases)
    func lists(road: Road) async throws {
        try await RoadBench.run(road) { bench in
            let user = ManagerAction.Field("_WAZO_USERUUID", "u")
            let participant = try await bench.call("400", variables: [user])
            await bench.recorder.event("ConfbridgeJoin") { $0["Uniqueid"] == participant.dialplan.rawValue }
            let waiter = try await bench.call("401")
            var parking = Parking(channel: try await bench.name(of: waiter.dialplan), lot: "default")
            parking.timeoutChannel = "PJSIP/alice"
            try await bench.manager.park(parking)
            await bench.recorder.event("ParkedCall") { $0["ParkeeUniqueid"] == waiter.dialplan.rawValue }

            let place = ManagerAction("ShowDialplan", ["Context": "lab", "Extension": "402"])
            let users = ManagerAction("ConfBridgeList", ["conference": "room1"])
            let calls = ManagerAction("ParkedCalls", ["ParkingLot": "default"])
            let differences = try await [
                missing("ListDialplan", of: place, golden: "ShowDialplan", bench),
                missing("ShowDialPlanComplete", of: place, golden: "ShowDialplan", bench),
                missing("ConfbridgeList", of: users, golden: "ConfBridgeList", bench),
                missing("ConfbridgeListComplete", of: users, golden: "ConfBridgeList", bench),
                missing("Parkinglot", of: ManagerAction("Parkinglots"), golden: "Parkinglots", bench),
                missing("ParkedCall", of: calls, golden: "ParkedCalls", bench),
                missing("ParkedCallsComplete", of: calls, golden: "ParkedCalls", bench),
            ]
            #expect(differences.flatMap { $0 } == [])
        }
    }
}
