import Core
import Directory
import Events
import Foundation
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Voicemails

@Suite("Voicemails: what is announced", .timeLimit(.minutes(1)))
struct WatchTests {
    private func hint(_ office: MailOffice, _ box: String = "1001@default") async {
        await office.voicemails.receive(
            ManagerEvent(name: "MessageWaiting", message: ["Event": "MessageWaiting", "Mailbox": box])
        )
    }

    private func isWatching(_ office: MailOffice) async throws {
        try await eventually { office.store.rows["voicemail_watch/baseline"] != nil }
    }

    @Test("created, updated, deleted, once each, for every user of a box; for everybody's once")
    func changes() async throws {
        let office = try MailOffice(sweepInterval: 3_600)
        try await office.watching { () async throws in
            try await isWatching(office)
            try office.leave("2-1", in: "default/1002", time: 1)
            try office.leave("2-2", in: "default/1002", time: 2)
            for _ in 0..<3 { await hint(office, "1002@default") }
            try await eventually { office.announced.count == 4 }
            #expect(
                office.announced == [
                    "created 2-1 1 alice", "created 2-2 1 alice", "created 2-1 1 bob", "created 2-2 1 bob",
                ]
            )
            let first = try #require(office.store.messages.first)
            #expect(first.routingKey == "voicemails.messages.created" && first.resource == "voicemail:2")
            #expect(first.headers["required_acl"] == .string("events.users.\(MailOffice.alice).voicemails"))
            #expect(first.headers["user_uuid:\(MailOffice.alice)"] == true)
            try office.leave("3-1", in: "default/1900")
            await hint(office, "1900@default")
            try await eventually { office.announced.count == 5 }
            #expect(office.announced.last == "created 3-1 1 *")
            #expect(office.store.messages.last?.headers["user_uuid:*"] == true)
            #expect(
                office.store.messages.last?.headers["required_acl"] == "events.voicemails.global.messages.created"
            )
            let request = ManagerVoicemail(context: "default", mailbox: "1900", folder: "INBOX", id: "3-1")
            try await office.mailman.moveVoicemail(request, to: "Old")
            await hint(office, "1900@default")
            try await eventually { office.announced.count == 6 }
            #expect(office.announced.last == "updated 3-1 2 *")
            try FileManager.default.removeItem(atPath: office.path("default/1900", "Old"))
            await hint(office, "1900@default")
            try await eventually { office.announced.count == 7 }
            #expect(office.announced.last == "deleted 3-1 2 *")
        }
    }

    @Test("no flood on the first start; what came while we were down is announced after the next, once")
    func down() async throws {
        let store = InMemoryStateStore()
        let office = try MailOffice(store: store)
        try office.leave("1-1")
        try office.leave("1-2", time: 1_700_000_001)
        try await office.watching { () async throws in
            try await isWatching(office)
            try office.leave("1-3", time: 1_700_000_002)
            await hint(office)
            try await eventually { office.announced == ["created 1-3 1 alice"] }
        }
        try office.leave("1-4", time: 1_700_000_003)
        try office.leave("3-1", in: "default/1900")
        try await office.mailman.removeVoicemail(
            ManagerVoicemail(context: "default", mailbox: "1001", folder: "INBOX", id: "1-1")
        )
        for _ in 0..<3 {
            let later = try MailOffice(folder: office.folder, store: store)
            try await later.watching {
                try await eventually { office.announced.count >= 4 }
                // Whatever else would be told has had its chance once another change is told.
                let count = office.announced.count
                try office.leave("1-\(count + 5)", time: 1_700_000_100 + count)
                try await eventually { office.announced.count > count }
            }
        }
        #expect(
            Set(office.announced.prefix(4)) == [
                "created 1-3 1 alice", "created 1-4 1 alice", "deleted 1-1 1 alice", "created 3-1 1 *",
            ]
        )
        #expect(office.announced.count == 7 && Set(office.announced).count == 7)
    }

    @Test("the directory or the database is away, or loses an answer: told later, and once")
    func outages() async throws {
        let office = try MailOffice(sweepInterval: 0.1)
        try await office.watching { () async throws in
            try await isWatching(office)
            office.directory.setOutage(.unreachable("away"))
            try office.leave("1-1")
            await hint(office)
            try await eventually { office.directory.lookUps > 1 }
            office.directory.setOutage(nil as Core.DatabaseFailure?)
            try await eventually { office.announced == ["created 1-1 1 alice"] }
            office.store.setOutage(.unreachable("away"))
            try office.leave("1-2")
            await hint(office)
            office.store.setOutage(nil)
            try await eventually { office.announced.count == 2 }
            office.store.loseNextAnswer()
            try office.leave("1-3")
            await hint(office)
            try await eventually { office.announced.count == 3 }
            try office.leave("1-4")
            await hint(office)
            try await eventually { office.announced.count >= 4 }
            #expect(
                office.announced.map { $0.prefix(11) } == ["created 1-1", "created 1-2", "created 1-3", "created 1-4"]
            )
        }
    }

    @Test("a disk that is not there says nothing of messages; a box that nobody has is told of when somebody has it")
    func missing() async throws {
        let office = try MailOffice()
        try await office.watching { () async throws in
            try await isWatching(office)
            try office.leave("1-1")
            try await eventually { office.announced.count == 1 }
            let aside = office.folder.path + "-aside"
            rename(office.folder.path, aside)
            for _ in 0..<3 { await hint(office) }
            // An empty place to mount something.
            mkdir(office.folder.path, 0o755)
            office.voicemails.watch.lookEverywhere()
            await hint(office)
            rmdir(office.folder.path)
            rename(aside, office.folder.path)
            try office.leave("8-1", in: "default/1008")
            try office.leave("1-2")
            try await eventually { office.announced.count == 2 }
            office.directory.change { world in
                var box = world.voicemails[0]
                (box.id, box.number) = (8, "1008")
                world.voicemails.append(box)
            }
            office.voicemails.directoryChanged()
            try await eventually { office.announced.count == 3 }
            #expect(office.announced.map { $0.prefix(11) } == ["created 1-1", "created 1-2", "created 8-1"])
        }
    }

    @Test("a box that gets another number brings its messages along without noise")
    func renumbered() async throws {
        let office = try MailOffice()
        try await office.watching { () async throws in
            try await isWatching(office)
            try office.leave("1-1")
            try await eventually { office.announced.count == 1 }
            office.directory.change { $0.voicemails[0].number = "1011" }
            rename(office.path("default/1001"), office.path("default/1011"))
            office.voicemails.watch.lookEverywhere()
            try await eventually {
                office.store.rows["voicemail_box/1001@default"] == nil || office.announced.count > 1
            }
            try office.leave("1-2", in: "default/1011")
            try await eventually { office.announced.count >= 2 }
            #expect(office.announced == ["created 1-1 1 alice", "created 1-2 1 alice"])
        }
    }

    @Test("what others change on the disk is found, and Asterisk is told to look for the lamps")
    func byOthers() async throws {
        let office = try MailOffice(sweepInterval: 0.05)
        try await office.watching { () async throws in
            try await isWatching(office)
            try office.leave("1-1")
            try await eventually { office.announced.count == 1 }
            try FileManager.default.removeItem(atPath: office.path("default/1001", "INBOX"))
            try await eventually { office.announced.count == 2 }
            try await eventually { office.mailman.actions.contains("VoicemailRefresh") }
            #expect(office.announced == ["created 1-1 1 alice", "deleted 1-1 1 alice"])
        }
    }

    @Test("transcriptions are passed on to the people of the box")
    func transcriptions() async throws {
        let office = try MailOffice()
        let golden = try GoldenBodies.body("bus.calllogd")
        func deliver(_ name: String, box: Int) async {
            var data = golden[name]?["data"]?.object ?? [:]
            data["voicemail_id"] = .integer(Int64(box))
            let body: JSONValue = ["name": .string(name), "data": .object(data)]
            await office.voicemails.receive(
                BusDelivery(routingKey: "", headers: ["name": .string(name)], payload: Data(body.text.utf8))
            )
        }
        await deliver("call_logd_voicemail_transcription_created", box: 2)
        await deliver("call_logd_voicemail_transcription_deleted", box: 3)
        await deliver("call_logd_voicemail_transcription_deleted", box: 99)
        #expect(
            office.events.map(\.name) == [
                "user_voicemail_transcription_created", "user_voicemail_transcription_created",
                "global_voicemail_transcription_deleted",
            ]
        )
        var expected = golden["call_logd_voicemail_transcription_created"]?["data"]?.object ?? [:]
        expected["tenant_uuid"] = nil
        expected["voicemail_id"] = 2
        expected["user_uuid"] = .string(MailOffice.alice.rawValue)
        #expect(office.events.first?.data == .object(expected))
        #expect(office.events.first?.requiredACL?.hasSuffix(".voicemails.transcriptions.created") == true)
    }

    @Test("rows are read back as they were written; nonsense is no row")
    func rows() throws {
        let path = try #require(BoxPath(mailbox: "1001@default"))
        let message = VoicemailMessage(
            id: "1-1",
            callerName: nil,
            callerNumber: "12",
            duration: 3,
            timestamp: 4,
            folder: .family
        )
        let box = SeenBox(path: path, tenant: MailOffice.tenant, revision: 3, messages: ["1-1": message])
        #expect(SeenBox(box.row) == box)
        var row = box.row
        row.body = ["messages": [["1-1", 9, 4, 3, nil, nil]]]
        #expect(SeenBox(row) == nil)
        row = box.row
        row.id = "../../etc"
        #expect(SeenBox(row) == nil)
    }
}
