import Core
import Foundation
import TandemTesting
import Testing

@testable import Faxes

@Suite("Where faxes go")
struct FaxConfigurationTests {
    private static let shipped = """
        [general]
        tiff2pdf = /usr/bin/tiff2pdf
        ; the shipped file
        [mail]
        subject = FAX for %(dstnum)s
        content_file = /etc/xivo/mail.txt
        email_from = no-reply+fax@wazo.community
        [dstnum_default]
        dest = mail
        """

    private func read(_ text: String, content: String? = "Hello %(dstnum)s") -> FaxConfiguration {
        FaxConfiguration(INIFile(text)) { path in
            content.flatMap { path == "/etc/xivo/mail.txt" ? .success($0) : nil } ?? .failure(.missing)
        }
    }

    @Test("the shipped file")
    func shippedFile() {
        let configuration = read(Self.shipped)
        #expect(configuration.faults == [])
        #expect(configuration.backends(for: "5009") == ["mail"])
        let mail = FaxConfiguration.Mail(
            subject: "FAX for %(dstnum)s",
            content: "Hello %(dstnum)s",
            from: "no-reply+fax@wazo.community",
            realName: "Wazo Fax"
        )
        #expect(configuration.backends == ["mail": .mail(mail)])
        #expect(configuration.programs == FaxConfiguration.Programs())
    }

    private static let everyOption = """
        [general]
        TIFF2PDF = /opt/t
        mutt: /opt/m
        lp = /opt/l
        curl = /opt/c
        [printer_hall]
        name = hall
        convert_to_pdf = 0
        [printer]
        [ftp_archive]
        host = ftp.example.org
        port = 2121
        username = fax
        password = p=w:d;#
        directory = /in/fax
        [dstnum_100]
        dest = printer_hall , ftp_archive,printer_hall
        [dstnum_default]
        dest = printer
        """

