import Core
import Foundation
import Postgres
import Testing

@testable import TandemLab

/// `deploy/asterisk/README.md` on the configuration that Debian's package brings, step by step, up to a caller who waits in
/// a switchboard and hears music.
@Suite(
    "Set-up on Debian's own configuration",
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab"),
    .serialized,
    .timeLimit(.minutes(3))
)
struct DebianSetUpTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL
    private static let replaced = [
        "pjsip", "queues", "voicemail", "confbridge", "res_parking", "musiconhold", "features", "rtp", "iax",
    ]

    /// The machine of somebody who reads the page.
    private struct Machine {
        let asterisk: PrivateAsterisk
        var lab: LabEnvironment
        let templates: URL

        init(_ environment: LabEnvironment) throws {
            asterisk = try PrivateAsterisk(in: environment)
            lab = environment
            lab.sipPort = asterisk.sipPort
            lab.managerPort = asterisk.managerPort
            lab.httpPort = asterisk.managerPort + 1
            templates = asterisk.folder.appending(path: "templates")
        }

        func text(_ name: String) throws -> String {
            try String(contentsOf: templates.appending(path: name), encoding: .utf8)
        }
        func write(_ text: String, to name: String) throws {
            try Data(text.utf8).write(to: templates.appending(path: name))
        }
        func append(_ text: String, to name: String) throws { try write(try self.text(name) + "\n" + text, to: name) }
    }

    /// The page's indented blocks with this line in them, as they are copied into a file.
    private static func block(with line: String) throws -> String {
        let page = try String(contentsOf: root.appending(path: "deploy/asterisk/README.md"), encoding: .utf8)
        var blocks: [[Substring]] = [[]]
        for text in page.split(separator: "\n", omittingEmptySubsequences: false) {
            if text.hasPrefix("       ") {
                blocks[blocks.count - 1].append(text.dropFirst(7))
            } else if blocks.last?.isEmpty == false {
                blocks.append([])
            }
        }
        let found = blocks.filter { $0.contains(line[...]) }
        try #require(found.count == 1, "the page has \(found.count) blocks with: \(line)")
        return found[0].joined(separator: "\n").replacing("/usr/share/tandem/asterisk", with: "@SNIPPETS@")
            .replacing("/usr/share/tandem/dialplan", with: "@DIALPLAN@") + "\n"
    }

    /// Debian's files in the place of the lab's, and the page's steps on them.
    private func follow(_ machine: Machine) throws {
        let files = FileManager.default
        let samples = URL(filePath: try prefix()).appending(path: "etc/asterisk")
        let asteriskConf = try machine.text("asterisk.conf")
        try files.removeItem(at: machine.templates)
        try files.createDirectory(at: machine.templates, withIntermediateDirectories: true)
        for file in try files.contentsOfDirectory(at: samples, includingPropertiesForKeys: nil)
        where file.pathExtension == "conf" {
            try files.copyItem(at: file, to: machine.templates.appending(path: file.lastPathComponent))
        }
        // Not copied: its owner is another.
        let folder = machine.asterisk.folder.appending(path: "etc/manager.d")
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(contentsOf: samples.appending(path: "manager.d/README.conf")).write(
            to: folder.appending(path: "README.conf")
        )
        // Where this machine has its files; Debian's names its own.
        try machine.write(asteriskConf, to: "asterisk.conf")

        try machine.append(Self.block(with: "#include \"/usr/share/tandem/asterisk/http.conf\""), to: "http.conf")
        try machine.append(Self.block(with: "#include \"/usr/share/tandem/asterisk/ari.conf\""), to: "ari.conf")
        try machine.append(Self.block(with: "#include \"/usr/share/tandem/asterisk/manager.conf\""), to: "manager.conf")
        let line = try Self.block(with: "#tryinclude \"tandem/queues.conf\"")
        for name in Self.replaced { try machine.write(line.replacing("queues", with: name), to: "\(name).conf") }
        try machine.append(Self.block(with: "noload = app_voicemail_odbc.so"), to: "modules.conf")
        let dialplan = try Self.block(with: "#tryinclude \"tandem/extensions.conf\"")
        #expect(dialplan.contains("WAZO_AGID_IP = 127.0.0.1:4573"))
        try machine.write(
            dialplan.replacing("127.0.0.1:4573", with: "127.0.0.1:\(machine.lab.agiPort)"),
            to: "extensions.conf"
        )
        // Not of the page: several labs stand side by side.
        try machine.append("[general](+)\nbindport = \(machine.lab.httpPort)\n", to: "http.conf")
        try machine.append("[general](+)\nport = \(machine.lab.managerPort)\n", to: "manager.conf")
    }

    private func prefix() throws -> String {
        try #require(ProcessInfo.processInfo.environment["LAB_PREFIX"], "deploy/lab/env.sh tells it")
    }

    private func withDemo(_ machine: Machine, _ body: (TestDatabase) async throws -> Void) async throws {
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            for name in ["demo.sql", "office.sql"] {
                let script = try String(contentsOf: Self.root.appending(path: "sql/demo/\(name)"), encoding: .utf8)
                try await database.pool.session { try $0.run(script: script) }
            }
            try await database.pool.session { session in
                try session.run(
                    script: """
                        UPDATE public.pjsip_transport_option SET value = '127.0.0.1:\(machine.lab.sipPort)'
                        WHERE key = 'bind';
                        UPDATE public.asterisk_file_variable SET value = 'username,ip,anonymous'
                        WHERE key = 'endpoint_identifier_order';
                        """
                )
            }
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(database))
            } catch {
                result = .failure(error)
            }
            try await machine.asterisk.remove()
            try result.get()
        }
    }

    @Test("the page followed to the letter: nothing is missing, and who calls the switchboard hears music")
    func letter() async throws {
        let machine = try Machine(try LabEnvironment())
        try await withDemo(machine) { database in
            try follow(machine)
            // As the examples are: users and passwords are the defaults.
            let tandem = try TandemProcess(machine.lab, database: database.name)
            for (key, value) in [
                ("ari", ["connection": ["base_url": .string("http://127.0.0.1:\(machine.lab.httpPort)")]]),
                ("ami", ["port": .integer(Int64(machine.lab.managerPort))]),
            ] as [(String, JSONValue)] {
                await tandem.set(key, value)
            }
            try await tandem.start()
            try await write(tandem, database, machine)
            try await machine.asterisk.start()
            let voicemail = try await machine.asterisk.ask("core show application VoiceMail")
            #expect(!voicemail.contains("not registered"))
            let music = try await machine.asterisk.ask("moh show files")
            #expect(music.contains("File: "))
            let found = try await tandem.command(["dialplan", "check"])
            #expect(found.hasSuffix(" 0 problems\n"), "\(found)")
            try await hearsMusic(tandem, machine)
            await tandem.terminate()
        }
    }

    private func write(_ tandem: TandemProcess, _ database: TestDatabase, _ machine: Machine) async throws {
        try await tandem.command([
            "asterisk-config", "--output", machine.asterisk.generated.path, "--database",
            "postgresql://lab@127.0.0.1:\(database.port)/\(database.name)",
        ])
    }

    private func hearsMusic(_ tandem: TandemProcess, _ machine: Machine) async throws {
        let token = try await tandem.createToken(tenant: Demo.tenant, acl: ["calld.#"])
        let rest = tandem.rest.with(token: token)
        _ = try await eventually("ready", within: .seconds(30)) {
            let status = try await rest.get("/status").body
            return ["ari", "database", "manager"].allSatisfy { status?[$0]?["status"] == "ok" } ? true : nil
        }
        let caller = try await SIPpCaller(dialling: Demo.didOfSwitchboardA, tone: 440, in: machine.lab)
        try await caller.answered()
        _ = try await eventually("the call waits") {
            let list = try await rest.get("/switchboards/\(Demo.switchboardA)/calls/queued").body
            return list?["items"]?.array?.count == 1 ? true : nil
        }
        #expect(await caller.audio.hearsSound(), "music")
        try await caller.hangUp()
        await caller.close()
    }

    @Test("what is left out of the page is named by the check")
    func leftOut() async throws {
        let machine = try Machine(try LabEnvironment())
        try await withDemo(machine) { database in
            try follow(machine)
            let tandem = try TandemProcess(machine.lab, database: database.name)
            await tandem.set("ami", ["port": .integer(Int64(machine.lab.managerPort))])
            // Port of another server, no numbers, no music, and none of the variables.
            try machine.write(
                try machine.text("extensions.conf").replacing("#tryinclude \"tandem/", with: ";")
                    .replacing("127.0.0.1:\(machine.lab.agiPort)", with: "127.0.0.1:1"),
                to: "extensions.conf"
            )
            try machine.write("[general]\n", to: "musiconhold.conf")
            try machine.append("[general](+)\nchannelvars = X\n", to: "ari.conf")
            try machine.append("[general](+)\nchannelvars = X\n", to: "manager.conf")
            try Data(await tandem.settings.text.utf8).write(to: tandem.configuration)
            try await machine.asterisk.start()
            do {
                let found = try await tandem.command(["dialplan", "check"])
                Issue.record("it found nothing: \(found)")
            } catch LabFailure.program(let text) {
                for problem in [
                    "context xivo-features is missing", "global WAZO_AGID_IP is 127.0.0.1:1",
                    "music class default is missing",
                    "all channelvars are missing in ari.conf", "all channelvars are missing in manager.conf",
                ] {
                    #expect(text.contains(problem), "\(text)")
                }
            }
        }
    }
}
