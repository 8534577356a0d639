import Core
import Events
import Foundation
import TandemLab
import TandemTesting
import Testing

@Suite(
    "Sent faxes",
    .serialized,
    .timeLimit(.minutes(10)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct FaxSendingTests {
    @Test("1, 5 and 30 pages over audio and over T.38: all arrive, pixel by pixel")
    func arrive() async throws {
        try await Scene.sendingFaxes { scene, folder in
            var faxes: [(number: String, id: String, pages: Int, mode: String)] = []
            for pages in [1, 5, 30] {
                for (number, mode) in [("receive-\(pages)", "audio"), ("t38-\(pages)", "T38")] {
                    faxes.append((number, try await scene.fax(to: number, pages: pages), pages, mode))
                }
            }
            var modes: [String: [String]] = [:]
            for fax in faxes {
                #expect(try await scene.end(of: fax.id, within: .seconds(480)) == "succeeded", "\(fax.number)")
                #expect(await scene.events(of: fax.id) == ["created", "succeeded"])
                let item = try await scene.rest.get("/faxes/\(fax.id)")
                #expect(item.body?["state"] == "succeeded" && item.body?["direction"] == "outbound")
                #expect(item.body?["pages"]?.integer == Int64(fax.pages))
                #expect(item.body?["document_pages"]?.integer == Int64(fax.pages))
                #expect(item.body?["remote_station_id"]?.string?.contains("far end") == true)
                #expect((item.body?["rate"]?.integer ?? 0) >= 2_400)
                let document = try await scene.rest.get("/faxes/\(fax.id)/document")
                #expect(document.status == 200 && document.headers["content-type"] == "image/tiff")
                let sent = folder.appendingPathComponent("\(fax.number)-sent.tif")
                try document.bytes.write(to: sent)
                let name = fax.mode == "T38" ? "receive-\(fax.number)" : fax.number
                let received = folder.appendingPathComponent("\(name).tif")
                #expect(try await hasSamePixels(sent, received), "\(fax.number)")
                let mode = try String(contentsOf: folder.appendingPathComponent("mode-\(name)"), encoding: .utf8)
                modes[fax.mode, default: []].append(mode.trimmingCharacters(in: .newlines))
            }
            #expect(modes["audio"] == ["audio", "audio", "audio"])
            #expect(modes["T38"] == ["T38", "T38", "T38"])
            let list = try await scene.rest.get("/faxes?limit=2")
            #expect(list.body?["total"] == 6 && list.body?["items"]?.array?.count == 2)
            for fax in faxes { #expect(try await scene.rest.delete("/faxes/\(fax.id)").status == 204) }
            let left = try FileManager.default.contentsOfDirectory(
                atPath: folder.appendingPathComponent("spool").path
            )
            #expect(left == [])
        }
    }

    @Test("busy, refused, not answered, hung up: each ends in a state with an event, once")
    func failures() async throws {
        try await Scene.sendingFaxes { scene, _ in
            var ids: [String: String] = [:]
            for number in ["busy", "declined", "gone", "nobody", "short"] {
                ids[number] = try await scene.fax(to: number, pages: 1)
            }
            for (number, errors) in [
                "busy": ["failed BUSY"], "declined": ["failed NO_ANSWER"],
                "gone": ["failed UNREACHABLE", "failed CONGESTION"], "nobody": ["failed NO_ANSWER"],
                // SendFAX itself tells of it.
                "short": ["failed HANGUP", "failed The call dropped prematurely"],
            ] {
                let id = try #require(ids[number])
                let end = try await scene.end(of: id)
                #expect(errors.contains(end), "\(number): \(end)")
                #expect(await scene.events(of: id) == ["created", "failed"], "\(number)")
                let item = try await scene.rest.get("/faxes/\(id)")
                #expect(item.body?["state"] == "failed" && "failed \(item.body?["error"]?.string ?? "")" == end)
            }
        }
    }

    @Test("what is no PDF, has no recipient, or has too many pages is refused and leaves no file")
    func refused() async throws {
        try await Scene.sendingFaxes(.standalone, ["maximum_pages": 3]) { scene, folder in
            let pdf = PDFDocument.make(pages: 1)
            for (body, text) in [
                (Data(), "empty"), (Data("%!PS-Adobe-3.0\nshowpage\n".utf8), "PostScript"), (pdf.prefix(40), "cut off"),
                (Data("%PDF-1.4\n".utf8) + Data(count: 10_000), "zeros"), (PDFDocument.make(pages: 4), "4 pages"),
                (Data("%PD".utf8), "short"),
            ] {
                let answer = try await scene.sendFax("receive-1", body)
                #expect(answer.status == 400 && answer.body?["error_id"] == "fax-failure", "\(text): \(answer.text)")
            }
            let unknown = try await scene.sendFax("nothing", pdf)
            #expect(unknown.body?["error_id"] == "invalid-extension")
            #expect(unknown.body?["details"] == ["context": "fax-test", "exten": "nothing"])
            let missing = try await scene.rest.send(
                "POST",
                "/faxes?wait_time=",
                bytes: pdf,
                mediaType: "application/pdf"
            )
            #expect(missing.status == 400 && missing.body?["details"]?["context"]?["constraint_id"] == "required")
            #expect(missing.body?["details"]?["wait_time"]?["constraint"] == "integer")
            #expect(try await scene.rest.get("/faxes").body?["total"] == 0)
            #expect(try await scene.rest.get("/faxes/..%2F..%2Fetc").status == 404)
            #expect(try await scene.rest.get("/faxes/x/document").body?["error_id"] == "no-such-fax")
            let spool = folder.appendingPathComponent("spool").path
            #expect((try? FileManager.default.contentsOfDirectory(atPath: spool)) ?? [] == [])
        }
    }

    @Test("cancelled while it rings, and while it is being sent; another tenant sees nothing of it")
    func cancelled() async throws {
        try await Scene.sendingFaxes { scene, _ in
            for number in ["nobody", "silent"] {
                let id = try await scene.fax(to: number, pages: 1)
                if number == "silent" {
                    _ = try await eventually("it is being sent") {
                        try await scene.rest.get("/faxes/\(id)").body?["state"] == "sending" ? true : nil
                    }
                }
                let stranger = scene.tandem.rest.with(
                    token: try await scene.tandem.createToken(tenant: Demo.otherTenant, acl: ["calld.#"])
                )
                #expect(try await stranger.get("/faxes/\(id)").status == 404)
                #expect(try await stranger.delete("/faxes/\(id)").status == 404)
                #expect(try await stranger.get("/faxes").body?["total"] == 0)
                #expect(try await scene.rest.delete("/faxes/\(id)").status == 204)
                #expect(try await scene.end(of: id) == "failed CANCELLED")
                try await scene.becomesSilent()
                #expect(await scene.events(of: id) == ["created", "failed"])
            }
        }
    }

    @Test("a user's fax: from the context of his main line, with events of his own")
    func user() async throws {
        try await Scene.sendingFaxes { scene, _ in
            let erin = try await scene.rest(as: .erin)
            let pdf = PDFDocument.make(pages: 1)
            // 411 of the lab is busy.
            let answer = try await erin.send(
                "POST",
                "/users/me/faxes?extension=4%201%201&caller_id=Erin",
                bytes: pdf,
                mediaType: "application/pdf"
            )
            #expect(answer.status == 201, "\(answer.text)")
            let user = Demo.Office.Phone.erin.uuid
            #expect(answer.body?["user_uuid"]?.string == user && answer.body?["extension"] == "411")
            #expect(answer.body?["context"] == "default" && answer.body?["caller_id"] == "Erin")
            let id = try #require(answer.body?["id"]?.string)
            #expect(try await scene.end(of: id) == "failed BUSY")
            for word in ["created", "failed"] {
                let event = try await scene.bus.expect("fax_outbound_user_\(word)") { $0.data?["id"]?.string == id }
                #expect(event.routingKey == "faxes.outbound.users.\(user).\(word)")
                #expect(event.headers["user_uuid:\(user)"] == true)
            }
            let dave = scene.tandem.rest.with(
                token: try await scene.tandem.createToken(tenant: Demo.tenant, user: Demo.dave, acl: ["calld.#"])
            )
            let lost = try await dave.send(
                "POST",
                "/users/me/faxes?extension=411",
                bytes: pdf,
                mediaType: "application/pdf"
            )
            #expect(lost.body?["error_id"] == "user-missing-main-line")
        }
    }

    @Test("20 documents at once are all taken, and other requests are served meanwhile")
    func many() async throws {
        try await Scene.sendingFaxes { scene, _ in
            let start = ContinuousClock.now
            let (ids, waits) = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 { group.addTask { try await scene.fax(to: "busy", pages: 1) } }
                var waits: [Duration] = []
                for _ in 0..<20 {
                    let before = ContinuousClock.now
                    #expect(try await scene.rest.get("/faxes").status == 200)
                    waits.append(ContinuousClock.now - before)
                }
                return (try await group.reduce(into: []) { $0.append($1) }, waits.sorted())
            }
            let all = ContinuousClock.now - start
            print("20 conversions: \(all), other requests p50 \(waits[10]), longest \(waits[19])")
            #expect(Set(ids).count == 20)
            #expect(waits[10] < .seconds(1))
            for id in ids { #expect(try await scene.end(of: id) == "failed BUSY") }
        }
    }

    @Test("a second attempt is made where that is wanted, and a failed fax fails once")
    func retried() async throws {
        try await Scene.sendingFaxes(.standalone, ["retries": 1, "retry_pause": 1]) { scene, _ in
            let id = try await scene.fax(to: "busy", pages: 1)
            #expect(try await scene.end(of: id) == "failed BUSY")
            #expect(await scene.events(of: id) == ["created", "failed"])
            #expect(try await scene.rest.get("/faxes/\(id)").body?["attempts"] == 2)
        }
    }

    @Test("Tandem is killed while it rings, while it sends, and while the result comes: each fax ends once, and right")
    func killed() async throws {
        try await Scene.sendingFaxes { scene, _ in
            let ringing = try await scene.fax(to: "nobody", pages: 1)
            let sending = try await scene.fax(to: "receive-killed", pages: 3)
            _ = try await eventually("it is being sent") {
                try await scene.rest.get("/faxes/\(sending)").body?["state"] == "sending" ? true : nil
            }
            await scene.tandem.kill()
            // The fax ends without us.
            try await scene.becomesSilent(within: .seconds(120))
            try await scene.tandem.start()
            try await scene.becomesReady()
            #expect(try await scene.end(of: sending) == "succeeded")
            #expect(try await scene.end(of: ringing) == "failed LOST")
            for id in [ringing, sending] { #expect(await scene.events(of: id).count == 2) }
            #expect(try await scene.rest.get("/faxes/\(sending)").body?["pages"] == 3)
        }
    }

    @Test("Asterisk is killed while a fax is sent: it fails, with its event")
    func asteriskKilled() async throws {
        try await Scene.sendingFaxes { scene, _ in
            let id = try await scene.fax(to: "silent", pages: 1)
            _ = try await eventually("it is being sent") {
                try await scene.rest.get("/faxes/\(id)").body?["state"] == "sending" ? true : nil
            }
            try await scene.servers.kill(.asterisk)
            let refused = try await scene.sendFax("silent", PDFDocument.make(pages: 1))
            #expect(refused.status == 503)
            try await scene.servers.start(.asterisk)
            try await scene.becomesReady()
            #expect(try await scene.end(of: id) == "failed LOST")
            #expect(await scene.events(of: id) == ["created", "failed"])
        }
    }
}
