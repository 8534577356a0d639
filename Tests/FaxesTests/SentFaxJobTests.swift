import CallControl
import Core
import Events
import Foundation
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Faxes

@Suite("A sent fax as a job", .timeLimit(.minutes(2)))
struct SentFaxJobTests {
    private static let success = ["STATUS": "SUCCESS", "PAGES": "1", "RATE": "14400", "REMOTESTATIONID": "far"]

    /// Data of the event with this name.
    private func data(_ name: String, _ site: SendingSite) throws -> JSONValue? {
        let message = site.store.messages.first { $0.headers["name"]?.string == name }
        return try message.flatMap { try JSONValue(parsing: Data($0.body.utf8))["data"] }
    }

    @Test("created, then succeeded, for the tenant and then for the user, with what the contract says")
    func events() async throws {
        let site = try SendingSite()
        try await site.running { faxes in
            try await site.send("f.1", by: faxes)
            await site.tell("f.1", Self.success, to: faxes)
            await site.tell("f.1", ["STATUS": "FAILED", "ERROR": "HANGUP"], to: faxes)
        }
        #expect(
            site.store.messages.map(\.routingKey) == [
                "faxes.outbound.created", "faxes.outbound.users.u-1.created", "faxes.outbound.f__DOT__1.succeeded",
                "faxes.outbound.users.u-1.succeeded",
            ]
        )
        #expect(site.events.last == "fax_outbound_user_succeeded")
        #expect(site.store.messages.last?.headers["user_uuid:u-1"] == true)
        #expect(site.store.messages.first?.headers["required_acl"] == "events.faxes.outbound.created")
        let common: [String: JSONValue] = [
            "id": "f.1", "call_id": "f.1", "context": "internal", "extension": "0123",
            "caller_id": "Ann, \"A\" <1>", "user_uuid": "u-1", "tenant_uuid": "t-1",
        ]
        let created = common.merging(["ivr_extension": .null, "wait_time": 0]) { $1 }
        #expect(try data("fax_outbound_created", site) == .object(created))
        #expect(try data("fax_outbound_succeeded", site) == .object(common))
        #expect(try data("fax_outbound_user_succeeded", site) == .object(common))
    }

    @Test("failed adds the error; without a user there is no event of a user")
    func failed() async throws {
        let site = try SendingSite()
        try await site.running { faxes in
            try await site.send("f", by: faxes, user: nil)
            await site.tell("f", ["STATUS": "FAILED", "ERROR": "T38_NEG_ERROR", "PAGES": "0"], to: faxes)
        }
        #expect(site.events == ["fax_outbound_created", "fax_outbound_failed"])
        let data = try #require(try data("fax_outbound_failed", site))
        #expect(data["error"] == "T38_NEG_ERROR" && data["user_uuid"] == .null && data["wait_time"] == nil)
    }

    @Test("the call has what the dialplan reads")
    func origination() async throws {
        let site = try SendingSite()
        try await site.running { faxes in
            let origination = try #require(try await site.send("f", by: faxes).origination("/x.tif"))
            #expect(origination.channel == ChannelID("f") && origination.endpoint == "Local/0123@internal")
            #expect(origination.destination == .dialplan(DialplanPlace(context: "txfax", exten: "s")))
            #expect(origination.callerID == "Ann, \"A\" <1>")
            #expect(
                origination.variables == [
                    "WAZO_FAX_DESTINATION_CONTEXT": "internal", "WAZO_FAX_DESTINATION_EXTENSION": "0123",
                    "WAZO_FAX_DESTINATION_IVR_EXTENSION": "", "WAZO_FAX_DESTINATION_WAIT_TIME": "0",
                    "WAZO_TENANT_UUID": "t-1", "XIVO_FAX_PATH": "/x.tif", "WAZO_USERUUID": "u-1",
                ]
            )
            #expect(site.folder.exists("sent/f/fax-1.tif") && !site.folder.exists("sent/f/document.pdf"))
        }
    }

    @Test(
        "what FaxProgress tells: SUCCESS and FAILED are results, all else is none",
        arguments: [
            (["STATUS": "SUCCESS"], "sent"), (["STATUS": "FAILED", "ERROR": "HANGUP"], "HANGUP"),
            (["STATUS": "FAILED", "ERROR": "", "STATUSSTR": "a, b|c"], "a, b|c"), (["STATUS": "FAILED"], "UNKNOWN"),
            (["STATUS": ""], nil), (["STATUS": "CURRENT"], nil), ([:], nil),
        ] as [([String: String], String?)]
    )
    func reports(fields: [String: String], outcome: String?) {
        let report = SentFax.Report { fields[$0] }
        #expect(report.map { $0.error ?? "sent" } == outcome)
        #expect(report?.pages == nil && report?.rate == nil)
    }

    @Test("what the dialplan keeps of a result is read; the last part may hold anything")
    func stored() {
        let report = SentFax.Report(stored: "FAILED|HANGUP|3|9600|a|b")
        #expect(report == SentFax.Report(pages: 3, rate: 9_600, remoteStation: "a|b", error: "HANGUP"))
        #expect(SentFax.Report(stored: "SUCCESS||x||")?.pages == nil)
        for text in ["", "SUCCESS", "||||", "SUCCESS|1|2|3"] { #expect(SentFax.Report(stored: text) == nil) }
    }

    @Test(
        "Asterisk does not take the call: the client is told, and neither a file nor a row nor an event is left",
        arguments: [400, 404, 500, 503]
    )
    func notDialled(answer: Int) async throws {
        let site = try SendingSite()
        site.asterisk.fail("originate", with: TelephonyFailure(status: answer, message: "no"))
        try await site.running { faxes in
            do {
                try await site.send("f", by: faxes)
                Issue.record("sent")
            } catch AggregateRefusal.failed(let failure) {
                #expect(failure.status == 503 && failure.errorID == "asterisk-ari-error")
            }
            try await eventually { site.store.rows.isEmpty && site.spooled == [] }
        }
        #expect(site.events == [])
    }

    @Test("a fax that arrived while the manager was away is not sent again: its result is asked for when it is back")
    func managerAway() async throws {
        let site = try SendingSite(retries: 2)
        site.manager.fail("DBGet", with: .unreachable("not connected"))
        try await site.running { faxes in
            try await site.send("f", by: faxes)
            // The call has ended; its events were lost.
            try await site.asterisk.hangUp(ChannelID("f"))
            try await faxes.recover(from: AsteriskSnapshot(channels: [], bridges: []))
            #expect(site.store.rows["sent_fax/f"]?.body["phase"] == "lingering")
            site.manager.fail("DBGet", with: nil)
            site.manager.answer("DBGet", with: ["Val": "SUCCESS||1|14400|far"])
            await faxes.managerConnected()
            await faxes.aggregates.settle()
        }
        #expect(site.calls.count == 1)
        #expect(site.events.filter { !$0.contains("user") } == ["fax_outbound_created", "fax_outbound_succeeded"])
    }

    @Test("what the manager refuses to tell is not known either; that there is no result is")
    func refusedResult() async throws {
        for (failure, phase) in [
            (ManagerFailure.refused(message: "Permission denied", action: "DBGet"), "lingering"),
            (.timedOut, "lingering"),
            (.refused(message: "Database entry not found", action: "DBGet"), "failed"),
        ] {
            let site = try SendingSite()
            site.manager.fail("DBGet", with: failure)
            try await site.running { faxes in
                try await site.send("f", by: faxes)
                try await site.asterisk.hangUp(ChannelID("f"))
                try await faxes.recover(from: AsteriskSnapshot(channels: [], bridges: []))
                #expect(site.store.rows["sent_fax/f"]?.body["phase"]?.string == phase, "\(failure)")
            }
        }
    }

    @Test("ended faxes give way to new ones, the oldest first; one under way never does")
    func room() async throws {
        let site = try SendingSite(mostKept: 4)
        try await site.running { faxes in
            try await site.send("busy", by: faxes)
            for id in ["f1", "f2", "f3"] {
                try await site.send(id, by: faxes)
                await site.tell(id, Self.success, to: faxes)
                site.clock.advance(by: 1)
            }
            await faxes.makeRoom()
            try await eventually { site.spooled == ["busy", "f2", "f3"] }
            await faxes.makeRoom()
            await faxes.aggregates.settle()
            #expect(site.spooled == ["busy", "f2", "f3"], "there is room now")
        }
    }

    @Test("killed at each step: called at most once, told once of its beginning and once of its end", arguments: 1...5)
    func killed(commits: Int) async throws {
        let store = CuttingStore(after: commits)
        let site = try SendingSite(store: store.inner)
        try await site.running(store) { faxes in
            let client = Task { try await site.send("f", by: faxes) }
            if commits < 3 {
                try await eventually { store.isCut }
            } else {
                _ = try await client.value
                Task { await site.tell("f", Self.success, to: faxes) }
                if commits == 3 { try await eventually { store.isCut } }
                if commits > 3 { try await eventually { site.store.rows["sent_fax/f"]?.body["phase"] == "succeeded" } }
            }
            client.cancel()
        }
        try await site.running { faxes in
            await site.tell("f", Self.success, to: faxes)
            let phase = site.store.rows["sent_fax/f"]?.body["phase"]?.string
            #expect(phase == (commits == 1 ? "failed" : "succeeded"))
        }
        #expect(site.calls.count == (commits == 1 ? 0 : 1))
        let end = commits == 1 ? "failed" : "succeeded"
        #expect(site.events.filter { !$0.contains("user") } == ["fax_outbound_created", "fax_outbound_\(end)"])
        #expect(site.spooled == ["f"])
        try await site.running { _ in
            await site.clock.waitForSleepers()
            site.clock.advance(by: 100)
            try await eventually { site.store.rows.isEmpty && site.spooled == [] }
        }
    }
}
