import Core
import Events
import Foundation
import TandemLab
import TandemTesting
import Testing

@Suite(
    "Received faxes",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct FaxReceptionTests {
    /// The other side: a fax machine that dials from outside. DID 5009 of the demo's office is an
    /// application:faxtomail.
    private static let dialplanOfRealFax = """
        [fax-test]
        exten => send,1,SendFAX(${FAX_TO_SEND},f)
         same => n,Hangup()
        """

    /// Every variable of the channel of a test that speaks FastAGI itself has this value.
    private static let value = Demo.tenant

    /// Tells of a fax as Asterisk does.
    private func tell(of file: URL, to office: FaxOffice) async throws -> String {
        let environment = [
            "agi_network: yes", "agi_network_script: handle_fax", "agi_arg_1: \(file.path)",
            "agi_arg_2: fax@example.org",
        ]
        return try await TCPPeer.say(
            environment.joined(separator: "\n") + "\n\n",
            toPort: office.lab.agiPort,
            answering: "200 result=1 (\(Self.value))\n",
            within: .seconds(60)
        )
    }

    @Test("Tandem is killed between receiving and delivery: after the start the fax is delivered, once")
    func killed() async throws {
        // It is kept for a second after its delivery.
        let office = try FaxOffice(keep: 1)
        let file = office.received.appendingPathComponent("killed-\(UUID().uuidString).tif")
        try FaxImage.tiff(pages: 3).write(to: file)
        let outbox = """
            SELECT count(*) FROM gateway.outbox WHERE routing_key = 'faxes.inbound.received'
                AND body::jsonb->'data'->>'destination' = '\(Self.value)' AND created_at > '\(try await now(office))'
            """
        try await office.play {
            try await eventuallyMigrated(office)
            try office.write("", to: "held")
            let call = Task { try await self.tell(of: file, to: office) }
            _ = try await eventually("the PDF is being made") { office.lines("tiff2pdf.log").isEmpty ? nil : true }
            #expect(try await office.phases() == ["delivering"])
            #expect(!FileManager.default.fileExists(atPath: file.path), "the file is ours")
            await office.tandem.kill()
            let heard = try await call.value
            #expect(heard.hasPrefix("GET VARIABLE \"WAZO_DSTNUM\"\n") && !heard.contains("executed"))
            try FileManager.default.removeItem(at: office.folder.appendingPathComponent("held"))
            #expect(office.lines("mutt.log").isEmpty)
            try await office.tandem.start()
            try await office.faxesBecome([])
        }
        #expect(office.lines("mutt.log").count == 1)
        #expect(office.names(in: office.spool) == [])
        let pdf = try Data(contentsOf: office.folder.appendingPathComponent("mail.pdf"))
        #expect(FaxImage.pages(ofPDF: pdf) == 3)
        #expect(try await SQLWitness(office.lab).value(outbox) == "1")
    }

    @Test("Tandem is killed again and again at any moment: no fax is lost")
    func neverLost() async throws {
        let office = try FaxOffice()
        var generator = SeededGenerator(seed: 5_009)
        let mark = UUID().uuidString.prefix(8)
        var files: [URL] = []
        try await office.play {
            for round in 0..<8 {
                try await eventuallyMigrated(office)
                let fresh = (0..<3).map { office.received.appendingPathComponent("\(mark)-\(round)-\($0).tif") }
                for file in fresh { try FaxImage.tiff(pages: 1).write(to: file) }
                files += fresh
                let calls = fresh.map { file in Task { try await self.tell(of: file, to: office) } }
                // The moment is the subject: between nothing done and all done.
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...150, using: &generator)))
                await office.tandem.kill()
                for call in calls { _ = await call.result }
                try await office.tandem.start()
            }
            try await eventuallyMigrated(office)
            // One that was killed before it knew of a fax is told of it again.
            for file in files where FileManager.default.fileExists(atPath: file.path) {
                _ = try await self.tell(of: file, to: office)
            }
            try await office.faxesBecome([])
        }
        let mails = office.lines("mutt.log")
        for file in files {
            let name = "/\(file.deletingPathExtension().lastPathComponent).pdf "
            #expect(mails.contains { $0.contains(name) }, "\(name)")
        }
        #expect(mails.count < files.count * 2, "\(mails.count) mails of \(files.count) faxes")
        #expect(office.names(in: office.spool) == [])
    }

    @Test("a backend that fails breaks the dialplan, keeps the fax, and SIGHUP brings the corrected configuration")
    func corrected() async throws {
        let office = try FaxOffice()
        let file = office.received.appendingPathComponent("broken-\(UUID().uuidString).tif")
        try FaxImage.tiff(pages: 1).write(to: file)
        let good = office.lines("xivo_fax.conf").joined(separator: "\n")
        try office.write(good.replacing("subject = ", with: "subjct = "), to: "xivo_fax.conf")
        try await office.play {
            try await eventuallyMigrated(office)
            let heard = try await tell(of: file, to: office)
            #expect(heard.contains("disabled by a mistake: mail: subject is missing; mail: unknown option subjct"))
            #expect(heard.contains("EXEC Goto \"agi_fail,s,1\"") && heard.contains("failure to have pure code"))
            #expect(try await office.phases() == ["delivering"])
            #expect(office.names(in: office.spool).count == 1)
            let again = try await tell(of: file, to: office)
            #expect(again.contains("taken before") && !again.contains("agi_fail"))
            try office.write(good, to: "xivo_fax.conf")
            await office.tandem.signal(SIGHUP)
            _ = try await eventually("the corrected configuration is used") {
                try FaxImage.tiff(pages: 1).write(to: file)
                return try await self.tell(of: file, to: office).contains("agi_fail") ? nil : true
            }
        }
        #expect(office.lines("mutt.log").count >= 1)
    }

    @Test(
        "a real fax of two pages reaches a mailbox as a PDF of two pages, and is seen, downloaded and removed over REST"
    )
    func realFax() async throws {
        let office = try FaxOffice(keep: 3_600)
        let bus = await BusWitness.listen(office.lab)
        let sent = office.folder.appendingPathComponent("sent.tif")
        try FaxImage.tiff(pages: 2).write(to: sent)
        try await office.play {
            try await eventuallyMigrated(office)
            try await dial(sent, in: office)
            let event = try await bus.expect("fax_inbound_received", within: .seconds(90))
            #expect(event.routingKey == "faxes.inbound.received")
            #expect(event.headers["tenant_uuid"]?.string == Demo.tenant)
            #expect(event.data?["pages"] == 2 && event.data?["destination"] == "5009")
            #expect(event.data?["status"] == "received" && event.data?["error"] == .null)
            try await office.faxesBecome(["delivered"])
            try await seeAndRemove(try #require(event.data?["id"]?.string), sent, in: office)
        }
        await bus.close()
        #expect(office.lines("mutt.log").count == 1)
        #expect(office.lines("mutt.log").first?.hasSuffix(" -- fax@example.org") == true)
        let pdf = try Data(contentsOf: office.folder.appendingPathComponent("mail.pdf"))
        #expect(FaxImage.pages(ofPDF: pdf) == 2)
        #expect(office.names(in: office.spool) == [])
        #expect(office.names(in: office.received).filter { $0.hasPrefix("5009-") } == [])
    }

    /// Somebody dials 5009 with a fax machine.
    private func dial(_ document: URL, in office: FaxOffice) async throws {
        let dialplan = office.lab.state.appendingPathComponent("etc/extensions_extra.conf")
        try Self.dialplanOfRealFax.write(to: dialplan, atomically: true, encoding: .utf8)
        let ari = RESTClient(
            "http://127.0.0.1:\(office.lab.httpPort)/ari",
            headers: ["Authorization": "Basic \(Data("lab:lab".utf8).base64EncodedString())"]
        )
        #expect(try await ari.put("/asterisk/modules/pbx_config.so").status == 204)
        let place = "context=fax-test&extension=send&priority=1&timeout=20&callerId=0123456789"
        let call = try await ari.post(
            "/channels?endpoint=Local/5009@from-extern/n&\(place)",
            ["variables": ["FAX_TO_SEND": .string(document.path)]]
        )
        #expect(call.status == 200, "\(call.text)")
        try FileManager.default.removeItem(at: dialplan)
    }

    /// The delivered fax over REST: also after a restart, and not for another tenant.
    private func seeAndRemove(_ id: String, _ sent: URL, in office: FaxOffice) async throws {
        await office.tandem.kill()
        try await office.tandem.start()
        try await eventuallyMigrated(office)
        let acl = ["calld.faxes.#"]
        let rest = office.tandem.rest.with(token: try await office.tandem.createToken(tenant: Demo.tenant, acl: acl))
        let stranger = office.tandem.rest.with(
            token: try await office.tandem.createToken(tenant: Demo.otherTenant, acl: acl)
        )
        let list = try await rest.get("/faxes?direction=inbound")
        let fax = try #require(list.body?["items"]?.array?.first { $0["id"]?.string == id })
        #expect(fax["state"] == "delivered" && fax["pages"] == 2 && fax["destination"] == "5009")
        #expect(try await rest.get("/faxes/\(id)").body == fax)
        let document = try await rest.get("/faxes/\(id)/document")
        #expect(document.status == 200 && document.headers["content-type"] == "image/tiff")
        let downloaded = office.folder.appendingPathComponent("downloaded.tif")
        try document.bytes.write(to: downloaded)
        #expect(try await hasSamePixels(sent, downloaded))
        for path in ["/faxes/\(id)", "/faxes/\(id)/document"] {
            #expect(try await stranger.get(path).body?["error_id"] == "no-such-fax")
        }
        #expect(try await stranger.delete("/faxes/\(id)").status == 404)
        #expect(try await stranger.get("/faxes?direction=inbound").body?["total"] == 0)
        #expect(try await rest.delete("/faxes/\(id)").status == 204)
        for path in ["/faxes/\(id)", "/faxes/\(id)/document"] {
            #expect(try await rest.get(path).body?["error_id"] == "no-such-fax")
        }
        #expect(try await rest.delete("/faxes/\(id)").status == 404)
        #expect(try await office.phases() == [] && office.names(in: office.spool) == [])
    }

    private func now(_ office: FaxOffice) async throws -> String {
        try await SQLWitness(office.lab).value("SELECT now()") ?? ""
    }

    /// Waits until the server has its tables, and knows its faxes.
    private func eventuallyMigrated(_ office: FaxOffice) async throws {
        let file = office.received.appendingPathComponent("nothing-\(UUID().uuidString).tif")
        _ = try await eventually("faxes are taken", within: .seconds(20)) {
            try await tell(of: file, to: office).contains("nothing received") ? true : nil
        }
    }
}
