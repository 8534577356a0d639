import Core
import Foundation
import Logging
import ServiceClient
import TandemTesting
import Telephony
import Testing

@testable import Amid

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
                "amid answered 503 ajam-unreachable: AJAM server unreachable"
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

    @Test("the cause of a refusal, in which amid quotes the manager's password, reaches no client")
    func secrets() async throws {
        let cause =
            "HTTPConnectionPool(host='localhost', port=5039): Max retries exceeded with url: "
            + "/rawman?action=login&username=wazo_amid&secret=eeCho8ied3u (Caused by NewConnectionError)"
        let body: JSONValue = [
            "error_id": "ajam-unreachable", "message": "away: secret=eeCho8ied3u",
            "details": ["original_error": .string(cause)],
        ]
        try await answering(.init(503, body)) { client, _ in
            let failure = await #expect(throws: ManagerFailure.self) { try await client.parkingLots() }
            #expect(failure == .unreachable("amid answered 503 ajam-unreachable: away: secret=********"))
        }
    }

    @Test("a refused action does not make the manager away; it is asked when nobody asked lately")
    func looks() async throws {
        try await answering(.init(401, [:])) { client, service in
            await #expect(throws: ManagerFailure.self) { try await client.parkingLots() }
            let isThere = await client.answers()
            #expect(client.isConnected && isThere)
            #expect(service.requests.count >= 2)
        }
        try await answering(golden("ok")) { client, service in
            let first = await client.answers()
            let count = service.requests.count
            let second = await client.answers()
            #expect(first && second && service.requests.count == count, "a success of a moment ago counts")
            service.fail(.internalError)
            await #expect(throws: ManagerFailure.self) { try await client.parkingLots() }
            let during = await client.answers()
            service.fail(nil)
            let afterwards = await client.answers()
            #expect(!during && afterwards)
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
}
