import Core
import Directory
import Events
import Foundation
import Logging
import Processes
import Synchronization
import TandemTesting

@testable import Faxes

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

/// A folder that goes with the test.
final class Folder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("fax-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func write(_ text: String, _ name: String, mode: Int = 0o644) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path(name))
    }

    func read(_ name: String) -> String? { try? String(contentsOfFile: path(name), encoding: .utf8) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    func names(_ name: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path(name))) ?? []).sorted()
    }
}

/// Contexts of two tenants, or a database that is away.
struct FixedContexts: ContextDirectory {
    var isAway = false

    func tenant(ofContext name: String) async throws -> TenantID? {
        if isAway { throw DatabaseFailure.unreachable("away") }
        return name == "from-extern" ? TenantID("tenant-of-context") : nil
    }
}

/// A site with programs that write down what they are told: a line per argument in `<program>.log`, their standard
/// input in `<program>.in`. A program fails while a file `<program>.fails` exists, and hangs while `<program>.hangs`
/// does.
struct FaxSite: Sendable {
    let folder: Folder
    let store: InMemoryStateStore
    let clock: ManualClock
    let configuration: FaxConfigurationFile

    init(_ text: String = FaxSite.text(mail: true), store: InMemoryStateStore = InMemoryStateStore()) throws {
        folder = try Folder()
        self.store = store
        clock = ManualClock()
        for name in ["received", "spool"] {
            try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
        }
        for program in ["tiff2pdf", "mutt", "lp", "curl"] { try Self.install(program, in: folder) }
        try folder.write("Fax für %(dstnum)s\n", "mail.txt")
        try folder.write(text.replacing("@FOLDER@", with: folder.url.path), "xivo_fax.conf")
        configuration = FaxConfigurationFile(path: folder.path("xivo_fax.conf"), logger: .silent)
    }

    static let programs = """
        [general]
        tiff2pdf = @FOLDER@/tiff2pdf
        mutt = @FOLDER@/mutt
        lp = @FOLDER@/lp
        curl = @FOLDER@/curl

        """

    /// A configuration with these backends for every number.
    static func text(mail: Bool = false, printer: Bool = false) -> String {
        let names = (mail ? ["mail"] : []) + (printer ? ["printer"] : [])
        return programs + """
            [mail]
            subject = FAX %(dstnum)s, 100%%
            content_file = @FOLDER@/mail.txt
            email_from = fax@example.org
            email_realname = Büro
            [printer]
            name = hall
            [dstnum_default]
            dest = \(names.joined(separator: ","))
            """
    }

    private static func install(_ program: String, in folder: Folder) throws {
        // tiff2pdf makes a file, as the real one does; the others look whether theirs is there.
        let work = program == "tiff2pdf" ? "echo %PDF > \"$2\"" : "true"
        try folder.write(
            """
            #!/bin/sh
            me=\(folder.path(program))
            { echo run; for word; do printf '%s\\n' "$word"; done; } >> $me.log
            cat > $me.in
            while [ -e $me.hangs ]; do sleep 0.05; done
            if [ -e $me.fails ]; then echo "\(program): cannot é" >&2; exit 1; fi
            \(work)
            """,
            program,
            mode: 0o755
        )
    }

    /// What a program was told, one list for each run.
    func runs(of program: String) -> [[String]] {
        let lines = (folder.read("\(program).log") ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        return lines.dropLast().reduce(into: [[String]]()) { runs, line in
            if line == "run" { runs.append([]) } else { runs[runs.count - 1].append(String(line)) }
        }
    }

    func setFailing(_ program: String, _ fails: Bool) throws { try set("\(program).fails", fails) }

    func setHanging(_ program: String, _ hangs: Bool) throws { try set("\(program).hangs", hangs) }

    private func set(_ name: String, _ isThere: Bool) throws {
        if isThere {
            try folder.write("", name)
        } else {
            try FileManager.default.removeItem(atPath: folder.path(name))
        }
    }

    /// A fax in Asterisk's spool.
    func arrival(_ name: String = "5009-0123-1700000000.tif", email: String = "office@example.org") throws -> FaxArrival
    {
        try FaxImage.tiff(pages: 1).write(to: folder.url.appendingPathComponent("received/\(name)"))
        return FaxArrival(
            file: folder.path("received/\(name)"),
            destination: "5009",
            email: email,
            callerID: "\"Ann\" <0123>",
            pages: 1,
            remoteStationID: "+33 1",
            tenant: TenantID("t-1")
        )
    }

    /// Names of the folders in our spool.
    var spooled: [String] { folder.names("spool") }

    /// - Parameters:
    ///   - keep: Seconds that a delivered fax is kept; without, it goes at once.
    func ports(programLimit: Duration = .seconds(20), keep: TimeInterval = 0) -> ReceivedFaxPorts {
        ReceivedFaxPorts(
            store: store,
            envelope: BusEnvelope(origin: "origin"),
            configuration: configuration,
            processes: ProcessRunner(width: 4),
            contexts: FixedContexts(),
            receivedFolder: folder.path("received"),
            spoolFolder: folder.path("spool"),
            keep: keep,
            keepFailed: 1_000,
            programLimit: programLimit,
            clock: clock,
            logger: .silent
        )
    }

    /// Runs the feature around `body`. It is cut off behind, as by a crash.
    @discardableResult
    func running<Value: Sendable>(
        _ ports: ReceivedFaxPorts? = nil,
        _ body: (ReceivedFaxes) async throws -> Value
    ) async throws -> Value {
        let faxes = ReceivedFaxes(ports: ports ?? self.ports())
        let service = Task { try await faxes.run() }
        defer { service.cancel() }
        try await eventually { faxes.jobs.isRestored }
        let value = try await body(faxes)
        service.cancel()
        _ = await service.result
        return value
    }

    /// Names of the events so far.
    var events: [String] { store.messages.compactMap { $0.headers["name"]?.string } }
}
