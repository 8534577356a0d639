import Core
import Foundation
import TandemLab
import TandemTesting
import Testing

/// Programs of a site, as scripts that write down what they are told, and a Tandem that runs them.
struct FaxOffice {
    let lab: LabEnvironment
    let folder: URL
    let tandem: TandemProcess
    /// Asterisk's folder of received faxes.
    let received: URL
    /// Tandem's.
    let spool: URL

    /// - Parameter keep: Seconds that a delivered fax is kept.
    init(keep: Int64 = 0) throws {
        lab = try LabEnvironment()
        folder = try lab.makeFolder("faxes")
        spool = folder.appendingPathComponent("spool")
        received = lab.state.appendingPathComponent("spool/fax")
        try FileManager.default.createDirectory(at: received, withIntermediateDirectories: true)
        var agi = TandemProcess.settings(for: lab, database: "asterisk")["agid"]?.object ?? [:]
        agi["fax_file"] = .string(folder.appendingPathComponent("xivo_fax.conf").path)
        tandem = try TandemProcess(
            lab,
            overrides: [
                "agid": .object(agi),
                "faxes": [
                    "spool": .string(spool.path), "received_folder": .string(received.path),
                    "received_keep": .integer(keep),
                ],
            ]
        )
        try writeConfiguration()
        try writePrograms()
    }

    private func writeConfiguration() throws {
        try write("Fax for %(dstnum)s\n", to: "mail.txt")
        try write(
            """
            [general]
            tiff2pdf = \(folder.path)/tiff2pdf
            mutt = \(folder.path)/mutt
            [mail]
            subject = FAX for %(dstnum)s
            content_file = \(folder.path)/mail.txt
            email_from = fax@example.org
            [dstnum_default]
            dest = mail
            """,
            to: "xivo_fax.conf"
        )
    }

    private func writePrograms() throws {
        // The real one, held up while a file `held` exists.
        try write(
            """
            #!/bin/sh
            echo run >> \(folder.path)/tiff2pdf.log
            while [ -e \(folder.path)/held ]; do sleep 0.05; done
            exec /usr/bin/tiff2pdf "$@"
            """,
            to: "tiff2pdf",
            mode: 0o755
        )
        // Keeps the attachment.
        try write(
            """
            #!/bin/sh
            printf '%s\\n' "$*" >> \(folder.path)/mutt.log
            while [ "$1" != -a ]; do shift; done
            cp "$2" \(folder.path)/mail.$$ && mv \(folder.path)/mail.$$ \(folder.path)/mail.pdf
            """,
            to: "mutt",
            mode: 0o755
        )
    }

    func write(_ text: String, to name: String, mode: Int = 0o644) throws {
        let file = folder.appendingPathComponent(name)
        try text.write(to: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    func lines(_ name: String) -> [String] {
        let text = (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    func names(in url: URL) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [] }

    /// Phases of the stored faxes.
    func phases() async throws -> [String] {
        try await SQLWitness(lab).rows("SELECT body->>'phase' FROM gateway.aggregate WHERE kind = 'received_fax'")
            .map { $0[0] }
    }

    func faxesBecome(_ phases: [String], within limit: Duration = .seconds(20)) async throws {
        _ = try await eventually("faxes are \(phases)", within: limit) {
            try await self.phases() == phases ? true : nil
        }
    }

    /// Runs `body` beside the server, and ends that.
    func play(_ body: () async throws -> Void) async throws {
        // What an earlier test that failed left behind; the table may not be there yet.
        _ = try? await SQLWitness(lab).rows("DELETE FROM gateway.aggregate WHERE kind = 'received_fax'")
        do {
            try await tandem.start()
            try await body()
        } catch {
            Issue.record("\(error)\n\(tandem.logTail(60))")
        }
        await tandem.terminate()
    }
}
