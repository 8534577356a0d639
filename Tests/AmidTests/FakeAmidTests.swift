import Core
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

@Suite("The fake amid against the golden bodies", .timeLimit(.minutes(1)))
struct FakeAmidTests {
    private func ask(
        _ backend: PreparedManager,
        _ path: [String],
        _ body: JSONValue = [:]
    ) async throws -> ServiceAnswer {
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
