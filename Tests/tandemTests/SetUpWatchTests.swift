import Core
import Logging
import TandemTesting
import Telephony
import Testing

@testable import tandem

@Suite("The look at Asterisk's set-up", .timeLimit(.minutes(1)))
struct SetUpWatchTests {
    /// Runs a watch; the manager knows nothing of our globals, and has no music.
    private func watching(
        _ manager: FakeManager,
        entrance: StasisEntrance = StasisEntrance(),
        _ body: (SetUpWatch, LogCapture) async throws -> Void
    ) async throws {
        var tree = ConfigurationTree()
        tree.add(["mode": "standalone"], from: "test")
        let log = LogCapture()
        let settings = try Settings(tree)
        let watch = SetUpWatch(manager: manager, settings: settings, entrance: entrance, logger: log.logger)
        let service = Task { try await watch.run() }
        try await body(watch, log)
        service.cancel()
        try await service.value
    }

    private let problem =
        "Asterisk's set-up: global WAZO_AGID_IP is missing: the dialplan cannot ask Tandem; "
        + "is dialplan/globals.conf included?"

    @Test("after each connection of the manager interface, and not before, the log names what is missing")
    func named() async throws {
        let manager = FakeManager()
        try await watching(manager) { watch, log in
            #expect(manager.lines.isEmpty && log.lines.isEmpty)
            await watch.managerConnected()
            let line = await log.line(problem)
            #expect(line.level == .error)
            let asked = manager.lines.count { $0.contains("dialplan show globals") }
            #expect(asked == 1)
            await watch.managerConnected()
            try await eventually { log.lines.count { $0.message == problem } == 2 }
        }
    }

    @Test("each connection finds out whether the dialplan has the entrance to our Stasis applications")
    func entrance() async throws {
        let manager = FakeManager()
        let entrance = StasisEntrance()
        try await watching(manager, entrance: entrance) { watch, _ in
            await watch.managerConnected()
            try await eventually { entrance.applications == ["callcontrol"] }
            manager.setExtensions([])
            await watch.managerConnected()
            try await eventually { entrance.applications.isEmpty }
        }
    }

    @Test("an Asterisk that tells nothing is asked again at the next connection")
    func again() async throws {
        let manager = FakeManager()
        manager.fail("Command", with: .timedOut)
        try await watching(manager) { watch, log in
            await watch.managerConnected()
            _ = await log.line("Asterisk's set-up was not looked at")
            #expect(!log.lines.contains { $0.level >= .error })
            manager.fail("Command", with: nil)
            await watch.managerConnected()
            _ = await log.line(problem)
        }
    }
}
