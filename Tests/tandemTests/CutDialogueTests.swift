import FastAGI
import Foundation
import Postgres
import ServiceLifecycle
import TandemLab
import Testing

@testable import tandem

@Suite(
    "Dialogues that Asterisk cuts",
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab"),
    .timeLimit(.minutes(5))
)
struct CutDialogueTests {
    /// Steps of a long dialogue that are tried: the first and the last ones, and some between.
    private static func steps(_ count: Int) -> [Int] {
        (0..<count).filter { $0 < 8 || $0 >= count - 4 || $0.isMultiple(of: 11) }
    }

    /// The server and what is watched around it.
    private struct Stage {
        let office: DemoOffice
        let queues: DemoQueues
        let outcomes: OutcomeLog
        let port: Int
    }

    @Test(
        "the session ends, nothing is left running, and rows are changed whole or not at all",
        arguments: Cut.allCases
    )
    func cut(_ cut: Cut) async throws {
        try await onStage { stage in
            for scenario in Scenario.all {
                let before = try await prepare(scenario, stage)
                let whole = try await AsteriskPeer(port: stage.port, scenario.call, cut, at: .max)
                let outcome = await stage.outcomes.next()
                #expect(outcome == "success", "\(scenario.testDescription)")
                let after = try await stage.office.fingerprint()
                #expect((before != after) == scenario.isWriter, "\(scenario.testDescription)")
                for step in Self.steps(whole.lines.count) {
                    _ = try await prepare(scenario, stage)
                    let peer = try await AsteriskPeer(port: stage.port, scenario.call, cut, at: step)
                    let outcome = await stage.outcomes.next()
                    let isLast = step == whole.lines.count - 1
                    expect(outcome, peer.lines, cut, scenario, at: step, isLast: isLast)
                    let rows = try await stage.office.fingerprint()
                    #expect([before, after].contains(rows), "\(scenario.testDescription) \(cut) at \(step)")
                    try await expectAgreement(scenario, stage)
                }
                try await expectQuiet(stage, scenario)
            }
        }
    }

    /// The outcome that contract 40 §7 and 41 §7 give.
    private func expect(
        _ outcome: String?,
        _ lines: [String],
        _ cut: Cut,
        _ scenario: Scenario,
        at step: Int,
        isLast: Bool
    ) {
        let place: Testing.Comment = "\(scenario.testDescription) \(cut.rawValue) at \(step): \(lines.suffix(3))"
        switch cut {
        case .hungUp: #expect(outcome == "hangup", place)
        case .closed: #expect(outcome == "peer_closed", place)
        case .garbage: #expect(outcome == "error" && lines.last?.hasPrefix("failure") == true, place)
        case .wrongUsage where isLast: #expect(outcome == "error", place)
        case .wrongUsage where Scenario.bestEffort.contains(scenario.call.script): #expect(outcome == "success", place)
        case .wrongUsage:
            #expect(["success", "break", "error"].contains(outcome ?? "none"), place)
            if outcome != "success" {
                #expect(lines.contains { $0.hasPrefix("EXEC Goto \"agi_fail,s,1\"") }, place)
                #expect(lines.last?.hasPrefix("failure") == true, place)
            }
        }
    }

    /// An agent is in the queues exactly when there is a login.
    private func expectAgreement(_ scenario: Scenario, _ stage: Stage) async throws {
        guard ["agent_login", "agent_logoff"].contains(scenario.call.script) else { return }
        let rows = try await stage.office.database.pool.query(
            .read("SELECT count(*) FROM public.agent_login_status")
        )
        let isLoggedIn = try rows[0].value(0, as: Int.self) == 1
        #expect(stage.queues.current == (isLoggedIn ? ["demo-hotline Local/id-1@agentcallback"] : []))
    }

    private func expectQuiet(_ stage: Stage, _ scenario: Scenario) async throws {
        _ = try await eventually("no statement runs after \(scenario.testDescription)", within: .seconds(3)) {
            () -> Bool? in
            let rows = try await stage.office.database.pool.query(
                .read(
                    """
                    SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND usename = 'tandem' AND state <> 'idle'
                    """
                )
            )
            return try rows[0].value(0, as: Int.self) == 0 ? true : nil
        }
    }

    private func prepare(_ scenario: Scenario, _ stage: Stage) async throws -> String {
        try await stage.office.reset(for: scenario)
        let isMember = scenario.rows == Scenario.loggedIn
        stage.queues.set(isMember ? ["demo-hotline Local/id-1@agentcallback"] : [])
        return try await stage.office.fingerprint()
    }

    private func onStage(_ body: (Stage) async throws -> Void) async throws {
        try await DemoOffice.use { office in
            let queues = DemoQueues()
            try await Rehearsal.with(try office.settings(), manager: queues) { rehearsal in
                var configuration = FastAGIConfiguration()
                configuration.port = 0
                configuration.instantReplyDeadline = .seconds(2)
                let outcomes = OutcomeLog()
                let server = FastAGIServer(
                    configuration: configuration,
                    handlers: rehearsal.handlers,
                    logger: outcomes.logger
                )
                let group = ServiceGroup(services: [server], logger: TestDatabase.silentLogger)
                let running = Task { try await group.run() }
                let result: Result<Void, any Error>
                do {
                    let port = try await server.listeningPort()
                    try await body(Stage(office: office, queues: queues, outcomes: outcomes, port: port))
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
                await group.triggerGracefulShutdown()
                try await running.value
                try result.get()
            }
        }
    }
}
