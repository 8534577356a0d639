import Core
import Foundation
import Processes
import TandemTesting
import Testing

@testable import Faxes

@Suite("Backends of faxes", .timeLimit(.minutes(2)))
struct BackendTests {
    private func delivery(_ site: FaxSite, limit: Duration = .seconds(20)) -> BackendDelivery {
        BackendDelivery(
            configuration: site.configuration,
            processes: ProcessRunner(width: 2),
            limit: limit,
            logger: .silent
        )
    }

    private func document(_ site: FaxSite, email: String = "office@example.org") throws -> FaxDocument {
        try FaxImage.tiff(pages: 2).write(to: site.folder.url.appendingPathComponent("a.b-1.tif"))
        return FaxDocument(tiff: site.folder.path("a.b-1.tif"), number: "5009", email: email)
    }

    @Test("mutt's arguments and its input are those that sites know")
    func mail() async throws {
        let site = try FaxSite(FaxSite.text(mail: true))
        let fax = try document(site)
        #expect(await delivery(site).deliver(fax, to: "mail") == .delivered)
        let pdf = site.folder.path("a.b-1.pdf")
        #expect(site.runs(of: "tiff2pdf") == [["-o", pdf, fax.tiff]])
        #expect(
            site.runs(of: "mutt") == [
                [
                    "-e", "set copy=no", "-e", "set from=fax@example.org", "-e", "set realname='Büro'", "-e",
                    "set use_from=yes", "-s", "FAX 5009, 100%", "-a", pdf, "--", "office@example.org",
                ]
            ]
        )
        #expect(site.folder.read("mutt.in") == "Fax für 5009\n")
        #expect(!site.folder.exists("a.b-1.pdf") && site.folder.exists("a.b-1.tif"))
    }

    @Test("words of hostile numbers and addresses stay one word; a line feed begins no header")
    func hostile() async throws {
        let site = try FaxSite(FaxSite.text(mail: true))
        var fax = try document(site, email: "-e;$(touch x)@example.org")
        fax.number = "50\n09\"'$(id)%(dstnum)s"
        #expect(await delivery(site).deliver(fax, to: "mail") == .delivered)
        #expect(site.runs(of: "mutt").first?.suffix(5).first == "FAX 50 09\"'$(id)%(dstnum)s, 100%")
        #expect(site.runs(of: "mutt").first?.last == "-e;$(touch x)@example.org")
    }

    @Test(
        "a line feed of any dress is a blank in the subject",
        arguments: [
            ("50\r\nBcc: x@y", "50  Bcc: x@y"), ("5\n\u{301}0", "5 \u{301}0"), ("5\u{85}0\u{2028}", "5 0 "),
        ]
    )
    func subject(number: String, shown: String) async throws {
        let site = try FaxSite(FaxSite.text(mail: true))
        var fax = try document(site)
        fax.number = number
        #expect(await delivery(site).deliver(fax, to: "mail") == .delivered)
        let words = try #require(site.runs(of: "mutt").first)
        let place = try #require(words.firstIndex(of: "-s"))
        #expect(words[place + 1] == "FAX \(shown), 100%")
        #expect(words.count == 14, "no word was cut in two: \(words)")
    }

    @Test(
        "names and addresses of senders are one word of mutt's each, whatever they hold",
        arguments: [
            ("L'Atelier Fax", #"'L'\''Atelier Fax'"#), ("A \"B\" $c `d`", "'A \"B\" $c `d`'"),
            ("Wazo Fax", "'Wazo Fax'"),
            ("a'\u{301}b", "'a'\\''\u{301}b'"), ("a\r\nb", "'ab'"),
        ]
    )
    func quoted(name: String, word: String) { #expect(MuttWord.quoted(name) == word) }

    @Test(
        "an address without a name stays as sites know it",
        arguments: [
            ("no-reply+fax@example.org", "no-reply+fax@example.org"), ("Fax <fax@x>", "'Fax <fax@x>'"),
            ("O'Fax <fax@x>", #"'O'\''Fax <fax@x>'"#), ("a;b@x", "'a;b@x'"),
        ]
    )
    func bare(address: String, word: String) { #expect(MuttWord.bare(address) == word) }

    @Test("what curl reads has no quote or line end of its own, with marks behind them either")
    func curlWords() {
        let server = FaxConfiguration.FTP(
            host: "h",
            port: 21,
            username: "u",
            password: "p\"\u{301}\r\nurl = \"file:///etc/passwd",
            directory: nil,
            convertsToPDF: false
        )
        let lines = CurlUpload(file: "/a", server: server, seconds: 1).text.utf8.split(separator: 0x0A)
        #expect(lines.count == 12)
        #expect(String(lines[1]) == "user = \"u:p\\\"\u{301}\\r\\nurl = \\\"file:///etc/passwd\"")
    }

    @Test("no address, or no line of one, is a failure for good", arguments: ["", "a@b\nBcc: c@d", "\u{7f}"])
    func noAddress(email: String) async throws {
        let site = try FaxSite(FaxSite.text(mail: true))
        let outcome = await delivery(site).deliver(try document(site, email: email), to: "mail")
        #expect(outcome == .failed(cause: "no e-mail address", isPermanent: true))
        #expect(site.runs(of: "tiff2pdf") == [])
    }

    @Test("lp prints a PDF or the TIFF, on a printer or on the default one")
    func printer() async throws {
        let site = try FaxSite(
            FaxSite.programs + "[printer]\nname = hall\n[printer2]\nconvert_to_pdf = 0\n"
        )
        let fax = try document(site)
        #expect(await delivery(site).deliver(fax, to: "printer") == .delivered)
        #expect(await delivery(site).deliver(fax, to: "printer2") == .delivered)
        #expect(site.runs(of: "lp") == [["-s", "-d", "hall", fax.pdf], ["-s", fax.tiff]])
        #expect(site.runs(of: "tiff2pdf").count == 1)
        #expect(!site.folder.exists("a.b-1.pdf"))
    }

    @Test(
        "a program that fails or hangs is a failure to be repeated; the PDF goes in all cases",
        arguments: ["tiff2pdf", "lp"]
    )
    func failures(program: String) async throws {
        let site = try FaxSite(FaxSite.text(printer: true))
        let fax = try document(site)
        try site.setFailing(program, true)
        let failed = await delivery(site).deliver(fax, to: "printer")
        let told = DeliveryOutcome.failed(
            cause: "\(program) ended with status 1: \(program): cannot é",
            isPermanent: false
        )
        #expect(failed == told)
        #expect(!site.folder.exists("a.b-1.pdf"))
        try site.setFailing(program, false)
        try site.setHanging(program, true)
        let hung = await delivery(site, limit: .milliseconds(400)).deliver(fax, to: "printer")
        #expect(hung == .failed(cause: "\(program) took longer than 0.4 seconds", isPermanent: false))
        #expect(!site.folder.exists("a.b-1.pdf"))
        try site.setHanging(program, false)
    }

    @Test("a program that is not there, a backend that is gone, a backend with a mistake")
    func absent() async throws {
        let site = try FaxSite("[general]\nlp = /nonexistent/lp\n[printer]\nconvert_to_pdf = 0\n[printer2]\nx = y\n")
        let fax = try document(site)
        let causes = [
            ("printer", "/nonexistent/lp cannot be started: No such file or directory"),
            ("fridge", "not configured any more"), ("printer2", "disabled by a mistake: printer2: unknown option x"),
        ]
        for (backend, cause) in causes {
            let outcome = await delivery(site).deliver(fax, to: backend)
            #expect(outcome == .failed(cause: cause, isPermanent: false))
        }
    }

    @Test(
        "the PDF's name is the TIFF's up to the last dot",
        arguments: [("/a.b/c.d.tif", "/a.b/c.d.pdf"), ("/a.b/c", "/a.b/c.pdf")]
    )
    func names(tiff: String, pdf: String) {
        #expect(FaxDocument(tiff: tiff, number: "1", email: "").pdf == pdf)
    }

    @Test("the real tiff2pdf makes as many pages as the fax has", arguments: [1, 3])
    func realConversion(pages: Int) async throws {
        let site = try FaxSite("[printer]\n")
        try FaxImage.tiff(pages: pages).write(to: site.folder.url.appendingPathComponent("f.tif"))
        let fax = FaxDocument(tiff: site.folder.path("f.tif"), number: "1", email: "")
        try await delivery(site).withFile(fax, asPDF: true, FaxConfiguration.Programs()) { pdf in
            let data = try Data(contentsOf: URL(filePath: pdf))
            #expect(data.prefix(5) == Data("%PDF-".utf8))
            #expect(FaxImage.pages(ofPDF: data) == pages)
        }
        #expect(!site.folder.exists("f.pdf"))
    }
}

@Suite("Faxes stored on an FTP server, by the real curl", .timeLimit(.minutes(2)))
struct FTPTests {
    private static let password = "p\"a\\s s:ü%41#"

    private func deliver(
        to server: FakeFTPServer,
        directory: String? = nil,
        asPDF: Bool = false,
        limit: Duration = .seconds(10)
    ) async throws -> (outcome: DeliveryOutcome, tiff: Data) {
        let options = (directory.map { "directory = \($0)\n" } ?? "") + "convert_to_pdf = \(asPDF ? 1 : 0)\n"
        let site = try FaxSite(
            "[ftp]\nhost = 127.0.0.1\nport = \(server.port)\nusername = f@x\npassword = \(Self.password)\n" + options
        )
        let tiff = FaxImage.tiff(pages: 1)
        try tiff.write(to: site.folder.url.appendingPathComponent("5009-+33_1.tif"))
        let delivery = BackendDelivery(
            configuration: site.configuration,
            processes: ProcessRunner(width: 1),
            limit: limit,
            logger: .silent
        )
        let fax = FaxDocument(tiff: site.folder.path("5009-+33_1.tif"), number: "5009", email: "")
        return (await delivery.deliver(fax, to: "ftp"), tiff)
    }

    private func withServer(_ body: (FakeFTPServer) async throws -> Void) async throws {
        let server = try await FakeFTPServer.start()
        do {
            try await body(server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test(
        "login, CWD to the directory as it is configured, binary, passive, STOR under the file's name",
        arguments: [(nil, nil), ("in", "in"), ("/in/my fäx", "/in/my fäx"), ("a/b", "a/b")] as [(String?, String?)]
    )
    func stores(directory: String?, folder: String?) async throws {
        try await withServer { server in
            let (outcome, tiff) = try await deliver(to: server, directory: directory)
            #expect(outcome == .delivered, "\(server.commands)")
            #expect(server.files.mapValues { Data($0) } == ["\(folder ?? "")|5009-+33_1.tif": tiff])
            let commands = server.commands
            #expect(commands.prefix(2) == ["USER f@x", "PASS \(Self.password)"])
            #expect(commands.filter { $0.hasPrefix("CWD") } == (folder.map { ["CWD \($0)"] } ?? []))
            #expect(commands.contains("TYPE I") && commands.contains("PASV"))
        }
    }

    @Test("as a PDF")
    func pdf() async throws {
        try await withServer { server in
            let outcome = try await deliver(to: server, asPDF: true).outcome
            #expect(outcome == .delivered)
            let file = try #require(server.files["|5009-+33_1.pdf"])
            #expect(FaxImage.pages(ofPDF: Data(file)) == 1)
        }
    }

    @Test(
        "a server that refuses, or says nothing, is a failure that tells no password",
        arguments: [FakeFTPServer.Fault.refusesLogin, .refusesFile, .saysNothing]
    )
    func refuses(fault: FakeFTPServer.Fault) async throws {
        try await withServer { server in
            server.fail(fault)
            let outcome = try await deliver(to: server, limit: .seconds(2)).outcome
            guard case .failed(let cause, isPermanent: false) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(cause.hasPrefix("curl "))
            #expect(!cause.contains(Self.password))
            #expect(server.files.isEmpty)
        }
    }

    @Test("no server at all")
    func away() async throws {
        let server = try await FakeFTPServer.start()
        await server.stop()
        let outcome = try await deliver(to: server).outcome
        guard case .failed(let cause, isPermanent: false) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(cause.hasPrefix("curl ended with status 7"))
    }
}
