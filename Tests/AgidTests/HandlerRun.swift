import Core
import Directory
import FastAGI
import Foundation
import Logging

@testable import Agid

/// A directory of one of everything, or one that is away.
struct FixedDirectory: IncallDirectory, ScheduleDirectory, SwitchboardFeaturesDirectory {
    var incall: IncallRecord?
    var schedule: ScheduleRecord?
    var switchboard: SwitchboardFeatures?
    var isAway = false

    private func answer<Value>(_ value: Value) throws -> Value {
        if isAway { throw DatabaseFailure.unreachable("no\nconnection") }
        return value
    }

    func incall(_ id: Int) async throws -> IncallRecord? {
        let found = try answer(incall)
        return found?.id == id ? found : nil
    }

    func schedule(path: String, id: Int) async throws -> ScheduleRecord? {
        let found = try answer(schedule)
        return path == "incall" && id == 7 ? found : nil
    }

    func switchboardFeatures(_ id: String) async throws -> SwitchboardFeatures? {
        let found = try answer(switchboard)
        return id == "sb-1" ? found : nil
    }
}

/// A clock that stands still.
struct FixedClock: WallClock {
    let now: Date

    init(_ now: Date = Date(timeIntervalSince1970: 1_700_000_000)) { self.now = now }

    func sleep(until date: Date) async throws {}
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// Runs the handler of this script name against a channel in memory.
/// - Returns: The commands that were sent.
func run(
    _ script: String,
    _ directory: FixedDirectory = FixedDirectory(),
    clock: FixedClock = FixedClock(),
    rules: String? = nil,
    environment: [String: String] = [:],
    on transcript: AGITranscript = AGITranscript()
) async throws -> [String] {
    let agid = Agid(
        incalls: directory,
        schedules: directory,
        switchboards: directory,
        clock: clock,
        inCallerIDRules: InCallerIDRuleFile(
            path: try rules.map(temporaryFile) ?? "/nonexistent",
            logger: .silent
        )
    )
    guard let handler = agid.handlers.first(where: { $0.name == script }) else {
        throw HandlerFault("no handler \(script)")
    }
    let session = AGISession(
        environment: AGIEnvironment(environment),
        transport: transcript,
        logger: .silent
    )
    try await handler.run(session)
    return transcript.commands
}

/// A file with this content in the system's folder for temporary files.
func temporaryFile(_ content: String) throws -> String {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try content.write(to: file, atomically: true, encoding: .utf8)
    return file.path
}

/// The commands that read and set, for transcripts that are read at a glance.
func get(_ name: String) -> String { "GET VARIABLE \"\(name)\"" }
func set(_ name: String, _ value: String) -> String { "SET VARIABLE \"\(name)\" \"\(value)\"" }
