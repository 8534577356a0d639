import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import TandemLab
import TandemTesting
import Telephony
import Testing

@testable import AMI

@Suite(
    "The manager interface of the real Asterisk",
    .serialized,
    .timeLimit(.minutes(2)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct RealManagerTests {
    private func connected(
        _ recorder: ManagerEventRecorder = ManagerEventRecorder(),
        logger: LogCapture = LogCapture(),
        username: String? = nil,
        secret: String? = nil,
        _ body: (AMIClient, ManagerEventRecorder) async throws -> Void
    ) async throws {
        let lab = try LabEnvironment()
        try await withClient(
            port: lab.managerPort,
            username: username ?? lab.managerUser,
            secret: secret ?? lab.managerSecret,
            receiver: recorder,
            logger: logger.logger
        ) { client in
            await recorder.first { $0 == .connected }
            try await body(client, recorder)
        }
    }

    @Test("login by challenge; FullyBooted is the first event; set-up finds nothing to complain of")
    func login() async throws {
        let lines = LogCapture()
        try await connected(logger: lines) { client, recorder in
            await recorder.event("FullyBooted")
            #expect(recorder.entries.first == .connected)
            #expect(recorder.events.first?["Status"] == "Fully Booted")
            #expect(client.isConnected)
            _ = try await eventually("the set-up") { lines.lines.contains { $0.text.contains("set up") } ? true : nil }
        }
        #expect(!lines.lines.contains { $0.level >= .warning })
    }

    @Test("a wrong secret is refused in Asterisk's words")
    func wrongSecret() async throws {
        let lab = try LabEnvironment()
        let lines = LogCapture()
        try await withClient(
            port: lab.managerPort,
            secret: "wrong",
            receiver: ManagerEventRecorder(),
            logger: lines.logger
        ) { client in
            _ = try await eventually("the refusal") { lines.lines.first { $0.level == .error }?.text }
            #expect(!client.isConnected)
        }
        #expect(lines.lines.contains { $0.text.contains("login refused: Authentication failed") })
        #expect(!lines.lines.contains { $0.text.contains("wrong") })
    }

    @Test("a user without the privileges is told of in the log, and its actions are refused")
    func poorUser() async throws {
        let lines = LogCapture()
        try await connected(logger: lines, username: "poor", secret: "poor") { client, _ in
            try await client.setGlobalVariable("TANDEM_POOR", to: "1")
            await #expect(throws: ManagerFailure.refused(message: "Permission denied", action: "ShowDialplan")) {
                try await client.send(ManagerAction("ShowDialplan", ["Context": "lab"]))
            }
            await #expect(throws: ManagerFailure.refused(message: "Permission denied", action: "Command")) {
                try await client.command("core show version")
            }
            _ = try await eventually("the complaint") { lines.lines.first { $0.text.contains("missing=") }?.text }
        }
        let complaint = lines.lines.first { $0.text.contains("missing=") }
        #expect(complaint?.level == .error)
        #expect(complaint?.text.contains("Originate") == true)
        #expect(complaint?.text.contains("Setvar") == false)
    }

    @Test("in a service group it stops gracefully")
    func serviceGroup() async throws {
        let lab = try LabEnvironment()
        let recorder = ManagerEventRecorder()
        let lines = LogCapture()
        let client = AMIClient(
            configuration: AMIConfiguration(
                port: lab.managerPort,
                username: lab.managerUser,
                secret: lab.managerSecret
            ),
            receiver: recorder,
            logger: lines.logger
        )
        let group = ServiceGroup(services: [client], logger: LogCapture().logger)
        let running = Task { try await group.run() }
        await recorder.first { $0 == .connected }
        let start = ContinuousClock.now
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(ContinuousClock.now - start < .milliseconds(900))
        #expect(!client.isConnected)
    }

    @Test("2,000 actions at once are all answered, each with its own answer")
    func manyActions() async throws {
        try await connected { client, _ in
            let start = ContinuousClock.now
            for number in 0..<50 { try await client.setGlobalVariable("TANDEM_MANY_\(number)", to: "value \(number)") }
            let wrong = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<2_000 {
                    group.addTask {
                        let answer = try await client.send(
                            ManagerAction("Getvar", ["Variable": "TANDEM_MANY_\(number % 50)"])
                        )
                        return answer.first?["Value"] != "value \(number % 50)"
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(wrong == 0)
            print("2,050 actions: \(ContinuousClock.now - start)")
        }
    }

    @Test("a line of the longest length is set whole; a longer one is not sent")
    func longLine() async throws {
        try await connected { client, _ in
            let value = String(repeating: "x", count: ManagerAction.longestLine - "Value: ".count)
            try await client.setGlobalVariable("TANDEM_LONG", to: value)
            let answer = try await client.send(ManagerAction("Getvar", ["Variable": "TANDEM_LONG"]))
            #expect(answer.first?["Value"] == value)
            await #expect(throws: ManagerFailure.unsendable("Value of Setvar is too long")) {
                try await client.setGlobalVariable("TANDEM_LONG", to: value + "x")
            }
        }
    }

    @Test("events that nobody reads are not even sent by Asterisk")
    func filters() async throws {
        let lab = try LabEnvironment()
        let receiver = AskedReceiver()
        try await withClient(
            port: lab.managerPort,
            username: lab.managerUser,
            secret: lab.managerSecret,
            receiver: receiver,
            configure: { $0.neededActions = ["no such action"] }
        ) { client in
            // The set-up asks for each name it filters, in order.
            _ = try await eventually("the filters") {
                receiver.asked.contains(ManagerEventNames.unread.last ?? "") ? true : nil
            }
            _ = try await client.send(ManagerAction("Ping"))
            let before = receiver.asked.count
            var call = ManagerOrigination(channel: "Local/402@lab/n", destination: .application("Wait", data: "0.1"))
            call.channelID = ChannelID("tandem-filter-\(UUID().uuidString)")
            try await client.originate(call)
            _ = try await eventually("both hang-ups") {
                receiver.asked.dropFirst(before).count { $0 == "Hangup" } == 2 ? true : nil
            }
            let arrived = Set(receiver.asked.dropFirst(before))
            #expect(arrived.isDisjoint(with: ManagerEventNames.unread))
            #expect(arrived.isSuperset(of: ["Newchannel", "Newstate", "OriginateResponse", "Hangup"]))
        }
    }

    @Test("after Asterisk's restart it is back within a second of its first open port, with FullyBooted")
    func restart() async throws {
        let lab = try LabEnvironment()
        let servers = LabServers(lab)
        try await connected { client, recorder in
            await recorder.event("FullyBooted")
            let before = recorder.count
            try await servers.stop(.asterisk)
            await recorder.first(from: before) { $0 == .disconnected }
            #expect(!client.isConnected)
            await #expect(throws: ManagerFailure.self) { try await client.send(ManagerAction("Ping")) }
            async let listening = Self.firstListening(on: lab.managerPort)
            async let started: Void = servers.start(.asterisk)
            let gone = recorder.count
            await recorder.first(from: gone) { $0 == .connected }
            let back = ContinuousClock.now
            let delay = try await back - listening
            print("connected \(delay) after the port was open")
            #expect(delay < .seconds(1))
            await recorder.event("FullyBooted", from: gone)
            try await started
            let answer = try await client.send(ManagerAction("CoreStatus"))
            #expect(answer.first?.response == "Success")
        }
    }

    /// The moment from which on somebody accepts connections.
    private static func firstListening(on port: Int) async throws -> ContinuousClock.Instant {
        while true {
            let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
            if let channel {
                let now = ContinuousClock.now
                try await channel.close()
                return now
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// Wants nothing and keeps the names that it was asked for.
private final class AskedReceiver: ManagerEventReceiving {
    private let names = Mutex<[String]>([])
    var asked: [String] { names.withLock { $0 } }

    func wants(_ name: String) -> Bool {
        names.withLock { $0.append(name) }
        return false
    }
    func receive(_ event: ManagerEvent) async {}
    func managerConnected() async {}
    func managerDisconnected() async {}
}
