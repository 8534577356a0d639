import Logging
import NIOCore
import TandemLab
import TandemTesting
import Telephony
import Testing

@testable import AMI

@Suite("A manager interface that fails", .timeLimit(.minutes(1)))
struct AMIFaultTests {
    private let quick = { (configuration: inout AMIConfiguration) in
        configuration.actionLimit = .milliseconds(300)
        configuration.connectLimit = .milliseconds(300)
        configuration.loginRefusedDelay = .milliseconds(300)
    }

    private func connected(_ recorder: ManagerEventRecorder) async { await recorder.first { $0 == .connected } }

    @Test("nobody listens: actions fail at once, and it connects when somebody does")
    func refused() async throws {
        let gone = try await ScriptedManager.start()
        try await gone.stop()
        let recorder = ManagerEventRecorder()
        try await withClient(port: gone.port, receiver: recorder, configure: quick) { client in
            #expect(!client.isConnected)
            await #expect(throws: ManagerFailure.unreachable("not connected to Asterisk's manager interface")) {
                try await client.send(ManagerAction("Ping"))
            }
            let back = try await ScriptedManager.start(port: gone.port)
            await connected(recorder)
            #expect(client.isConnected)
            let answer = try await client.send(ManagerAction("Ping"))
            #expect(answer == [["Response": "Success", "Message": "fine"]])
            try await back.stop()
        }
    }

    @Test("an action without an answer times out; its late answer harms nobody, the next action is answered")
    func hangs() async throws {
        let manager = try await ScriptedManager.start { _, action in
            action["Action"] == "Setvar" ? .nothing : nil
        }
        let recorder = ManagerEventRecorder()
        try await withClient(port: manager.port, receiver: recorder, configure: quick) { client in
            await connected(recorder)
            await #expect(throws: ManagerFailure.timedOut) {
                try await client.setGlobalVariable("A", to: "b")
            }
            try await manager.say(response(try #require(manager.actions.last)))
            let answer = try await client.send(ManagerAction("Ping"))
            #expect(answer.count == 1)
            #expect(manager.connections == 1)
        }
        try await manager.stop()
    }

    @Test("an Asterisk that is frozen is given up after three signs of life that did not come, and connected again")
    func frozen() async throws {
        let manager = try await ScriptedManager.start { connection, action in
            connection == 0 && action["Action"] == "Ping" ? .nothing : nil
        }
        let recorder = ManagerEventRecorder()
        let lines = LogCapture()
        try await withClient(
            port: manager.port,
            receiver: recorder,
            logger: lines.logger,
            configure: { $0.pingInterval = .milliseconds(30) }
        ) { client in
            await recorder.first(from: 1) { $0 == .disconnected }
            #expect(manager.actions.count { $0["Action"] == "Ping" } >= SignsOfLife.most - 1)
            await recorder.first(from: 2) { $0 == .connected }
            #expect(client.isConnected)
            #expect(lines.lines.contains { $0.level >= .warning && $0.text.contains("does not answer") })
        }
        try await manager.stop()
    }

    @Test("an Asterisk that answers its signs of life stays connected, however long it has nothing to say")
    func quiet() async throws {
        let manager = try await ScriptedManager.start()
        let recorder = ManagerEventRecorder()
        try await withClient(
            port: manager.port,
            receiver: recorder,
            configure: { $0.pingInterval = .milliseconds(30) }
        ) { _ in
            _ = try await eventually("asked often") {
                manager.actions.count { $0["Action"] == "Ping" } > 3 * SignsOfLife.most ? true : nil
            }
            #expect(recorder.entries == [.connected])
        }
        try await manager.stop()
    }

    @Test("a connection that breaks within an answer fails its actions at once, and is made again")
    func closesInTheMiddle() async throws {
        let manager = try await ScriptedManager.start { connection, action in
            guard connection == 0, action["Action"] == "Parkinglots" else { return nil }
            return .leave(response(action, "Response: Success\r\nEventList: start") + "Event: Parkinglot\r\nNam")
        }
        let recorder = ManagerEventRecorder()
        try await withClient(port: manager.port, receiver: recorder) { client in
            await connected(recorder)
            await #expect(throws: ManagerFailure.unreachable("Asterisk closed the manager connection")) {
                try await client.parkingLots()
            }
            await recorder.first(from: 2) { $0 == .connected }
            #expect(recorder.entries == [.connected, .disconnected, .connected])
            let lots = try await client.parkingLots()
            #expect(lots == [])
        }
        try await manager.stop()
    }

    @Test(
        "bytes that are no manager interface end the connection, and it is made again",
        arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "", "\u{1}\u{2}\u{3}\n", "HTTP/1.1 400 Bad Request\r\n\r\n"]
    )
    func otherServer(greeting: String) async throws {
        let manager = try await ScriptedManager.start(greeting: greeting)
        try await withClient(port: manager.port, receiver: ManagerEventRecorder(), configure: quick) { client in
            _ = try await eventually("a second try") { manager.connections >= 2 ? true : nil }
            #expect(!client.isConnected)
            #expect(manager.logins == 0)
        }
        try await manager.stop()
    }

    @Test("a line without an end is not collected for ever")
    func endlessLine() async throws {
        let manager = try await ScriptedManager.start { connection, action in
            guard connection == 0, action["Action"] == "Ping" else { return nil }
            return .say("Response: " + String(repeating: "x", count: AMIParser.lineLimit + 1))
        }
        let recorder = ManagerEventRecorder()
        try await withClient(port: manager.port, receiver: recorder) { client in
            await connected(recorder)
            await #expect(throws: ManagerFailure.unreachable("unreadable: lineTooLong")) {
                try await client.send(ManagerAction("Ping"))
            }
            await recorder.first(from: 2) { $0 == .connected }
        }
        try await manager.stop()
    }

    @Test("a wrong secret is said once and clearly, without the secret, and tried again slowly")
    func wrongSecret() async throws {
        let manager = try await ScriptedManager.start { _, action in
            guard action["Action"] == "Login" else { return nil }
            return .leave(response(action, "Response: Error\r\nMessage: Authentication failed"))
        }
        let lines = LogCapture()
        try await withClient(
            port: manager.port,
            secret: "s3cr3t",
            receiver: ManagerEventRecorder(),
            logger: lines.logger,
            configure: quick
        ) { client in
            let start = ContinuousClock.now
            _ = try await eventually("three tries") { manager.logins >= 3 ? true : nil }
            #expect(ContinuousClock.now - start >= .milliseconds(500))
            #expect(!client.isConnected)
        }
        let errors = lines.lines.filter { $0.level == .error }
        #expect(errors.count == 1)
        #expect(errors.first?.text.contains("login refused: Authentication failed") == true)
        #expect(!lines.lines.contains { $0.text.contains("s3cr3t") })
        try await manager.stop()
    }

    @Test("a peer that no longer answers is noticed, and left")
    func deadPeer() async throws {
        let manager = try await ScriptedManager.start { connection, action in
            connection == 0 && action["Action"] == "Ping" ? .nothing : nil
        }
        let recorder = ManagerEventRecorder()
        try await withClient(
            port: manager.port,
            receiver: recorder,
            configure: { configuration in
                configuration.pingInterval = .milliseconds(200)
                configuration.actionLimit = .milliseconds(200)
            }
        ) { client in
            await recorder.first(from: 2) { $0 == .connected }
            // The second connection answers its pings, so it stays.
            _ = try await eventually("pings") { manager.actions.count >= 4 ? true : nil }
            #expect(manager.connections == 2)
            #expect(client.isConnected)
        }
        try await manager.stop()
    }

    @Test("answers out of order, of unknown actions and with events between find their actions")
    func interleaved() async throws {
        let manager = try await ScriptedManager.start { _, action in
            guard action["Action"] == "ParkedCalls" else { return nil }
            let id = action["ActionID"] ?? ""
            return .say(
                "Response: Error\r\nActionID: unknown\r\nMessage: no\r\n\r\n"
                    + response(action, "Response: Success\r\nEventList: start")
                    + "Event: ParkedCall\r\nParkingSpace: broadcast\r\n\r\n"
                    + "Event: ParkedCall\r\nActionID: \(id)\r\nParkingSpace: 701\r\n\r\n"
                    + "Event: Hangup\r\nActionID: foreign\r\n\r\n"
                    + "Response: Success\r\nMessage: nobody's\r\n\r\n"
                    + "Event: ParkedCallsComplete\r\nActionID: \(id)\r\nEventList: Complete\r\n\r\n"
            )
        }
        let recorder = ManagerEventRecorder()
        try await withClient(port: manager.port, receiver: recorder) { client in
            await connected(recorder)
            let calls = try await client.parkedCalls(in: "lot")
            #expect(calls == [["Event": "ParkedCall", "ParkingSpace": "701"]])
            await recorder.event("Hangup")
            #expect(recorder.events.map(\.name) == ["ParkedCall", "Hangup"])
            #expect(recorder.events.first?["ParkingSpace"] == "broadcast")
        }
        try await manager.stop()
    }

    @Test("a value with a line end never reaches the wire")
    func injection() async throws {
        let manager = try await ScriptedManager.start()
        let recorder = ManagerEventRecorder()
        try await withClient(port: manager.port, receiver: recorder) { client in
            await connected(recorder)
            await #expect(throws: ManagerFailure.self) {
                try await client.setGlobalVariable("A", to: "b\r\n\r\nAction: Originate")
            }
            await #expect(throws: ManagerFailure.self) { try await client.command("core show\nhelp") }
            await #expect(throws: ManagerFailure.unsendable("Setvar names no channel")) {
                try await client.setVariable("A", to: "b", onChannel: "")
            }
            #expect(manager.actions.isEmpty)
        }
        try await manager.stop()
    }

    @Test("a caller that gives up is let go at once, and the connection stays")
    func cancelled() async throws {
        let manager = try await ScriptedManager.start { _, action in
            action["Action"] == "Setvar" ? .nothing : nil
        }
        let recorder = ManagerEventRecorder()
        try await withClient(port: manager.port, receiver: recorder) { client in
            await connected(recorder)
            let task = Task { try await client.setGlobalVariable("A", to: "b") }
            _ = try await eventually("the action") { manager.actions.isEmpty ? nil : true }
            let start = ContinuousClock.now
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(ContinuousClock.now - start < .seconds(2))
            _ = try await client.send(ManagerAction("Ping"))
            #expect(manager.connections == 1)
        }
        try await manager.stop()
    }

    @Test("at its end it says goodbye, and what is under way fails")
    func goodbye() async throws {
        let manager = try await ScriptedManager.start { _, action in
            action["Action"] == "Setvar" ? .nothing : nil
        }
        let recorder = ManagerEventRecorder()
        let client = AMIClient(
            configuration: AMIConfiguration(port: manager.port, username: "u", secret: "s"),
            receiver: recorder,
            logger: LogCapture().logger
        )
        let running = Task { try await client.run() }
        await connected(recorder)
        let task = Task { try await client.setGlobalVariable("A", to: "b") }
        _ = try await eventually("the action") { manager.actions.isEmpty ? nil : true }
        running.cancel()
        await #expect(throws: ManagerFailure.unreachable("stopped")) { try await task.value }
        try await running.value
        #expect(manager.actions.last?["Action"] == "Logoff")
        #expect(!client.isConnected)
        try await manager.stop()
    }
}
