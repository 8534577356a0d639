import Core
import Foundation
import HTTPTypes
import TandemLab
import TandemTesting
import Testing

@testable import Voicemails

@Suite("Voicemails: greetings", .timeLimit(.minutes(1)))
struct GreetingTests {
    private static let sound = WaveSound(tone: 440, seconds: 1).file()
    private static let path = "/voicemails/1/greetings/unavailable"

    private func names(_ office: MailOffice) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: office.path())) ?? []).sorted()
    }

    @Test("created, read, replaced, copied, removed; other formats are found and go with it")
    func life() async throws {
        let office = try MailOffice()
        try await office.serve { request async throws in
            #expect(try await request(.get, Self.path).errorID == "no-such-voicemail-greeting")
            #expect(try await request(.put, Self.path, Self.sound).status == 404)
            #expect(try await request(.post, Self.path, Self.sound).status == 204)
            #expect(try await request(.post, Self.path, Self.sound).errorID == "voicemail-greeting-already-exists")
            #expect(try await request(.get, Self.path).bytes == Self.sound)
            #expect(try await request(.head, Self.path).status == 200)
            let other = WaveSound(tone: 1_000, seconds: 1).file()
            #expect(try await request(.put, Self.path, other).status == 204)
            let read = try await request(.get, "/users/me/voicemails/greetings/unavailable")
            #expect(read.bytes == other && read.header("content-type") == "audio/wav")
            let copy = Self.path + "/copy"
            let missing = try await request(.post, copy, Data("{}".utf8))
            #expect(missing.json["details"]?["dest_greeting"] == ["Missing data for required field."])
            let wrong = try await request(.post, copy, Data(#"{"dest_greeting": "temp"}"#.utf8))
            #expect(
                wrong.json["details"]?["dest_greeting"]?.array?.first?["constraint"]?["choices"]
                    == ["unavailable", "busy", "name"]
            )
            #expect(try await request(.post, copy, Data(#"{"dest_greeting": "name"}"#.utf8)).status == 204)
            #expect(names(office) == ["greet.wav", "unavail.wav"])
            // Asterisk recorded one in another format.
            rename(office.path("default/1001", "greet.wav"), office.path("default/1001", "busy.WAV"))
            #expect(try await request(.post, "/voicemails/1/greetings/busy", Self.sound).status == 409)
            #expect(try await request(.get, "/voicemails/1/greetings/busy").status == 200)
            #expect(try await request(.put, "/voicemails/1/greetings/busy", Self.sound).status == 204)
            #expect(names(office) == ["busy.wav", "unavail.wav"])
            for _ in 0..<2 { #expect(try await request(.delete, "/voicemails/1/greetings/busy").status == 204) }
            #expect(names(office) == ["unavail.wav"])
        }
    }

    @Test("a wrong body is told before a greeting or a box that is not there", arguments: ["unavailable", "temp"])
    func copyOrder(greeting: String) async throws {
        let office = try MailOffice()
        try await office.serve { request async throws in
            for box in ["/voicemails/1", "/voicemails/999", "/users/me/voicemails"] {
                let path = "\(box)/greetings/\(greeting)/copy"
                for body in [Data(), Data("{}".utf8), Data(#"{"dest_greeting": 1}"#.utf8)] {
                    #expect(try await request(.post, path, body).status == 400, "\(path)")
                }
                #expect(try await request(.post, path, Data(#"{"dest_greeting": "name"}"#.utf8)).status == 404)
            }
            #expect(
                try await request(.post, "/voicemails/x/greetings/temp/copy", Data()).errorID == "invalid-voicemail-id"
            )
        }
    }

    @Test("a sound whose head says no length, as of a recorder on a pipe, is taken whole", arguments: [8_000, 44_100])
    func noLength(rate: UInt32) async throws {
        let office = try MailOffice()
        var sound = [UInt8](Self.sound)
        for place in [4, 40] { sound.replaceSubrange(place..<place + 4, with: [0, 0, 0, 0]) }
        withUnsafeBytes(of: rate.littleEndian) { sound.replaceSubrange(24..<28, with: $0) }
        let body = Data(sound)
        try await office.serve { request async throws in
            #expect(try await request(.post, Self.path, body).status == 204)
            let stored = try await request(.get, Self.path).bytes
            let samples = (body.count - 44) / 2
            let expected = samples * 8_000 / Int(rate)
            #expect(abs((stored.count - 44) / 2 - expected) < 100, "\(stored.count)")
        }
    }

    @Test("what is no sound or too long is refused, and leaves nothing behind")
    func wrong() async throws {
        let office = try MailOffice()
        var endless = [UInt8](WaveSound(tone: 440, seconds: 1).file())
        // 8 channels of nothing, 1 sample a second: hours.
        endless.replaceSubrange(24..<28, with: [1, 0, 0, 0])
        let longest = Data(endless)
        let headless = Data("RIFF\u{1}\u{0}\u{0}\u{0}WAVEdata".utf8)
        var truncated = Self.sound
        truncated.removeLast(8_000)
        try await office.serve { [truncated] request async throws in
            for body in [Data(), Data("no sound".utf8), headless, longest, Self.sound.prefix(44), Data(count: 100_000)]
            {
                let answer = try await request(.post, Self.path, body)
                #expect(answer.status == 400 && answer.errorID == "invalid-voicemail-greeting", "\(body.count)")
                #expect(answer.json["details"] == ["greeting": "unavailable"])
            }
            #expect(names(office) == [])
            // A recorder that was cut off: what is there is taken.
            #expect(try await request(.post, Self.path, truncated).status == 204)
            #expect(try await request(.get, Self.path).bytes.count > 7_000)
            #expect(names(office) == ["unavail.wav"])
        }
    }

    @Test("stereo with 44,100 Hz becomes what Asterisk plays")
    func converted() async throws {
        let office = try MailOffice()
        try await office.serve { request async throws in
            let fast = WaveSound(tone: 440 * 8_000 / 32_000, seconds: 8).file(rate: 32_000)
            #expect(try await request(.post, Self.path, fast).status == 204)
            let kept = try #require(WaveSound(try await request(.get, Self.path).bytes))
            #expect(abs(kept.seconds - 2) < 0.05 && kept.share(ofTone: 440) > 0.9)
        }
    }

    @Test("of many that create a greeting at the same time one does")
    func race() async throws {
        let office = try MailOffice()
        try await office.serve { request async throws in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<16 { group.addTask { try await request(.post, Self.path, Self.sound).status } }
                return try await group.reduce(into: [:]) { counts, status in counts[status, default: 0] += 1 }
            }
            #expect(statuses == [204: 1, 409: 15])
            #expect(names(office) == ["unavail.wav"])
        }
    }

    @Test("a spool that is missing is an error, and is not made")
    func missing() async throws {
        let office = try MailOffice()
        try FileManager.default.removeItem(at: office.folder)
        try await office.serve { request async throws in
            let answer = try await request(.post, Self.path, Self.sound)
            #expect(answer.status == 503 && answer.errorID == "voicemail-spool-unavailable")
            #expect(!FileManager.default.fileExists(atPath: office.folder.path))
        }
    }

    @Test("a link in the place of a greeting is neither read nor written through")
    func links() async throws {
        let office = try MailOffice()
        try FileManager.default.createDirectory(atPath: office.path(), withIntermediateDirectories: true)
        let outside = office.folder.path + "-outside"
        try "untouched".write(toFile: outside, atomically: true, encoding: .utf8)
        defer { unlink(outside) }
        symlink(outside, office.path("default/1001", "unavail.wav"))
        try await office.serve { request async throws in
            #expect(try await request(.get, Self.path).status == 404)
            _ = try await request(.post, Self.path, Self.sound)
            #expect(FileManager.default.contents(atPath: outside) == Data("untouched".utf8))
            #expect(try await request(.delete, Self.path).status == 204)
            #expect(FileManager.default.contents(atPath: outside) == Data("untouched".utf8))
        }
    }

    @Test(
        "a full disk and one that is read-only are errors, and leave nothing behind; reading goes on",
        .enabled(if: TinyDisk.isPossible, "needs the right to mount")
    )
    func fullDisk() async throws {
        let disk = try #require(TinyDisk())
        let office = try MailOffice(folder: disk.folder)
        try office.leave("1-1")
        let large = WaveSound(tone: 440, seconds: 10).file()
        try await office.serve { request async throws in
            let full = try await request(.post, Self.path, large)
            #expect(full.status == 503 && full.errorID == "voicemail-spool-unavailable")
            #expect(full.json["details"]?["original_error"]?.string?.contains("No space left") == true)
            #expect(names(office) == ["INBOX"])
            #expect(try await request(.post, Self.path, Self.sound).status == 204)
            #expect(disk.becomeReadOnly())
            let refused = try await request(.put, Self.path, Self.sound)
            #expect(refused.json["details"]?["original_error"]?.string?.contains("Read-only") == true)
            #expect(try await request(.delete, Self.path).status == 503)
            #expect(try await request(.get, Self.path).bytes == Self.sound)
            #expect(try await request(.get, "/voicemails/1/messages/1-1").status == 200)
            #expect(try await request(.get, "/voicemails/1/messages/1-1/recording").status == 200)

            // Where Asterisk has the platform's resource it writes for us.
            office.resource.appear(office.mailman)
            office.voicemails.actions.forget()
            #expect(try await request(.put, Self.path, Self.sound).status == 204)
            #expect(office.resource.greetings["default/1001/unavail"] == Self.sound)
            #expect(try await request(.post, "/voicemails/1/greetings/busy", Self.sound).status == 204)
            #expect(try await request(.post, "/voicemails/1/greetings/busy", Data("x".utf8)).status == 400)
            #expect(try await request(.delete, Self.path).status == 204)
            #expect(office.resource.greetings["default/1001/unavail"] == nil)
        }
    }

    @Test("drafts that a crash left behind go with the next greeting, those of others do not")
    func drafts() async throws {
        let office = try MailOffice()
        try FileManager.default.createDirectory(atPath: office.path(), withIntermediateDirectories: true)
        let old = office.path("default/1001", ".tandem-greeting-old.wav")
        let young = office.path("default/1001", ".tandem-greeting-young.wav")
        for path in [old, young] { try Data("x".utf8).write(to: URL(fileURLWithPath: path)) }
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -7_200)],
            ofItemAtPath: old
        )
        try await office.serve { request async throws in
            let answer = try await request(.post, Self.path, Self.sound)
            #expect(answer.status == 204)
            #expect(names(office) == [".tandem-greeting-young.wav", "unavail.wav"])
        }
    }
}
