import CallControl
import Core
import Events
import Foundation
import TandemTesting
import Telephony
import Testing

@testable import ParkingLots

@Suite("Parking lots: events")
struct ParkingEventTests {
    /// Hands events over, and waits until nothing more is told.
    private func told(_ bench: ParkingBench, _ names: [String], last: String) async throws -> [String] {
        let lots = bench.lots
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lots.run() }
            for name in names {
                var message = ParkingBench.message("parkinglot-6", "A", 701, name)
                message.append("ParkeeChanVariable", "WAZO_TENANT_UUID=\(ParkingBench.tenant)")
                message.append("RetrieverUniqueid", "R")
                message.append("RetrieverCallerIDNum", "1102")
                await lots.receive(ManagerEvent(name: name, message: message))
            }
            try await eventually { bench.told.last == last }
            group.cancelAll()
            return bench.told
        }
    }

    @Test("the variable is set first, then each is told")
    func order() async throws {
        let bench = ParkingBench()
        let names = ["ParkedCall", "ParkedCallTimeOut", "ParkedCall", "UnParkedCall", "ParkedCall", "ParkedCallGiveUp"]
        let told = try await told(bench, names, last: "parked_call_hungup")
        let parked = ["A WAZO_CALL_PARKED=1", "A updated", "call_parked"]
        let free = ["A WAZO_CALL_PARKED=", "A updated"]
        #expect(
            told == parked + free + ["parked_call_timed_out"] + parked + free + ["call_unparked"] + parked
                + ["parked_call_hungup"]
        )
        let event = try #require(bench.events.first { $0.name == "call_unparked" })
        #expect(event.data["retriever_call_id"] == "R" && event.data["retriever_caller_id_num"] == "1102")
        #expect(event.routingKey == "parkings.6.calls.updated" && event.audience == .tenant(ParkingBench.tenant))
        #expect(bench.events.first { $0.name == "parked_call_timed_out" }?.data["dialed_extension"] == "PJSIP/erin")
    }

    @Test("a swap: who took the place shows that it is parked, who left it no more; nothing else is told of it")
    func swapped() async throws {
        let bench = ParkingBench()
        // The order of Asterisk 22.10: the swap is told of before the replaced channel leaves; its end may come late.
        for (id, value) in [("old", "1"), ("new", ""), ("other", "1")] {
            bench.asterisk.put(
                Channel(id: ChannelID(id), name: "PJSIP/\(id)", variables: ["WAZO_CALL_PARKED": value])
            )
        }
        bench.occupy(6, 701, "new")
        bench.occupy(6, 702, "other")
        let lots = bench.lots
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lots.run() }
            for (event, call) in [("ParkedCall", "old"), ("ParkedCallSwap", "new")] {
                var message = ParkingBench.message("parkinglot-6", call, 701, event)
                message.append("ParkeeChanVariable", "WAZO_TENANT_UUID=\(ParkingBench.tenant)")
                await lots.receive(ManagerEvent(name: event, message: message))
                let count = event == "ParkedCall" ? 3 : 7
                try await eventually { bench.told.count == count }
            }
            group.cancelAll()
        }
        #expect(bench.told.prefix(3) == ["old WAZO_CALL_PARKED=1", "old updated", "call_parked"])
        #expect(bench.told[3...4] == ["new WAZO_CALL_PARKED=1", "new updated"])
        #expect(bench.told[5...] == ["old WAZO_CALL_PARKED=", "old updated"])
    }

    @Test("other lots, and answers to questions, are nobody's news")
    func silence() {
        let bench = ParkingBench()
        #expect(ParkedCall(ParkingBench.message("default", "A", 1), at: Date()) == nil)
        #expect(ParkedCall(ParkingBench.message("parkinglot-x", "A", 1), at: Date()) == nil)
        #expect(ParkedCall(ParkingBench.message("parkinglot-", "A", 1), at: Date()) == nil)
        #expect(!bench.lots.wants("Hangup") && bench.lots.wants("UnParkedCall"))
    }

    @Test(
        "times: what remains is printed unsigned, and a lot without timeout never ends",
        arguments: [
            ("45", "2026-11-28T18:00:45+00:00"), ("0", nil), ("18446744073709551611", nil), ("", nil),
        ]
    )
    func times(remaining: String, expected: String?) throws {
        var message = ParkingBench.message("parkinglot-6", "A", 701)
        message.append("ParkingTimeout", remaining)
        let now = Date(timeIntervalSince1970: 1_795_888_800)
        let call = try #require(ParkedCall(message, at: now))
        #expect(call.members["timeout_at"]?.string == expected)
        #expect(call.members["parked_at"] == "2026-11-28T17:59:50+00:00")
    }

    @Test("parked anew: another slot, or other times by more than their rounding")
    func anew() throws {
        let now = Date(timeIntervalSince1970: 1_795_888_800)
        func call(_ slot: Int, _ remaining: String, _ parked: String) throws -> ParkedCall {
            var message = ParkingBench.message("parkinglot-6", "A", slot)
            message.append("ParkingTimeout", remaining)
            message.append("ParkingDuration", parked)
            return try #require(ParkedCall(message, at: now))
        }
        let before = try call(701, "45", "10")
        #expect(try !call(701, "45", "10").isAnother(than: before) && !call(701, "44", "11").isAnother(than: before))
        #expect(try call(702, "45", "10").isAnother(than: before) && call(701, "0", "10").isAnother(than: before))
        #expect(try call(701, "45", "0").isAnother(than: before) && call(701, "2", "10").isAnother(than: before))
        let elsewhere = try #require(ParkedCall(ParkingBench.message("parkinglot-8", "A", 701), at: now))
        #expect(elsewhere.isAnother(than: before))
    }

    @Test("after a gap calls show what Asterisk has")
    func recovers() async throws {
        let bench = ParkingBench()
        bench.occupy(6, 701, "new")
        bench.occupy(6, 702, "known")
        func channel(_ id: String, _ value: String) -> Channel {
            var channel = Channel(id: ChannelID(id), name: "PJSIP/\(id)")
            channel.variables = ["WAZO_CALL_PARKED": value]
            return channel
        }
        let snapshot = AsteriskSnapshot(
            channels: [channel("new", ""), channel("known", "1"), channel("old", "1"), channel("other", "")],
            bridges: []
        )
        let expected: Set = ["new WAZO_CALL_PARKED=1", "new updated", "old WAZO_CALL_PARKED=", "old updated"]
        let lots = bench.lots
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lots.run() }
            try await lots.recover(from: snapshot)
            try await eventually { bench.told.count >= 4 }
            group.cancelAll()
        }
        #expect(Set(bench.told) == expected && bench.told.count == 4)
        bench.fail("ParkedCalls", with: .unsendable("x"))
        try await lots.recover(from: snapshot)
        #expect(bench.told.count == 4)
    }
}

