import Core
import Events
import Foundation
import TandemLab
import TandemTesting
import Testing

@Suite(
    "Sent faxes: faults, bad input, and the platform",
    .serialized,
    .timeLimit(.minutes(6)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct FaxFaultTests {
    @Test("in the platform: a fax arrives; a user's goes out from the context that confd says; tenants are apart")
    func platform() async throws {
        try await Scene.sendingFaxes(.platform) { scene, folder in
            let platform = try #require(scene.platform)
            let id = try await scene.fax(to: "receive-platform", pages: 2)
            let users = try await scene.rest.send(
                "POST",
                "/users/me/faxes?extension=411",
                bytes: PDFDocument.make(pages: 1),
                mediaType: "application/pdf"
            )
            #expect(users.status == 201 && users.body?["context"] == "default", "\(users.text)")
            #expect(users.body?["user_uuid"]?.string == Demo.bob)
            let second = try #require(users.body?["id"]?.string)
            #expect(try await scene.end(of: second) == "failed BUSY")
            let event = try await scene.bus.expect("fax_outbound_user_failed") { $0.data?["id"]?.string == second }
            #expect(event.headers["user_uuid:\(Demo.bob)"] == true)

            #expect(try await scene.end(of: id, within: .seconds(120)) == "succeeded")
            #expect(await scene.events(of: id) == ["created", "succeeded"])
            let sent = folder.appendingPathComponent("sent.tif")
            try await scene.rest.get("/faxes/\(id)/document").bytes.write(to: sent)
            #expect(try await hasSamePixels(sent, folder.appendingPathComponent("receive-platform.tif")))
            let other = platform.token(tenant: Demo.otherTenant, user: nil, acl: ["calld.#"])
            let stranger = scene.tandem.rest.with(token: other)
            #expect(try await stranger.get("/faxes/\(id)").status == 404)
            #expect(try await stranger.get("/faxes").body?["total"] == 0)
            let unknown = try await scene.sendFax("nothing", PDFDocument.make(pages: 1))
            #expect(unknown.body?["error_id"] == "invalid-extension")
        }
    }

    @Test(
        "a full disk, and one that is read-only: 503, nothing is left behind, and room is enough for the next",
        .enabled(if: TinyDisk.isPossible, "needs the right to mount")
    )
    func fullDisk() async throws {
        try await Scene.sendingFaxes { scene, folder in
            let disk = try #require(TinyDisk(kibibytes: 128, at: folder.appendingPathComponent("spool")))
            func left() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: disk.folder.path) }
            // The PDF itself has no room; then what Ghostscript makes of a small one has none.
            for (pdf, text) in [
                (PDFDocument.make(pages: 1) + Data(count: 300_000), "arriving"),
                (PDFDocument.make(pages: 20), "converting"),
            ] {
                let answer = try await scene.sendFax("busy", pdf)
                #expect(answer.status == 503 && answer.body?["error_id"] == "fax-spool-unavailable", "\(text)")
                let cause = answer.body?["details"]?["original_error"]?.string ?? ""
                #expect(cause.contains("No space left"), "\(text): \(answer.text)")
                #expect(try left() == [], "\(text)")
            }
            #expect(try await scene.rest.get("/faxes").body?["total"] == 0)
            let id = try await scene.fax(to: "busy", pages: 1)
            #expect(try await scene.end(of: id) == "failed BUSY")
            #expect(disk.becomeReadOnly())
            let refused = try await scene.sendFax("busy", PDFDocument.make(pages: 1))
            #expect(refused.status == 503 && refused.body?["error_id"] == "fax-spool-unavailable")
            #expect(try left() == [id])
            #expect(try await scene.rest.get("/faxes/\(id)/document").status == 200, "reading goes on")
        }
    }

    @Test("100 MB are refused; ids that try paths, other folders or NUL find nothing, in either direction")
    func badInput() async throws {
        try await Scene.sendingFaxes { scene, folder in
            let large = scene.tandem.folder.appendingPathComponent("large.pdf")
            try PDFDocument.make(pages: 1).write(to: large)
            try FileHandle(forWritingTo: large).truncate(atOffset: 100 << 20)
            let path = "/faxes?context=fax-test&extension=busy"
            #expect(try await scene.rest.upload(large, to: path, by: "POST") == 413)
            let id = try await scene.fax(to: "busy", pages: 1)
            for trick in [
                "..", "%2e%2e", ".", "%2e", "..%2F\(id)", "\(id)%2F..%2F\(id)", "\(id)%2Ffax.tif", "\(id)%00",
                "%00", "\(id.uppercased())x", "%2Fetc%2Fpasswd", "\(id)-1", String(repeating: "a", count: 4_000),
            ] {
                for tail in ["", "/document"] {
                    let answer = try await scene.rest.get("/faxes/\(trick)\(tail)")
                    #expect((400..<500).contains(answer.status), "\(trick)\(tail): \(answer.status)")
                }
                let answer = try await scene.rest.delete("/faxes/\(trick)")
                #expect((400..<500).contains(answer.status), "\(trick): \(answer.status)")
            }
            #expect(try await scene.rest.get("/faxes/\(id)/document").status == 200)
            let names = try FileManager.default.contentsOfDirectory(
                atPath: folder.appendingPathComponent("spool").path
            )
            #expect(names == [id])
        }
    }

    @Test("Tandem is killed again and again at any moment: what was taken ends once, and no file is without its fax")
    func killedAnywhere() async throws {
        try await Scene.sendingFaxes { scene, folder in
            var generator = SeededGenerator(seed: 30)
            let start = try await scene.database.value("SELECT now()") ?? ""
            for _ in 0..<6 {
                let posts = (0..<2).map { _ in
                    Task { try? await scene.sendFax("busy", PDFDocument.make(pages: 2)) }
                }
                // The moment is the subject: between nothing done and all done.
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...700, using: &generator)))
                await scene.tandem.kill()
                for post in posts { _ = await post.value }
                try await scene.tandem.start()
                try await scene.becomesReady()
            }
            let last = try await scene.fax(to: "busy", pages: 1)
            await scene.tandem.kill()
            try await scene.tandem.start()
            try await scene.becomesReady()
            let ids = try await eventually("every fax has ended", within: .seconds(60)) {
                let items = try await scene.rest.get("/faxes").body?["items"]?.array ?? []
                return items.allSatisfy { $0["state"] == "failed" } ? items.compactMap { $0["id"]?.string } : nil
            }
            let spool = folder.appendingPathComponent("spool").path
            #expect(ids.contains(last))
            #expect(try FileManager.default.contentsOfDirectory(atPath: spool).sorted() == ids.sorted())
            for id in ids {
                let told = try await scene.database.rows(
                    """
                    SELECT headers->>'name' FROM gateway.outbox WHERE created_at > '\(start)'
                        AND body::jsonb->'data'->>'id' = '\(id)' ORDER BY id
                    """
                )
                #expect(told == [["fax_outbound_created"], ["fax_outbound_failed"]], "\(id)")
            }
            try await scene.becomesSilent()
        }
    }
}
