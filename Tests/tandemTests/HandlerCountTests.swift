import FastAGI
import Foundation
import TandemLab
import TandemTesting
import Testing

@testable import tandem

@Suite(
    "What handlers cost",
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab"),
    .timeLimit(.minutes(2))
)
struct HandlerCountTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/agi.md").standardized
    private static let start = "<!-- counts: written by HandlerCountTests -->\n"
    private static let end = "<!-- end of counts -->"

    /// What one scenario cost in one way of running.
    struct Cost: Equatable {
        var commands: Int
        var statements: Int
        var requests: Int

        init(_ report: Rehearsal.Report) {
            commands = report.steps.count
            statements = report.statements.count
            requests = report.requests.count
        }
    }

    @Test("docs/agi.md says what the normal path of each handler costs (TANDEM_WRITE_COUNTS=1 writes it)")
    func table() async throws {
        let (alone, platform) = try await DemoOffice.use { office in
            let alone = try await costs(office, try office.settings())
            let services = try DemoPlatform()
            let platform = try await FakeService.running({ services.answer($0) }) { service in
                try await costs(office, try office.settings(services: service.port))
            }
            return (alone, platform)
        }
        var lines = [
            "| handler | arguments | AGI commands | SQL statements | HTTP requests |", "|---|---|---|---|---|",
        ]
        for (scenario, (alone, platform)) in zip(Scenario.all, zip(alone, platform)) {
            let figures = [
                Self.both(alone.commands, platform.commands), Self.both(alone.statements, platform.statements),
                Self.both(alone.requests, platform.requests),
            ]
            let cells = ["`\(scenario.call.script)`", scenario.shownArguments] + figures
            lines.append("| " + cells.joined(separator: " | ") + " |")
            #expect(alone.requests == 0, "\(scenario.testDescription) asks a service where there is none")
        }
        let table = lines.joined(separator: "\n") + "\n"
        let text = try String(contentsOf: Self.file, encoding: .utf8)
        let from = try #require(text.range(of: Self.start))
        let to = try #require(text.range(of: Self.end))
        if ProcessInfo.processInfo.environment["TANDEM_WRITE_COUNTS"] == "1" {
            let new = text.replacingCharacters(in: from.upperBound..<to.lowerBound, with: table)
            try new.write(to: Self.file, atomically: true, encoding: .utf8)
        } else {
            #expect(String(text[from.upperBound..<to.lowerBound]) == table)
        }
    }

    @Test("every handler has a normal path, and docs/agi.md a place for it")
    func complete() async throws {
        let names = try await DemoOffice.use { office in
            try await Rehearsal.with(try office.settings()) { rehearsal -> [String] in rehearsal.handlers.map(\.name) }
        }
        // It runs programs of its own and takes its time: see its own tests.
        let counted = Set(names).subtracting(["handle_fax"])
        #expect(counted.subtracting(Scenario.all.map(\.call.script)) == [])
        let text = try String(contentsOf: Self.file, encoding: .utf8)
        let explained = Set(text.matches(of: /### ([a-z_]+)\n/).map { String($0.1) })
        #expect(counted.subtracting(explained) == [])
    }

    private func costs(_ office: DemoOffice, _ settings: Settings) async throws -> [Cost] {
        try await Rehearsal.with(settings, manager: DemoQueues()) { rehearsal in
            await rehearsal.prepare()
            var costs: [Cost] = []
            for scenario in Scenario.all {
                try await office.reset(for: scenario)
                // A scenario for a handler that is not there would be a row about nothing.
                guard let report = await rehearsal.run(scenario.call) else {
                    Issue.record("no handler \(scenario.call.script)")
                    continue
                }
                #expect(report.outcome == .success, "\(scenario.testDescription)")
                costs.append(Cost(report))
            }
            return costs
        }
    }

    /// One figure, or that of a standalone site and that of a platform.
    private static func both(_ alone: Int, _ platform: Int) -> String {
        alone == platform ? "\(alone)" : "\(alone) / \(platform)"
    }
}
