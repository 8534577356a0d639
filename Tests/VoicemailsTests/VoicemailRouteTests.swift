import Core
import Directory
import Foundation
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Voicemails

@Suite("Voicemails: routes of boxes and messages", .timeLimit(.minutes(1)))
struct VoicemailRouteTests {
    @Test("a box with its folders, newest message first; transcriptions where there are any")
    func box() async throws {
        let office = try MailOffice()
        try office.leave("1-1", time: 10)
        try office.leave("1-2", time: 20, duration: 0, caller: "Unknown")
        try office.leave("1-3", folder: .old, time: 5)
        office.transcriptions.set(["1-1": "hello"])
        try await office.serve { request async throws in
            let own = try await request(.get, "/users/me/voicemails")
            #expect(own.json == (try await request(.get, "/voicemails/1")).json)
            #expect(own.json["id"] == 1 && own.json["number"] == "1001" && own.json["accesstype"] == "personal")
            let folders = try #require(own.json["folders"]?.array)
            #expect(folders.map { $0["name"]?.string } == ["inbox", "old", "urgent", "work", "family", "friends"])
            #expect(folders.map { $0["type"]?.string } == ["new", "old", "urgent", "other", "other", "other"])
            let inbox = try #require(folders[0]["messages"]?.array)
            #expect(
                inbox == [
                    [
                        "id": "1-2", "caller_id_name": nil, "caller_id_num": nil, "duration": 0, "timestamp": 20,
                        "empty": true, "transcription": nil,
                    ],
                    [
                        "id": "1-1", "caller_id_name": "Bob", "caller_id_num": "1002", "duration": 3, "timestamp": 10,
                        "empty": false, "transcription": ["text": "hello"],
                    ],
                ]
            )
            #expect(try await request(.get, "/voicemails/1/folders/1").json == folders[0])
            #expect(try await request(.get, "/users/me/voicemails/folders/6").json["messages"] == [])
            let message = try await request(.get, "/voicemails/1/messages/1-3")
            #expect(message.json["folder"] == ["id": 2, "name": "old", "type": "old"])
            office.transcriptions.setAway(true)
            let without = try await request(.get, "/voicemails/1/messages/1-1")
            #expect(without.status == 200 && without.json["transcription"] == .null)
        }
    }

    @Test("a request in another tenant's name finds the user's own box, and that tenant's boxes of everybody")
    func ownBoxElsewhere() async throws {
        let office = try MailOffice()
        try office.leave("1-1")
        office.directory.change { world in
            world.voicemails.append(
                VoicemailRecord(
                    id: 9,
                    tenant: MailOffice.otherTenant,
                    name: "Everybody's",
                    number: "1900",
                    context: "other",
                    access: .global,
                    users: []
                )
            )
        }
        try office.leave("9-1", in: "other/1900", time: 1_700_000_100)
        let tenantHeader = try #require(HTTPField.Name("Wazo-Tenant"))
        let elsewhere: HTTPFields = [tenantHeader: MailOffice.otherTenant.rawValue]
        try await office.serve { request async throws in
            let box = try await request(.get, "/users/me/voicemails", as: "boss", headers: elsewhere)
            #expect(box.status == 200 && box.json["id"] == 1)
            let folder = try await request(.get, "/users/me/voicemails/folders/1", as: "boss", headers: elsewhere)
            #expect(folder.json["messages"]?.array?.count == 1)
            let list = try await request(.get, "/users/me/voicemails/messages", as: "boss", headers: elsewhere)
            #expect(Set(list.items.compactMap { $0["id"]?.string }) == ["1-1", "9-1"])
            let own = try await request(.get, "/users/me/voicemails/messages/1-1", as: "boss", headers: elsewhere)
            #expect(own.status == 200)
            // Boxes by id stay those of the tenant that the request names.
            #expect(try await request(.get, "/voicemails/1", as: "boss", headers: elsewhere).status == 404)
        }
    }

    private static let badPaths: [(path: String, status: Int, id: String)] = [
        ("/voicemails/x", 400, "invalid-voicemail-id"), ("/voicemails/-1", 400, "invalid-voicemail-id"),
        ("/voicemails/+1", 400, "invalid-voicemail-id"), ("/voicemails/01", 400, "invalid-voicemail-id"),
        ("/voicemails/1%0a", 400, "invalid-voicemail-id"), ("/voicemails/1%20", 400, "invalid-voicemail-id"),
        ("/voicemails/1.5", 400, "invalid-voicemail-id"), ("/voicemails/%2e%2e", 400, "invalid-voicemail-id"),
        ("/voicemails/99999999999999999999", 400, "invalid-voicemail-id"),
        ("/voicemails/1%2F..%2F4", 404, "not-found"), ("/voicemails/1%00", 404, "not-found"),
        ("/voicemails/99", 404, "no-such-voicemail"), ("/voicemails/4", 404, "no-such-voicemail"),
        ("/voicemails/1/folders/x", 400, "invalid-voicemail-folder-id"),
        ("/voicemails/1/folders/-1", 400, "invalid-voicemail-folder-id"),
        ("/voicemails/1/folders/7", 404, "no-such-voicemail-folder"),
        ("/voicemails/1/folders/0", 404, "no-such-voicemail-folder"),
        ("/voicemails/1/messages/..", 400, "invalid-voicemail-message-id"),
        ("/voicemails/1/messages/%2e%2e", 400, "invalid-voicemail-message-id"),
        ("/voicemails/1/messages/..%2F..%2Fsecret", 404, "not-found"),
        ("/voicemails/1/messages/a%00b", 404, "not-found"),
        ("/voicemails/1/messages/a%0Ab", 400, "invalid-voicemail-message-id"),
        ("/voicemails/1/messages/a_b", 400, "invalid-voicemail-message-id"),
        ("/voicemails/x/messages/..", 400, "invalid-voicemail-id"),
        ("/voicemails/1/messages/9-9", 404, "no-such-voicemail-message"),
        ("/voicemails/4/messages/9-9", 404, "no-such-voicemail"),
        ("/voicemails/1/greetings/..", 404, "no-such-voicemail-greeting"),
        ("/voicemails/1/greetings/temp", 404, "no-such-voicemail-greeting"),
        ("/voicemails/x/greetings/temp", 400, "invalid-voicemail-id"),
        ("/users/me/voicemails/messages/9-9", 404, "no-such-voicemail-message"),
        ("/users/me/voicemails/messages/..", 400, "invalid-voicemail-message-id"),
    ]

    @Test("path tricks and wrong ids: each with its own 400 or 404, before anything is looked up")
    func tricks() async throws {
        let office = try MailOffice()
        try office.leave("1-1")
        try office.leave("9-9", in: "other/1001")
        let secret = office.folder.deletingLastPathComponent().appendingPathComponent("secret-\(UUID().uuidString)")
        try "secret".write(to: secret, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: secret) }
        try await office.serve { request async throws in
            for (path, status, id) in Self.badPaths {
                let answer = try await request(.get, path)
                #expect(answer.status == status && answer.errorID == id, "\(path): \(answer.json)")
            }
        }
    }

    @Test("a box whose number leads out of the spool is empty, and nothing can be put there; who may not, sees nothing")
    func outside() async throws {
        let office = try MailOffice()
        try office.leave("1-1")
        try await office.serve { request async throws in
            let odd = try await request(.get, "/voicemails/5")
            #expect(odd.status == 200 && odd.json["folders"]?.array?.allSatisfy { $0["messages"] == [] } == true)
            #expect(try await request(.post, "/voicemails/5/greetings/busy", Data("x".utf8)).status == 404)
            #expect(try await request(.get, "/users/me/voicemails", as: "carol").errorID == "no-such-user-voicemail")
            #expect(
                try await request(.get, "/users/me/voicemails", as: "service").errorID
                    == "token-with-user-uuid-required"
            )
            #expect(try await request(.get, "/voicemails/1", as: "deaf").status == 401)
            #expect(try await request(.get, "/voicemails/1", as: "stranger").status == 404)
        }
    }

    @Test("a message is moved and deleted by Asterisk, and the disk has the last word")
    func moveAndDelete() async throws {
        let office = try MailOffice()
        for number in 1...3 { try office.leave("1-\(number)", time: number) }
        try await office.serve { request async throws in
            let path = "/users/me/voicemails/messages/1-2"
            #expect(
                try await request(.put, path, Data("{}".utf8)).json["details"]?["folder_id"] == [
                    "Missing data for required field."
                ]
            )
            #expect(
                try await request(.put, path, Data("[]".utf8)).json["details"] == ["_schema": ["Invalid input type."]]
            )
            #expect(try await request(.put, path).status == 400)
            let odd = Data(#"{"folder_id": 2, "x": 1}"#.utf8)
            #expect(try await request(.put, path, odd).json["details"] == ["x": ["Unknown field."]])
            #expect(
                try await request(.put, path, Data(#"{"folder_id": 9}"#.utf8)).errorID == "no-such-voicemail-folder"
            )
            let move = Data(#"{"folder_id": "2"}"#.utf8)
            #expect(try await request(.put, path, move).status == 204)
            #expect(try await request(.put, path, move).status == 204, "there already")
            #expect(office.mailman.actions == ["VoicemailMove"])
            let folder = try await request(.get, "/voicemails/1/folders/1")
            #expect(folder.json["messages"]?.array?.map { $0["id"]?.string } == ["1-3", "1-1"])

            // Success that is none.
            office.mailman.setIdle(true)
            let idle = try await request(.delete, path)
            #expect(idle.status == 503 && idle.errorID == "asterisk-ari-error")
            office.mailman.setIdle(false)
            office.mailman.fail(.timedOut)
            #expect(try await request(.delete, path).errorID == "wazo-amid-error")
            office.mailman.fail(nil)
            #expect(try await request(.delete, path).status == 204)
            #expect(try await request(.delete, path).errorID == "no-such-voicemail-message")
            #expect(try await request(.put, path, move).errorID == "no-such-voicemail-message")
        }
    }

    @Test("where Asterisk has the platform's resource, that is asked")
    func resource() async throws {
        let office = try MailOffice()
        try office.leave("1-1")
        office.resource.appear(office.mailman)
        office.voicemails.actions.forget()
        try await office.serve { request async throws in
            let move = Data(#"{"folder_id": 4}"#.utf8)
            #expect(try await request(.put, "/voicemails/1/messages/1-1", move).status == 204)
            #expect(try await request(.delete, "/voicemails/1/messages/1-1").status == 204)
            #expect(office.mailman.actions == ["VoicemailMove", "VoicemailRemove"])
        }
    }

    @Test("a recording in another format is sent as WAVE; a missing one is said to be")
    func formats() async throws {
        let office = try MailOffice()
        let silent = try office.leave("1-2")
        unlink(silent + ".wav")
        let encoded = try office.leave("1-3", sound: Data(repeating: 0xFF, count: 8_000))
        rename(encoded + ".wav", encoded + ".ulaw")
        try await office.serve { request async throws in
            let missing = try await request(.get, "/voicemails/1/messages/1-2/recording")
            #expect(missing.status == 500 && missing.errorID == "invalid-voicemail-message-format")
            let converted = try await request(.get, "/voicemails/1/messages/1-3/recording")
            #expect(converted.status == 200 && converted.bytes.prefix(4) == Data("RIFF".utf8))
            #expect(converted.bytes.count == 16_044)
        }
    }

    @Test("a recording is sent whole or in part")
    func recordings() async throws {
        let office = try MailOffice()
        let sound = Data((0..<700_000).map { UInt8(truncatingIfNeeded: $0) })
        try office.leave("1-1", sound: sound)
        try await office.serve { request async throws in
            let path = "/users/me/voicemails/messages/1-1/recording"
            let whole = try await request(.get, path + "?download=1&token=alice", as: "")
            #expect(whole.status == 200 && whole.bytes == sound && whole.header("content-type") == "audio/wav")
            #expect(whole.header("content-disposition") == "attachment;filename=vm-msg-1-1.wav")
            #expect(whole.header("accept-ranges") == "bytes")
            let tag = try #require(whole.header("etag"))
            for (range, part) in [
                ("bytes=0-0", 0..<1), ("bytes=699999-", 699_999..<700_000), ("bytes=-5", 699_995..<700_000),
                ("bytes=100-999999999", 100..<700_000), ("bytes=300000-600000", 300_000..<600_001),
                ("bytes=-99999999", 0..<700_000),
            ] {
                let answer = try await request(.get, path, headers: [.range: range, .ifRange: tag])
                #expect(answer.status == 206 && answer.bytes == sound[part], "\(range)")
                #expect(answer.header("content-range") == "bytes \(part.lowerBound)-\(part.upperBound - 1)/700000")
            }
            for range in ["bytes=5-2", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=-"] {
                #expect(try await request(.get, path, headers: [.range: range]).status == 200, "\(range)")
            }
            let changed = try await request(.get, path, headers: [.range: "bytes=0-0", .ifRange: "\"x\""])
            #expect(changed.status == 200)
            let beyond = try await request(.get, path, headers: [.range: "bytes=700000-"])
            #expect(beyond.status == 416 && beyond.header("content-range") == "bytes */700000")
            let head = try await request(.head, path)
            #expect(head.status == 200 && head.bytes.isEmpty && head.header("content-length") == "700000")
        }
    }

    @Test("broken messages and a missing spool: one costs itself, the other is an error and no empty box")
    func broken() async throws {
        let office = try MailOffice()
        try office.leave("1-1")
        let broken = try office.leave("1-2")
        try "[message]\norigmailbox=1001\n".write(toFile: broken + ".txt", atomically: true, encoding: .utf8)
        let link = try office.leave("1-3")
        unlink(link + ".txt")
        symlink("/etc/passwd", link + ".txt")
        mkdir(office.path("default/1001", "INBOX/msg0009.txt"), 0o755)
        mkfifo(office.path("default/1001", "INBOX/msg0008.txt"), 0o644)
        try await office.serve { request async throws in
            let folder = try await request(.get, "/voicemails/1/folders/1")
            #expect(folder.json["messages"]?.array?.map { $0["id"]?.string } == ["1-1"])
            let aside = office.folder.path + "-aside"
            rename(office.folder.path, aside)
            let missing = try await request(.get, "/voicemails/1")
            #expect(missing.status == 503 && missing.errorID == "voicemail-spool-unavailable")
            rename(aside, office.folder.path)
            #expect(try await request(.get, "/voicemails/1").status == 200)
            office.directory.setOutage(.unreachable("away"))
            #expect(try await request(.get, "/voicemails/1").errorID == "database-unreachable")
        }
    }
}
