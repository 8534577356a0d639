import Foundation
import TandemLab
import Testing

@testable import tandem

@Suite("Names and values on the command line")
struct RehearsalArgumentTests {
    @Test("an equals sign in the parentheses of a function is part of its name")
    func pairs() throws {
        func pair(_ text: String) -> [String]? { AGIRehearsalCommand.pair(text).map { [$0.name, $0.value] } }
        #expect(pair("WAZO_DSTID=7") == ["WAZO_DSTID", "7"])
        #expect(pair("NAME=two words = three") == ["NAME", "two words = three"])
        #expect(pair("EMPTY=") == ["EMPTY", ""])
        #expect(pair("F(a=b,c)=d=e") == ["F(a=b,c)", "d=e"])
        #expect(pair("none") == nil)
        #expect(pair("=value") == nil)
    }

    @Test("a channel in memory keeps what is set, without the marks of inheritance")
    func channel() {
        let channel = RehearsedChannel(variables: ["A": "1", "B@Local/x;2": "there"], digits: ["42"])
        func ask(_ line: String) -> String { channel.answer(line).wire }
        #expect(ask("GET VARIABLE \"A\"") == "200 result=1 (1)")
        #expect(ask("GET VARIABLE \"C\"") == "200 result=0")
        #expect(ask("SET VARIABLE \"__C\" \"a \\\"b\\\" \\\\c\"") == "200 result=1")
        #expect(ask("GET VARIABLE \"C\"") == "200 result=1 (a \"b\" \\c)")
        #expect(ask("SET CALLERID \"\\\"Ann\\\" <101>\"") == "200 result=1")
        #expect(ask("GET VARIABLE \"CALLERID(num)\"") == "200 result=1 (101)")
        #expect(ask("GET VARIABLE \"CALLERID(name)\"") == "200 result=1 (Ann)")
        #expect(ask("GET FULL VARIABLE \"${B}\" \"Local/x;2\"") == "200 result=1 (there)")
        #expect(ask("GET DATA conf-getpin 10000 80") == "200 result=42")
        #expect(ask("GET DATA conf-getpin 10000 80") == "200 result=")
        #expect(ask("EXEC Goto \"a,s,1\"") == "200 result=0")
        #expect(channel.steps.count == 11)
    }
}

@Suite("tandem agi", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(2)))
struct RehearsalTests {
    /// A run of the program.
    private struct Run {
        var status: Int32
        var output: String
        var errors: String
    }

    private func tandem(_ office: DemoOffice, _ arguments: [String]) async throws -> Run {
        let folder = FileManager.default.temporaryDirectory.appending(path: "agi-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let uri = "postgresql://tandem@127.0.0.1:\(office.database.port)/\(office.database.name)"
        let file = folder.appending(path: "config.yml")
        try "mode: standalone\ndb_uri: \(uri)\n".write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = try LabEnvironment().program("tandem")
        process.arguments = ["agi", "-c", file.path] + arguments
        let (output, errors) = (folder.appending(path: "output"), folder.appending(path: "errors"))
        for file in [output, errors] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return Run(
            status: status,
            output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8)
        )
    }

    @Test("prints the conversation, its cost and the outcome")
    func conversation() async throws {
        try await DemoOffice.use { office in
            let run = try await tandem(
                office,
                [
                    "switchboard_set_features", "30000000-0000-4000-8000-000000000002",
                    "--var", "WAZO_TENANT_UUID=\(Scenario.tenant)", "--var", "NOTE=with blanks",
                ]
            )
            #expect(run.status == 0)
            let lines = run.output.split(separator: "\n").map(String.init)
            #expect(lines.first == "> GET VARIABLE \"WAZO_TENANT_UUID\"")
            #expect(lines.contains("< 200 result=1 (\(Scenario.tenant))"))
            #expect(lines.contains("> SET VARIABLE \"WAZO_SWITCHBOARD_TIMEOUT\" \"4\""))
            #expect(lines.last == "SUCCESS")
            #expect(lines.dropLast().last?.hasPrefix("8 commands, 1 SQL statements, 0 HTTP requests, ") == true)
        }
    }

    @Test("a dialplan break is told with its cause, exit status 1")
    func dialplanBreak() async throws {
        try await DemoOffice.use { office in
            let run = try await tandem(office, ["incoming_queue_set_features", "--var", "WAZO_DSTID=99"])
            #expect(run.status == 1)
            #expect(run.output.hasSuffix("DIALPLAN BREAK: Unknown queue '99'\n"))
        }
    }

    @Test("what the caller dials and what Asterisk tells can be given; passwords are not shown")
    func details() async throws {
        try await DemoOffice.use { office in
            let room = try await tandem(
                office,
                ["incoming_conference_set_features", "--var", "WAZO_DSTID=1", "--digits", "1", "--digits", "1234"]
            )
            #expect(room.status == 0)
            #expect(room.output.contains("< 200 result=1234\n"))
            let type = try await tandem(office, ["callerid_extend", "--env", "agi_callington=17"])
            #expect(type.output.contains("> SET VARIABLE \"WAZO_SRCTON\" \"17\""))
            let box = try await tandem(office, ["user_get_vmbox", "--var", "WAZO_USERID=16"])
            #expect(box.output.contains("> SET VARIABLE \"WAZO_VM_PASSWORD\" \"…\""))
        }
    }

    @Test("a wrong command line is told, exit status 64, and an unknown handler with the list of all")
    func wrong() async throws {
        try await DemoOffice.use { office in
            let unknown = try await tandem(office, ["no_such_handler"])
            #expect(unknown.status == 64)
            #expect(unknown.errors.contains("no_such_handler"))
            for name in ["incoming_user_set_features", "wake_mobile"] {
                #expect(unknown.errors.contains("  \(name)\n"))
            }
            #expect(unknown.output == "")
            #expect(try await tandem(office, ["callerid_extend", "--var", "NOTHING"]).status == 64)
            #expect(try await tandem(office, ["callerid_extend", "--env", "callerid=1"]).status == 64)
            #expect(try await tandem(office, []).status == 64)
        }
    }

    @Test("without a database best-effort handlers let the call go on, and those that it needs break it")
    func noDatabase() async throws {
        try await DemoOffice.use { office in
            let settings = try office.settings(user: "nobody_of_this_name")
            try await Rehearsal.with(settings, manager: DemoQueues()) { rehearsal in
                for scenario in Scenario.all {
                    let report = try #require(await rehearsal.run(scenario.call))
                    let name = scenario.call.script
                    if Scenario.bestEffort.contains(name) {
                        #expect(report.outcome == .success, "\(name)")
                    } else if Self.needed.contains(name) {
                        #expect(report.outcome != .success, "\(name)")
                    }
                    #expect(report.duration < .seconds(5), "\(name)")
                }
            }
        }
    }

    /// Handlers that a call cannot do without (contract 41 §7 row 1).
    private static let needed: Set = [
        "incoming_user_set_features", "incoming_did_set_features", "incoming_group_set_features",
        "incoming_queue_set_features", "incoming_agent_set_features", "incoming_conference_set_features",
        "outgoing_user_set_features", "meeting_user", "switchboard_set_features",
    ]
}
