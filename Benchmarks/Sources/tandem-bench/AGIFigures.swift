import Foundation

/// Calls to the dialplan's handlers: the cheapest one beside NIO in the same dialogue, and
/// `incoming_user_set_features` with 50,000 users beside a minimal C server with the same commands. Servers, caller
/// and PostgreSQL share the machine; every call is a new connection.
enum AGIFigures {
    private static let milliseconds =
        ProcessInfo.processInfo.environment["BENCH_SECONDS"].flatMap { Int($0) }.map { $0 * 1_000 } ?? 3_000
    private static let held = 1_000

    /// What is called.
    private enum Server { case tandem, nio, reference }

    /// One column of the table: whom, with how many calls at once, and which script.
    private struct Measurement: Hashable {
        var server: Server
        var width: Int
        var users: Int
        var held = 0
    }

    private typealias Runs = [Measurement: [AGICalls.Figures]]

    static func measure(_ lab: Lab) async throws -> [Figure] {
        try await AGIDatabase.use(lab) { database in
            let folder = FileManager.default.temporaryDirectory.appending(path: "tandem-bench-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let servers = try await Servers(database, dialogues: folder)
            defer { servers.stop() }
            // What a session costs is seen in a server that has not yet had many.
            let idle = try await idleSessions(servers)
            let runs = try await interleaved(servers)
            return cheapest(runs) + userFeatures(runs, commands: servers.commands) + [idle]
                + memory(servers, runs)
        }
    }

    private static func interleaved(_ servers: Servers) async throws -> Runs {
        var runs: Runs = [:]
        let users = AGIDatabase.users
        let all =
            [32, 256].flatMap { width in
                [Server.reference, .nio, .tandem].map { Measurement(server: $0, width: width, users: 0) }
            }
            + [1, 32, 512].flatMap { width in
                [Server.reference, .nio, .tandem].map { Measurement(server: $0, width: width, users: users) }
            } + [Measurement(server: .tandem, width: 32, users: users, held: held)]
        for round in 1...Meter.rounds {
            Bench.say("  round \(round) of \(Meter.rounds)")
            for one in all { runs[one, default: []].append(try await servers.call(one, milliseconds)) }
        }
        return runs
    }

    // MARK: The lines of the table

    private static func cheapest(_ runs: Runs) -> [Figure] {
        [32, 256].map { width in
            let rates = [Server.tandem, .nio, .reference].map {
                middle(runs, Measurement(server: $0, width: width, users: 0), \.perSecond)
            }
            return Figure(
                "2 commands, \(width) at once, beside NIO",
                rates[0],
                .perSecond,
                bare: rates[1],
                goal: .shareOfBare(0.7),
                note: "C \(Int(rates[2]))"
            )
        }
    }

    private static func userFeatures(_ runs: Runs, commands: Int) -> [Figure] {
        let users = AGIDatabase.users
        func value(_ server: Server, _ width: Int, held: Int = 0, _ path: KeyPath<AGICalls.Figures, Double>) -> Double {
            middle(runs, Measurement(server: server, width: width, users: users, held: held), path)
        }
        let name = "user's features, \(commands) commands"
        let rate = value(.tandem, 32, \.perSecond)
        var figures = [
            Figure(
                "\(name), 1 at once",
                value(.tandem, 1, \.perSecond),
                .perSecond,
                bare: value(.reference, 1, \.perSecond)
            ),
            Figure(
                "  median",
                value(.tandem, 1, \.median),
                .milliseconds,
                bare: value(.reference, 1, \.median),
                goal: .atMost(7)
            ),
        ]
        for width in [32, 512] {
            let bare = value(.reference, width, \.perSecond)
            let ours = value(.tandem, width, \.perSecond)
            let note = "NIO \(Int(value(.nio, width, \.perSecond)))"
            figures.append(
                Figure(
                    "\(name), \(width) at once",
                    ours,
                    .perSecond,
                    bare: bare,
                    goal: width == 32 ? .shareOfBare(0.3) : .atLeast(0.8 * rate),
                    note: note
                )
            )
            if width == 32 { figures.append(Figure("  the same", ours, .perSecond, goal: .atLeast(600))) }
            figures.append(
                Figure(
                    "  99 of 100 within",
                    value(.tandem, width, \.high),
                    .milliseconds,
                    bare: value(.reference, width, \.high),
                    goal: width == 32 ? .atMost(100) : nil
                )
            )
        }
        figures.append(
            Figure(
                "  32 at once, while \(held) others wait for Asterisk",
                value(.tandem, 32, held: held, \.perSecond),
                .perSecond,
                goal: .atLeast(0.8 * rate)
            )
        )
        return figures
    }

    private static func idleSessions(_ servers: Servers) async throws -> Figure {
        _ = try await servers.call(Measurement(server: .tandem, width: 64, users: AGIDatabase.users), 1_000)
        let before = servers.residentKibibytes
        let after = try await servers.residentKibibytes(holding: held)
        return Figure(
            "memory of one session that waits for Asterisk",
            Double(after - before) / Double(held),
            .kibibytes,
            goal: .atMost(30)
        )
    }

    private static func memory(_ servers: Servers, _ runs: Runs) -> [Figure] {
        let all = runs.filter { $0.key.server == .tandem }.values.joined()
        let lost = runs.reduce(0) { sum, run in
            sum + run.key.held * run.value.count - run.value.reduce(0) { $0 + $1.heldEnded }
        }
        return [
            Figure(
                "most resident memory, 512 at once and \(held) waiting among them",
                Double(servers.mostResidentKibibytes) / 1_024,
                .mebibytes,
                goal: .atMost(100)
            ),
            Figure(
                "calls that failed, of \(all.reduce(0) { $0 + $1.calls })",
                Double(all.reduce(lost) { $0 + $1.failed }),
                .count,
                goal: .atMost(0)
            ),
        ]
    }

    private static func middle(
        _ runs: Runs,
        _ measurement: Measurement,
        _ path: KeyPath<AGICalls.Figures, Double>
    ) -> Double {
        Meter.middle(runs[measurement, default: []].map { $0[keyPath: path] })
    }

    // MARK: The servers, each a process of its own

    private struct Servers {
        private let children: [Server: Child]
        private let ports: [Server: Int]
        /// Commands of `incoming_user_set_features`, the closing words included.
        let commands: Int

        /// Starts Tandem, records both dialogues, and starts those that repeat them.
        init(_ database: AGIDatabase, dialogues folder: URL) async throws {
            let tandem = try Child.start(.agiTandem, [database.uri])
            let port = try await Self.port(of: tandem)
            let files = ["cheap", "user"].map { folder.appending(path: $0).path }
            for (file, users) in zip(files, [0, AGIDatabase.users]) {
                let text = await (try Self.caller(port, width: 1, milliseconds: 0, users: users, record: file))
                    .allOutput()
                guard try AGICalls.read(text).failed == 0 else { throw BenchFailure("the call to be recorded failed") }
            }
            commands = try String(contentsOfFile: files[1], encoding: .utf8).split(separator: "\n").count
            let nio = try Child.start(.agiNIO, files)
            let reference = try Child.start(.agiReference, files)
            children = [.tandem: tandem, .nio: nio, .reference: reference]
            ports = [.tandem: port, .nio: try await Self.port(of: nio), .reference: try await Self.port(of: reference)]
        }

        func stop() { for child in children.values { child.stop() } }

        func call(_ measurement: Measurement, _ milliseconds: Int) async throws -> AGICalls.Figures {
            let child = try Self.caller(
                ports[measurement.server] ?? 0,
                width: measurement.width,
                milliseconds: max(milliseconds, 10 * measurement.width),
                held: measurement.held,
                users: measurement.users
            )
            if measurement.held > 0 {
                guard await child.line() == "held\n" else { throw BenchFailure("calls could not be held") }
                child.goOn()
            }
            return try AGICalls.read(await child.allOutput())
        }

        /// Memory of Tandem while so many calls are held and nothing else happens.
        func residentKibibytes(holding held: Int) async throws -> Int {
            let users = AGIDatabase.users
            let child = try Self.caller(ports[.tandem] ?? 0, width: 0, milliseconds: 1, held: held, users: users)
            guard await child.line() == "held\n" else { throw BenchFailure("calls could not be held") }
            let kibibytes = residentKibibytes
            child.goOn()
            guard try AGICalls.read(await child.allOutput()).heldEnded == held else {
                throw BenchFailure("held calls were lost")
            }
            return kibibytes
        }

        var residentKibibytes: Int { status("VmRSS") }
        var mostResidentKibibytes: Int { status("VmHWM") }

        private func status(_ name: String) -> Int {
            let process = children[.tandem]?.processIdentifier ?? 0
            let text = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
            let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
        }

        private static func port(of child: Child) async throws -> Int {
            let text = await child.line()
            guard let port = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw BenchFailure("no port: \(text)")
            }
            return port
        }

        private static func caller(
            _ port: Int,
            width: Int,
            milliseconds: Int,
            held: Int = 0,
            users: Int,
            record: String = ""
        ) throws -> Child {
            let numbers = [port, width, milliseconds, held, users]
            return try Child.start(.agiCaller, numbers.map(String.init) + [record])
        }
    }
}
