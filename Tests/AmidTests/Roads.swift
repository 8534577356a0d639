import AMI
import Amid
import Core
import Foundation
import Logging
import ServiceClient
import TandemLab
import TandemTesting
import Telephony
import Testing

/// The two ways to Asterisk's manager interface. Behind amid's there is the real Asterisk too: the fake amid passes
/// actions on to it, and its events go the way of the bus, as JSON text.
enum Road: String, CaseIterable, CustomTestStringConvertible {
    case tcp = "TCP"
    case amid

    var testDescription: String { rawValue }
}

/// The lab's Asterisk over one of the roads.
struct RoadBench {
    let manager: any ManagerControlling
    let recorder: ManagerEventRecorder
    let asterisk: ARIWitness
    let lab: LabEnvironment

    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func run(_ road: Road, _ body: (RoadBench) async throws -> Void) async throws {
        let lab = try LabEnvironment()
        let recorder = ManagerEventRecorder()
        let configuration = AMIConfiguration(
            port: lab.managerPort,
            username: lab.managerUser,
            secret: lab.managerSecret
        )
        let events = AmidEvents(receiver: recorder)
        let relay = ManagerEventRecorder(onEvent: { event in
            let text = FakeAmid.busBody(of: event).text
            guard let body = try? JSONValue(parsing: Data(text.utf8)) else { return }
            await events.receive(message: body, name: event.name)
        })
        let first = road == .tcp ? recorder : relay
        let client = AMIClient(configuration: configuration, receiver: first, logger: silent)
        let running = Task { try await client.run() }
        await first.first { $0 == .connected }
        let result: Result<Void, any Error>
        do {
            switch road {
            case .tcp:
                let bench = RoadBench(manager: client, recorder: recorder, asterisk: ARIWitness(lab), lab: lab)
                try await bench.runAndHangUp(body)
            case .amid:
                try await throughAmid(onto: client) { manager in
                    let bench = RoadBench(manager: manager, recorder: recorder, asterisk: ARIWitness(lab), lab: lab)
                    try await bench.runAndHangUp(body)
                }
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        running.cancel()
        try await running.value
        try result.get()
    }

    private func runAndHangUp(_ body: (RoadBench) async throws -> Void) async throws {
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(self))
        } catch {
            result = .failure(error)
        }
        _ = try? await manager.send(ManagerAction("Hangup", ["Channel": "/^Local\\/.*@lab-/"]))
        try result.get()
    }

    /// A Local channel: `;1` runs an application, `;2` is in the lab's dialplan. Their ids are ours.
    /// - Returns: The ids of both halves.
    func call(
        _ exten: String,
        variables: [ManagerAction.Field] = []
    ) async throws -> (application: ChannelID, dialplan: ChannelID) {
        let id = UUID().uuidString
        var call = ManagerOrigination(
            channel: DialString(stored: "Local/\(exten)@lab/n"),
            destination: .application("Wait", data: "30")
        )
        call.channelID = ChannelID("road-1-\(id)")
        call.otherChannelID = ChannelID("road-2-\(id)")
        call.callerID = "\"Odile, \\\"O\\\"\" <101>"
        call.variables = variables
        try await manager.originate(call)
        await recorder.event("Newstate") { $0["Uniqueid"] == "road-1-\(id)" && $0["ChannelStateDesc"] == "Up" }
        return (ChannelID("road-1-\(id)"), ChannelID("road-2-\(id)"))
    }

    /// The name of a channel.
    func name(of channel: ChannelID) async throws -> String {
        try await asterisk.channel(channel.rawValue)?["name"]?.string ?? ""
    }
}

/// Runs `body` with a client of a fake amid that passes everything on.
func throughAmid(
    onto backend: any ManagerControlling,
    _ body: (AmidClient) async throws -> Void
) async throws {
    let service = try await FakeAmid.start(onto: backend, token: "secret")
    let transport = ServiceTransport()
    let client = AmidClient(
        client: ServiceClient(
            name: "amid",
            address: ServiceAddress(host: "127.0.0.1", port: service.port, version: "1.0", timeout: 10),
            transport: transport,
            tokens: FixedToken(),
            logger: RoadBench.silent
        ),
        logger: RoadBench.silent
    )
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(client))
    } catch {
        result = .failure(error)
    }
    await transport.shutdown()
    await service.stop()
    try result.get()
}

struct FixedToken: ServiceTokenProviding {
    func serviceToken() async -> String? { "secret" }
    func renewed(instead refused: String) async -> String? { nil }
}
