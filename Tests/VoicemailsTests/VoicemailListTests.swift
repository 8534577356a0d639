import Core
import Foundation
import HTTPTypes
import Testing

@testable import Voicemails

@Suite("Voicemails: lists of messages", .timeLimit(.minutes(1)))
struct VoicemailListTests {
    /// Five messages in four boxes, one with a text.
    private func officeWithFive() throws -> MailOffice {
        let office = try MailOffice()
        try office.leave("1-1", time: 30, duration: 5, caller: "Unknown")
        try office.leave("1-2", time: 10, duration: 9, caller: #""Zoe" <12>"#)
        try office.leave("3-1", in: "default/1900", time: 20, duration: 1, caller: #""Ann" <13>"#)
        try office.leave("2-1", in: "default/1002", time: 40)
        try office.leave("4-1", in: "other/1001", time: 50)
        office.transcriptions.set(["3-1": "x"])
        return office
    }

    @Test("lists of the user's boxes: sorted, searched, cut into pages")
    func ownLists() async throws {
        try await officeWithFive().serve { request async throws in
            func ids(_ path: String, _ token: String = "alice") async throws -> [String?] {
                let answer = try await request(.get, path, as: token)
                #expect(answer.status == 200, "\(path) \(answer.json)")
                return answer.items.map { $0["id"]?.string }
            }
            let mine = "/users/me/voicemails/messages"
            #expect(try await ids(mine) == ["1-2", "3-1", "1-1"])
            #expect(try await ids(mine + "?order=caller_id_name") == ["1-1", "3-1", "1-2"], "nobody first")
            #expect(try await ids(mine + "?order=caller_id_name&direction=desc") == ["1-2", "3-1", "1-1"])
            #expect(try await ids(mine + "?order=duration&limit=1&offset=1") == ["1-1"])
            #expect(try await ids(mine + "?voicemail_type=global") == ["3-1"])
            #expect(try await ids(mine + "?voicemail_type=personal") == ["1-2", "1-1"])
            #expect(try await ids(mine, "carol") == ["3-1"], "without a box of her own")
            let page = try await request(.get, mine + "?limit=1&search=ZO")
            #expect(page.json["total"] == 3 && page.json["filtered"] == 1)
            #expect(page.items.first?["voicemail"] == ["id": 1, "name": "Box 1", "accesstype": "personal"])
        }
    }

    @Test("lists of the tenant's boxes: chosen, filtered, and what cannot be understood is refused")
    func tenantLists() async throws {
        let office = try officeWithFive()
        try await office.serve { request async throws in
            let all = "/voicemails/messages"
            func ids(_ query: String) async throws -> [String?] {
                let answer = try await request(.get, all + query)
                #expect(answer.status == 200, "\(query) \(answer.json)")
                return answer.items.map { $0["id"]?.string }
            }
            let answer = try await request(.get, all)
            #expect(answer.items.map { $0["id"]?.string } == ["1-2", "3-1", "1-1", "2-1"])
            #expect(answer.json["total"] == 4 && answer.json["filtered"] == 4)
            #expect(answer.items[1]["transcribed"] == true && answer.items[1]["transcription"] == nil)
            #expect(try await ids("?voicemail_id=2") == ["2-1"])
            #expect(try await ids("?voicemail_id=4") == [], "another tenant's")
            #expect(try await ids("?user_uuid=\(MailOffice.bob)") == ["3-1", "2-1"])
            #expect(try await ids("?from=1970-01-01T00:00:20Z&until=1970-01-01T00:00:40%2B00:00") == ["3-1", "1-1"])
            #expect(try await ids("?transcribed=true") == ["3-1"])
            #expect(try await ids("?recurse=true").contains("4-1"))
            office.transcriptions.setAway(true)
            #expect(try await request(.get, all + "?transcribed=true").errorID == "wazo-call-logd-unreachable")
            for (query, field) in [
                ("limit=0", "limit"), ("offset=-1", "offset"), ("order=folder", "order"), ("direction=up", "direction"),
                ("voicemail_type=mine", "voicemail_type"), ("from=2026-01-01T00:00:00", "from"), ("x=1", "x"),
                ("recurse=maybe", "recurse"), ("voicemail_id=x", "voicemail_id"),
            ] {
                let refused = try await request(.get, "\(all)?\(query)")
                #expect(refused.status == 400 && refused.json["details"]?[field] != nil, "\(query)")
            }
        }
    }
}