    @Test("every option")
    func everything() {
        let configuration = read(Self.everyOption)
        #expect(configuration.faults == [])
        #expect(
            configuration.programs
                == FaxConfiguration.Programs(tiff2pdf: "/opt/t", mutt: "/opt/m", lp: "/opt/l", curl: "/opt/c")
        )
        #expect(configuration.backends(for: "100") == ["printer_hall", "ftp_archive"], "once each, in order")
        #expect(configuration.backends(for: "101") == ["printer"])
        #expect(configuration.backends["printer"] == .printer(.init(name: nil, convertsToPDF: true)))
        #expect(configuration.backends["printer_hall"] == .printer(.init(name: "hall", convertsToPDF: false)))
        let server = FaxConfiguration.FTP(
            host: "ftp.example.org",
            port: 2_121,
            username: "fax",
            password: "p=w:d;#",
            directory: "/in/fax",
            convertsToPDF: true
        )
        #expect(configuration.backends["ftp_archive"] == .ftp(server))
    }

    @Test(
        "a mistake disables one backend",
        arguments: [
            ("[mail2]\nsubject = a\nemail_from = b", "mail2: content_file is missing"),
            (
                "[mail2]\nsubject = a\nemail_from = b\ncontent_file = /x",
                "mail2: content_file names a file that does not exist"
            ),
            ("[printer2]\nnmae = hall", "printer2: unknown option nmae"),
            ("[ftp2]\nhost = h\nusername = u", "ftp2: password is missing"),
            ("[ftp2]\nhost = h\nusername = u\npassword = p\nport = x", "ftp2: port must be a number from 1 to 65535"),
            ("[ftp2]\nhost = h/\nusername = u\npassword = p", "ftp2: host is no host"),
            ("[ftp2]\nhost = h\nusername = u:v\npassword = p", "ftp2: username must not hold a colon"),
        ]
    )
    func mistakes(section: String, fault: String) {
        let name = fault.prefix { $0 != ":" }
        let configuration = read(Self.shipped + "\n\(section)\n[dstnum_1]\ndest = mail, \(name)")
        #expect(configuration.faults == [fault])
        #expect(configuration.backends[String(name)] == .disabled(cause: fault))
        #expect(configuration.backends(for: "1") == ["mail", String(name)], "its faxes wait for the correction")
    }

    @Test("warnings disable nothing")
    func warnings() {
        let configuration = read(
            "[printer]\nconvert_to_pdf = yes\nsecret nonsense\n[dstnum_1]\ndest = fridge, printer\n[dstnum_2]\ndest = fridge"
        )
        #expect(configuration.backends["printer"] == .printer(.init(name: nil, convertsToPDF: true)))
        #expect(configuration.backends(for: "1") == ["printer"])
        #expect(configuration.backends(for: "2") == nil, "deleting a fax that went nowhere is not delivering it")
        #expect(configuration.backends(for: "3") == nil)
        #expect(
            configuration.faults == [
                "line 3: neither section nor value", "printer: convert_to_pdf must be 0 or 1, it counts as 1",
                "dstnum_1: no backend fridge", "dstnum_2: no backend fridge",
            ]
        )
    }

    @Test(
        "texts are filled in",
        arguments: [
            ("FAX %(dstnum)s!", "FAX 5009!"), ("100%% of %(dstnum)s%(dstnum)s", "100% of 50095009"),
            ("%", "%"), ("%(dstnum)", "%(dstnum)"), ("%%(dstnum)s", "%(dstnum)s"), ("", ""), ("a%sb", "a%sb"),
        ]
    )
    func rendering(template: String, text: String) {
        #expect(FaxConfiguration.render(template, number: "5009") == text)
    }

    @Test("mutated files never crash the reader, and no fault tells a password")
    func mutations() {
        let seed = Array((Self.shipped + "\n[ftp]\nhost = h\npassword = s3cr3t\nport = s3cr3t\nusername = s3cr3t").utf8)
        var generator = SeededGenerator(seed: 8)
        for round in 0..<2_000 {
            let bytes = generator.mutation(of: [seed], tokens: Array("[]=:,%\n#;é\0_dstnum".utf8), round: round)
            let configuration = read(String(decoding: bytes, as: UTF8.self))
            _ = configuration.backends(for: "5009")
            // Only names of backends are told, which no mistake makes of a password, but a mutation may.
            let faults = configuration.faults.filter { !$0.contains(": no backend ") }
            #expect(!faults.contains { $0.contains("= s3cr3t") }, "\(faults)")
        }
    }

    @Test("what is wrong with a file that is named is told: it is not there, may not be read, is not in UTF-8")
    func textFiles() throws {
        let folder = try Folder()
        try folder.write("Fax für %(dstnum)s", "good.txt")
        try Data([0x46, 0xFC, 0x72]).write(to: URL(filePath: folder.path("latin.txt")))
        #expect(TextFileFault.text(of: folder.path("good.txt")) == .success("Fax für %(dstnum)s"))
        #expect(TextFileFault.text(of: folder.path("none.txt")) == .failure(.missing))
        #expect(TextFileFault.text(of: folder.path("latin.txt")) == .failure(.notUTF8))
        #expect(TextFileFault.text(of: folder.url.path) == .failure(.unreadable("Is a directory")))
        #expect("\(TextFileFault.notUTF8)" == "is not in UTF-8")
    }

    @Test("the file is read again; one that cannot be read changes nothing")
    func reload() throws {
        let folder = try Folder()
        let path = folder.path("xivo_fax.conf")
        let file = FaxConfigurationFile(path: path, logger: .silent)
        #expect(file.current == .empty)
        try folder.write("[printer]\n[dstnum_default]\ndest = printer", "xivo_fax.conf")
        file.reload()
        #expect(file.current.backends(for: "1") == ["printer"])
        try Data([0xff, 0xfe, 0xff]).write(to: URL(filePath: path))
        file.reload()
        #expect(file.current.backends(for: "1") == ["printer"])
        try FileManager.default.removeItem(atPath: path)
        file.reload()
        #expect(file.current == .empty)
    }
}
