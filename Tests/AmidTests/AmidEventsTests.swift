import Core
import TandemTesting
import Telephony
import Testing

@testable import Amid

@Suite("Events of amid on the bus", .timeLimit(.minutes(1)))
struct AmidEventsTests {
    @Test("the golden message arrives as the event that it was made of, and the fake makes the same message")
    func golden() async throws {
        let body = try GoldenBodies.body("bus.amid.MessageWaiting")
        let recorder = ManagerEventRecorder()
        await AmidEvents(receiver: recorder).receive(message: body, name: nil)
        let event = try #require(recorder.events.first)
        #expect(
            event.name == "MessageWaiting" && event["Mailbox"] == "101@ctx-lumen-internal-01" && event["New"] == "2"
        )
        #expect(FakeAmid.busBody(of: event) == body)
    }

    @Test("the golden data of every event arrives whole")
    func data() async throws {
        let all = try #require(GoldenBodies.body("bus.amid.data").object)
        for (name, data) in all {
            let recorder = ManagerEventRecorder()
            await AmidEvents(receiver: recorder).receive(message: ["data": data], name: name)
            let event = try #require(recorder.events.first)
            #expect(event.name == name && event["Event"] == name)
            #expect(FakeAmid.json(event.message) == data, "\(name)")
            #expect(AmidEvents.names.contains(name))
        }
        let names = try #require(all["Newchannel"]?["ChanVariable"]?.object)
        #expect(names["CHANNEL(linkedid)"] == "1767225600.26")
    }

    @Test("what is no event, or not wanted, is passed over")
    func noise() async {
        let recorder = ManagerEventRecorder(names: ["Hangup"])
        let events = AmidEvents(receiver: recorder)
        await events.busConnected()
        await events.receive(message: [], name: "Hangup")
        await events.receive(message: ["data": "text"], name: "Hangup")
        await events.receive(message: ["name": "Newchannel", "data": ["Event": "Newchannel"]], name: nil)
        await events.receive(message: ["data": [:]], name: nil)
        await events.receive(message: ["name": "Hangup", "data": ["Cause": 16, "A": nil, "B": true]], name: nil)
        await events.busDisconnected()
        let message: ManagerMessage = ["Cause": "16", "A": "", "B": "true"]
        #expect(
            recorder.entries == [.connected, .event(ManagerEvent(name: "Hangup", message: message)), .disconnected]
        )
    }
}

@Suite("What clients are told of manager failures")
struct ManagerFailuresTests {
    @Test("503 wazo-amid-error with the address and Asterisk's words")
    func body() {
        let failures = ManagerFailures(host: "localhost", port: 9_491, timeout: 5)
        let failure = failures.failure(for: .refused(message: "No such channel", action: "Setvar"))
        #expect(failure.status == 503 && failure.errorID == "wazo-amid-error")
        #expect(failure.message == "wazo-amid request error")
        #expect(
            failure.details == [
                "wazo_amid_config": ["host": "localhost", "port": 9_491, "timeout": .number(5)],
                "original_error": "No such channel",
            ]
        )
        let more = failures.failure(for: .timedOut, parameters: ["a": 1])
        #expect(more.details["original_parameters"] == ["a": 1])
    }
}