@Suite("Parking lots: docs/events.md")
struct EventPageTests {
    private static func event(_ news: ParkingNews, timeout: String = "45") -> BusEvent? {
        var message = ParkingBench.message("parkinglot-6", "1763924701.1", 701)
        message.append("ParkingTimeout", timeout)
        message.append("RetrieverUniqueid", "1763924702.1")
        message.append("RetrieverCallerIDName", "Frank")
        message.append("RetrieverCallerIDNum", "1102")
        let now = Date(timeIntervalSince1970: 1_795_888_800)
        return ParkedCall(message, at: now).flatMap {
            BusEvents.event(news, of: $0, message, tenant: ParkingBench.tenant)
        }
    }

    private static let entries: [EventPage.Entry] = [
        .init(
            event(.parked),
            sparse: event(.parked, timeout: "0"),
            when: "A call was parked, over REST or by a phone."
        ),
        .init(
            event(.unparked),
            sparse: event(.unparked, timeout: "0"),
            when: "Somebody got it back by dialling its slot."
        ),
        .init(event(.timedOut), when: "It was parked for too long: who parked it is called."),
        .init(event(.hungUp), sparse: event(.hungUp, timeout: "0"), when: "The parked caller has hung up."),
    ]

    @Test("the page has every event of parking lots as it is")
    func page() throws {
        let part = EventPage.part("Parking lots", Self.entries, samples: ["parking_id": "6"])
        #expect(try EventPage().holds(part))
    }
}
