import Core
import Foundation
import Logging
import ServiceClient
import Synchronization
import TandemTesting
import Telephony
import Testing

@testable import Amid

/// A manager interface that answers with prepared messages.
private final class PreparedManager: ManagerControlling {
    private let messages: [ManagerMessage]
    private let failure: ManagerFailure?
    private let seen = Mutex<[ManagerAction]>([])
    let isConnected = true

    init(_ messages: [ManagerMessage] = [], failure: ManagerFailure? = nil) {
        self.messages = messages
        self.failure = failure
    }

    var actions: [ManagerAction] { seen.withLock { $0 } }

    func send(_ action: ManagerAction) async throws -> [ManagerMessage] {
        seen.withLock { $0.append(action) }
        if let failure { throw failure }
        return messages
    }

    func command(_ line: String) async throws -> [String] {
        if let failure { throw failure }
        return messages.flatMap(\.output)
    }
}

@Suite("amid's golden bodies", .timeLimit(.minutes(1)))
struct GoldenAmidTests {
    /// A client of a service that answers every request with this.
    private func answering(
        _ answer: FakeService.Answer,
        _ body: (AmidClient, FakeService) async throws -> Void
    ) async throws {
        try await FakeService.running({ _ in answer }) { service in
            let transport = ServiceTransport()
            let client = AmidClient(
                client: ServiceClient(
                    name: "amid",
                    address: ServiceAddress(host: "127.0.0.1", port: service.port, version: "1.0", timeout: 1),
                    transport: transport,
                    tokens: FixedToken(),
                    logger: RoadBench.silent
                ),
                logger: RoadBench.silent
            )
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(client, service))
            } catch {
                result = .failure(error)
            }
            await transport.shutdown()
            try result.get()
        }
    }

    private func golden(_ name: String) throws -> FakeService.Answer {
        FakeService.Answer(200, try GoldenBodies.body("amid.\(name)"))
    }

    @Test("the client reads success and refusal, and sends what amid expects")
    func outcomes() async throws {
        try await answering(golden("ok")) { client, service in
            try await client.setVariable("A", to: "b", onChannel: "PJSIP/x-1")
            let request = try #require(service.requests.first)
            #expect(request.method == "POST" && request.path == "/1.0/action/Setvar")
            #expect(request.json == ["Channel": "PJSIP/x-1", "Variable": "A", "Value": "b"])
            #expect(request.headers["x-auth-token"] == "secret" && request.headers["wazo-tenant"] == nil)
            var call = ManagerOrigination(channel: "Local/1@x", destination: .application("Wait", data: "1"))
            call.variables = [.init("A", "1"), .init("B", "2"), .init("C", "3")]
            try await client.originate(call)
            #expect(service.requests.last?.json?["Variable"] == ["A=1", "B=2", "C=3"])
        }
        try await answering(golden("refused")) { client, _ in
            await #expect(throws: ManagerFailure.refused(message: "No such channel", action: "Setvar")) {
                try await client.setGlobalVariable("A", to: "b")
            }
        }
        let trailing: JSONValue = [["Response": "Error", "Message": "Park action failed\n"]]
        try await answering(FakeService.Answer(200, trailing)) { client, _ in
            await #expect(throws: ManagerFailure.refused(message: "Park action failed", action: "Park")) {
                try await client.park(Parking(channel: "x"))
            }
        }
    }

    @Test("the client reads the lists")
    func lists() async throws {
        try await answering(golden("ShowDialplan")) { client, _ in
            let found = try await client.extensionExists(.init(context: "ctx-lumen-internal-01", exten: "101"))
            let second = try await client.extensionExists(.init(context: "c", exten: "101", priority: 2))
            #expect(found && !second)
        }
        try await answering(golden("ConfBridgeList")) { client, _ in
            let users = try await client.confbridgeUsers(of: "wazo-conference-15")
            let user = try #require(users.first)
            #expect(users.count == 1 && user.channel.rawValue == "1767225600.26" && user.isMuted && !user.isAdmin)
            #expect(user.callerName == "Odile" && user.callerNumber == "101" && user.answeredTime == 42)
            #expect(user.language == "fr_FR" && user.channelName == "PJSIP/k3f9q2-0000001a")
            #expect(user.variables["WAZO_USERUUID"] == "b0000000-0000-4000-8000-000000000010")
        }
        try await answering(golden("Parkinglots")) { client, _ in
            let lots = try await client.parkingLots()
            #expect(lots.map(\.name) == ["default", "parkinglot-6"])
            #expect(lots.last?.firstSpace == 701 && lots.last?.lastSpace == 710 && lots.last?.timeout == 45)
        }
        try await answering(golden("ParkedCalls")) { client, _ in
            let calls = try await client.parkedCalls(in: "parkinglot-6")
            #expect(calls.count == 1 && calls.first?["ParkerDialString"] == "PJSIP/k3f9q2")
            let tenant = calls.first?.channelVariables(of: "Parkee")["WAZO_TENANT_UUID"]
            #expect(tenant == "a0000000-0000-4000-8000-000000000002")
        }
    }

    @Test("the client reads a command's lines")
    func command() async throws {
        try await answering(golden("Command")) { client, service in
            let classes = try await client.musicClasses()
            #expect(classes == ["default", "moh-lumen-d0000000-0000-4000-8000-000000000005"])
            #expect(service.requests.first?.path == "/1.0/action/Command")
            #expect(service.requests.first?.json == ["command": "moh show classes"])
        }
    }

    @Test(
        "answers without messages are successes without effect on lists",
        arguments: [[], "", [:], nil, ["Success"], 1] as [JSONValue]
    )
    func leniency(body: JSONValue) async throws {
        try await answering(FakeService.Answer(200, body)) { client, _ in
            try await client.setGlobalVariable("A", to: "b")
            let exists = try await client.extensionExists(.init(context: "c", exten: "e"))
            let users = try await client.confbridgeUsers(of: "x")
            let lines = try await client.command("moh show classes")
            #expect(!exists && users.isEmpty && lines.isEmpty)
            try await client.moveVoicemail(.init(context: "c", mailbox: "1", folder: "INBOX", id: "1"), to: "Old")
        }
        try await answering(FakeService.Answer(200)) { client, _ in try await client.setGlobalVariable("A", to: "b") }
    }

    @Test("every status but success is told with amid's words")
    func statuses() async throws {
        try await answering(.init(503, GoldenBodies.body("amid.unreachable"))) { client, _ in
            let failure = ManagerFailure.unreachable(
                "amid answered 503 ajam-unreachable: AJAM server unreachable (connection refused)"
            )
            #expect(client.isConnected)
            await #expect(throws: failure) { try await client.setGlobalVariable("A", to: "b") }
            #expect(!client.isConnected)
        }
        for status in [401, 404, 500, 501] {
            try await answering(.init(status, ["unexpected"])) { client, _ in
                await #expect(throws: ManagerFailure.unreachable("amid answered \(status): no message")) {
                    try await client.parkingLots()
                }
            }
        }
    }

    @Test("every fault of the service is a failure within the limit", arguments: FakeService.Fault.allCases)
    func faults(fault: FakeService.Fault) async throws {
        try await answering(golden("ok")) { client, service in
            service.fail(fault)
            let failure = await #expect(throws: ManagerFailure.self) {
                try await client.setGlobalVariable("A", to: "b")
            }
            switch fault {
            case .hangs: #expect(failure == .timedOut)
            case .garbage: #expect(failure == .malformed("the body is not JSON"))
            default:
                guard case .unreachable = failure else {
                    Issue.record("\(String(describing: failure))")
                    return
                }
            }
            service.fail(nil)
            try await client.setGlobalVariable("A", to: "b")
            #expect(client.isConnected)
        }
    }

    @Test("the fake answers with golden bodies when Asterisk sends what they were made of")
    func fake() async throws {
        for name in ["ok", "ShowDialplan", "ConfBridgeList", "Parkinglots", "ParkedCalls"] {
            let body = try GoldenBodies.body("amid.\(name)")
            let messages = AmidAnswer.messages(body)
            #expect(JSONValue.array(messages.map(FakeAmid.json)) == body, "\(name)")
        }
    }

    @Test("the fake refuses, is unreachable and knows its own routes as amid does")
    func fakeFailures() async throws {
        func ask(_ backend: PreparedManager, _ path: [String], _ body: JSONValue = [:]) async throws -> ServiceAnswer {
            let service = try await FakeAmid.start(onto: backend)
            let transport = ServiceTransport()
            var request = ServiceRequest(.post, path)
            request.body = body
            let address = ServiceAddress(host: "127.0.0.1", port: service.port, version: "1.0", timeout: 5)
            let client = ServiceClient(
                name: "amid",
                address: address,
                transport: transport,
                tokens: nil,
                logger: RoadBench.silent
            )
            let answer = try await client.send(request)
            await transport.shutdown()
            await service.stop()
            return answer
        }
        let refusing = PreparedManager(failure: .refused(message: "No such channel", action: "Setvar"))
        let refused = try await ask(refusing, ["action", "Setvar"])
        let goldenRefusal = try GoldenBodies.body("amid.refused")
        #expect(try refused.json() == goldenRefusal)
        let gone = try await ask(PreparedManager(failure: .unreachable("gone")), ["action", "Setvar"])
        let goldenGone = try GoldenBodies.body("amid.unreachable")
        #expect(gone.status == 503)
        #expect(GoldenBodies.differences(of: try gone.json(), from: goldenGone) == [])
        var output: ManagerMessage = ["Response": "Success"]
        output.append("Output", "Class: default")
        let lines = try await ask(PreparedManager([output]), ["action", "Command"], ["command": "moh show classes"])
        #expect(try lines.json() == ["response": ["Class: default"]])
        let without = try await ask(PreparedManager(), ["action", "Command"])
        let queues = try await ask(PreparedManager(), ["action", "Queues"])
        let spelled = try await ask(PreparedManager(), ["action", "command"])
        let nowhere = try await ask(PreparedManager(), ["nowhere"])
        let statuses: [Int] = [without.status, queues.status, spelled.status, nowhere.status]
        #expect(statuses == [400, 501, 501, 404])
        let typed = PreparedManager([["Response": "Success"]])
        _ = try await ask(typed, ["action", "PlayDTMF"], ["Receive": true, "Digit": 1, "Variable": ["a=b", "c=d"]])
        #expect(
            typed.actions == [
                ManagerAction("PlayDTMF", ["Digit": "1", "Receive": "True", "Variable": "a=b", "Variable": "c=d"])
            ]
        )
    }
}

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
