import Core
import Foundation
import Glibc
import TandemLab
import Testing

/// The server's first moments.
@Suite("Start", .serialized, .timeLimit(.minutes(2)), .disabled(if: LabEnvironment.isLeftOut, "needs the lab"))
struct StartTests {
    private static let uuid: JSONValue = "10000000-0000-4000-8000-000000000001"

    private func log(of tandem: TandemProcess) -> String {
        (try? String(contentsOf: tandem.log, encoding: .utf8)) ?? ""
    }

    @Test("the log's first line says how the server runs and why, with the file; what nobody reads is warned of")
    func firstLines() async throws {
        let tandem = try TandemProcess(LabEnvironment(), overrides: ["retension": ["outbox": 60]])
        try await tandem.start()
        await tandem.terminate()
        let lines = log(of: tandem).split(separator: "\n")
        #expect(lines.first?.contains("mode standalone: key mode says so") == true, "\(lines.first ?? "")")
        #expect(lines.first?.contains("configuration=\(tandem.configuration.path)") == true)
        let warning = "retension is no key of Tandem, it is passed over; did you mean retention?"
        #expect(lines.prefix(5).contains { $0.contains("WARNING") && $0.contains(warning) })
    }

    @Test("SIGHUP right after the first line ends nothing, and the files are read again")
    func earlySignal() async throws {
        let tandem = try TandemProcess(LabEnvironment())
        async let started: Void = tandem.start()
        _ = try await eventually("the first line") { log(of: tandem).contains("mode standalone") ? true : nil }
        await tandem.signal(SIGHUP)
        try await started
        _ = try await eventually("read again") { log(of: tandem).contains("files read again") ? true : nil }
        #expect(await tandem.terminate() == 0)
    }

    @Test("the first start on new tables has no error; without the tables the log says what to load")
    func emptyDatabase() async throws {
        let lab = try LabEnvironment()
        try await TestDatabase.use { database in
            let tandem = try TandemProcess(lab, database: database.name)
            try await tandem.start()
            _ = try await eventually("the hint") { log(of: tandem).contains("sql/standalone/*.sql") ? true : nil }
            #expect(await tandem.terminate() == 0)
        }
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            let tandem = try TandemProcess(lab, database: database.name, overrides: ["uuid": Self.uuid])
            try await tandem.start()
            _ = try await eventually("ready") { log(of: tandem).contains("database ready") ? true : nil }
            #expect(await tandem.terminate() == 0)
            let complaints = log(of: tandem).split(separator: "\n").filter { $0.contains("does not exist") }
            #expect(complaints == [])
        }
    }

    @Test(
        "a port that is taken is named, with the keys to change",
        arguments: [
            ("agid", "listen_port", "agid.listen_address, agid.listen_port"),
            ("rest_api", "port", "rest_api.listen, rest_api.port"),
        ]
    )
    func takenPort(section: String, key: String, keys: String) async throws {
        let lab = try LabEnvironment()
        var members = TandemProcess.settings(for: lab, database: "asterisk")[section]?.object ?? [:]
        members[key] = .integer(Int64(lab.httpPort))
        let tandem = try TandemProcess(lab, overrides: [section: .object(members)])
        try? await tandem.start()
        _ = try await eventually("ended") { await tandem.isRunning ? nil : true }
        #expect(log(of: tandem).contains("cannot listen on 127.0.0.1:\(lab.httpPort) (\(keys))"), "\(tandem.logTail())")
        await tandem.terminate()
    }

    @Test("after a rotation SIGHUP opens the log's file anew")
    func rotation() async throws {
        let lab = try LabEnvironment()
        let file = try lab.makeFolder("log").appending(path: "tandem.log")
        let tandem = try TandemProcess(lab, overrides: ["log_filename": .string(file.path)])
        try await tandem.start()
        let old = file.appendingPathExtension("1")
        try FileManager.default.moveItem(at: file, to: old)
        await tandem.signal(SIGHUP)
        _ = try await eventually("lines in the new file") {
            (try? String(contentsOf: file, encoding: .utf8))?.contains("files read again") == true ? true : nil
        }
        #expect(try !String(contentsOf: old, encoding: .utf8).contains("files read again"))
        #expect(await tandem.terminate() == 0)
    }

    @Test("without a broker a site says so: ready, nothing waits, and events are heard over HTTP")
    func noBroker() async throws {
        let lab = try LabEnvironment()
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            let tandem = try TandemProcess(
                lab,
                database: database.name,
                overrides: ["bus": ["enabled": false, "port": 1], "uuid": Self.uuid]
            )
            try await tandem.start()
            let token = try await tandem.createToken(tenant: Demo.tenant)
            let rest = tandem.rest.with(token: token)
            _ = try await eventually("ready", within: .seconds(30)) {
                let status = try await rest.get("/status").body
                return ["ari", "bus_publisher", "database", "manager"].allSatisfy { status?[$0]?["status"] == "ok" }
                    ? true : nil
            }
            #expect(!log(of: tandem).contains("bus is away"))
            await tandem.terminate()
        }
    }
}
