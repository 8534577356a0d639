import CallControl
import Core
import Directory
import Foundation
import HTTPTypes
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Applications

@Suite("Applications: calls, commands and faults over an Asterisk in memory", .timeLimit(.minutes(1)))
struct ApplicationJourneyTests {
    @Test("a caller goes into the destination node after he was told of, answered first, music last")
    func received() async throws {
        let bench = ApplicationBench(node: .init(type: "holding", musicOnHold: "jazz", answers: true))
        try await bench.run { loop in
            await bench.asterisk.waitForRequest(
                "subscribe wazo-app-\(Shorthand.id) bridge:\(Shorthand.id)"
            )
            await bench.enter("a", in: loop)
            await bench.asterisk.waitForRequest("startMusic \(Shorthand.id) jazz")
            let requests = bench.asterisk.requests.filter { $0.hasPrefix("a") || $0.hasPrefix("start") }
            #expect(requests.suffix(3) == ["answer a", "add a \(Shorthand.id)", "startMusic \(Shorthand.id) jazz"])
            #expect(bench.told.contains("application_call_entered"))
        }
    }

    @Test("a destination node that vanished is made anew; a caller who cannot go into it goes on in the dialplan")
    func vanished() async throws {
        let bench = ApplicationBench(node: .init(type: "holding", musicOnHold: nil, answers: false))
        try await bench.run { loop in
            let id = Shorthand.id
            #expect(await loop.waits(.seconds(2)) { $0.nodes[BridgeID(id)]?.phase == .open })
            try await bench.asterisk.destroyBridge(BridgeID(id))
            await bench.enter("a", in: loop)
            try await eventually { bench.asterisk.members(of: BridgeID(id)) == [ChannelID("a")] }
            bench.asterisk.fail("add b", with: .internalError("no"))
            await bench.enter("b", in: loop)
            await bench.asterisk.waitForRequest("continue b next")
        }
    }

    @Test("a destination node of another type is made once the old one's end was told, which does not end the new one")
    func remadeNode() async throws {
        let bench = ApplicationBench(node: .init(type: "holding", musicOnHold: nil, answers: false))
        try await bench.run { loop in
            let node = BridgeID(Shorthand.id)
            #expect(await loop.waits(.seconds(2)) { $0.nodes[node]?.phase == .open })
            var record = Shorthand.record
            record.node = .init(type: "mixing", musicOnHold: nil, answers: false)
            await loop.send(.configured(record))
            await bench.asterisk.waitForRequest("destroyBridge \(Shorthand.id)")
            #expect(!bench.asterisk.requests.contains { $0.hasPrefix("createBridge \(Shorthand.id) mixing") })
            await bench.tell(.bridgeDestroyed(Shorthand.bridge(Shorthand.id, [])), "BridgeDestroyed")
            await bench.asterisk.waitForRequest("createBridge \(Shorthand.id) mixing \(Shorthand.id)")
            #expect(await loop.waits(.seconds(2)) { $0.nodes[node]?.phase == .open })
            try await eventually { bench.applications.work.turns.count == 0 }
            let bridge = try await bench.asterisk.bridge(node)
            #expect(bridge?.kind == .mixing, "nobody cleans it up")
        }
    }

    @Test("hold is taken back when one of its requests fails")
    func holdRollback() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            bench.asterisk.fail("hold a", with: .internalError("no"))
            let answer = try await bench.ask(.put, "/calls/a/hold/start")
            #expect(answer.status == 503)
            #expect(answer.body["error_id"] == "asterisk-ari-error")
            #expect(
                bench.asterisk.requests.suffix(6) == [
                    "set XIVO_ON_HOLD=1 a", "mute in a", "hold a", "set XIVO_ON_HOLD= a", "unmute in a", "unhold a",
                ]
            )
            #expect(loop.live.calls[ChannelID("a")]?.isOnHold == false)
            #expect(!bench.told.contains("application_call_updated"))
        }
    }

    @Test("a node whose calls cannot be put into it leaves nothing behind")
    func failedNode() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            bench.asterisk.fail("add a", with: .invalid("Channel not found"))
            let answer = try await bench.ask(.post, "/nodes", ["calls": [["id": "a"]]])
            #expect(answer.status == 400)
            #expect(answer.body["error_id"] == "no-such-call")
            #expect(await loop.waits(.seconds(2)) { $0.nodes.isEmpty })
            let value1 = try await bench.asterisk.bridges()
            #expect(value1.isEmpty)
            #expect(bench.told.suffix(2) == ["application_node_created", "application_node_deleted"])
            #expect(bench.store.rows.keys.filter { $0.hasPrefix("application_node") }.isEmpty)
        }
    }

    @Test("a snoop whose channel does not come leaves nothing behind, and is told of to nobody")
    func failedSnoop() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            await bench.enter("b", in: loop)
            let answer = try await bench.ask(.post, "/calls/a/snoops", ["snooping_call_id": "b"])
            #expect(answer.status == 503, "no StasisStart came: \(answer.body.text)")
            #expect(await loop.waits(.seconds(2)) { $0.snoops.isEmpty })
            let value2 = try await bench.asterisk.bridges()
            #expect(value2.isEmpty)
            #expect(!bench.told.contains { $0.contains("snoop") })
        }
    }

    @Test("the database away: what must be stored first is refused and not done")
    func databaseAway() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            bench.store.setOutage(.unreachable("gone"))
            for (path, body): (String, JSONValue) in [
                ("/nodes", ["calls": [["id": "a"]]]), ("/calls/a/playbacks", ["uri": "sound:beep"]),
                ("/calls", ["exten": "1", "context": "default"]),
            ] {
                let answer = try await bench.ask(.post, path, body)
                #expect(answer.status == 503 && answer.body["error_id"] == "database-unreachable", "\(path)")
            }
            let done = bench.asterisk.requests.filter { $0.hasPrefix("create") || $0.hasPrefix("play") }
            #expect(done.isEmpty && !bench.asterisk.requests.contains { $0.hasPrefix("originate") })
            bench.store.setOutage(nil)
        }
    }

    @Test("Asterisk away: 503 by each route; an application that it has not is 404")
    func asteriskAway() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            bench.registry.forget()
            bench.asterisk.setOutage(.unreachable("gone"))
            let answer = try await bench.ask(.get, "/calls")
            #expect(answer.status == 503 && answer.body["error_id"] == "asterisk-ari-unreachable")
            bench.asterisk.setOutage(nil)
            bench.asterisk.setApplication("wazo-app-\(Shorthand.id)", nil)
            let value3 = try await bench.ask(.get, "/calls").body["error_id"]
            #expect(value3 == "no-such-application")
        }
    }

    @Test("the directory away at the start: 503 until it has been read")
    func directoryAway() async throws {
        let bench = ApplicationBench()
        bench.directory.setOutage(.unreachable("gone"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bench.applications.run() }
            let answer = try await bench.ask(.get, "")
            #expect(answer.status == 503 && answer.body["error_id"] == "wazo-confd-unreachable")
            bench.directory.setOutage(nil)
            await bench.applications.loaded(within: .seconds(5))
            let value4 = try await bench.ask(.get, "").status
            #expect(value4 == 200)
            group.cancelAll()
        }
    }

    @Test("tenants: another's is not found, the master's sees it")
    func tenants() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            let value5 = try await bench.ask(.get, "/calls", as: "other").status
            #expect(value5 == 404)
            let value6 = try await bench.ask(.put, "/calls/a/answer", as: "other").status
            #expect(value6 == 404)
            let value7 = try await bench.ask(.get, "/calls", as: "master").status
            #expect(value7 == 200)
        }
    }

    @Test("after a restart: ended calls are told, new ones enter, a node without its bridge goes")
    func recovery() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            for id in ["a", "b"] { await bench.enter(id, in: loop) }
            let made = try await bench.ask(.post, "/nodes", ["calls": [["id": "a"]]])
            #expect(made.status == 201)
            await bench.tell(
                .channelEnteredBridge(
                    Shorthand.channel("a"),
                    Shorthand.bridge(made.body["uuid"]?.string ?? "", ["a"])
                ),
                "ChannelEnteredBridge"
            )
            bench.asterisk.remove(ChannelID("b"))
            var new = Shorthand.channel("c")
            new.applicationData += ",incoming"
            bench.asterisk.put(new)
            try await bench.asterisk.destroyBridge(BridgeID(made.body["uuid"]?.string ?? ""))
            let snapshot = AsteriskSnapshot(
                channels: try await bench.asterisk.channels(),
                bridges: try await bench.asterisk.bridges()
            )
            try await bench.applications.recover(from: snapshot)
            #expect(Set(loop.live.calls.keys) == [ChannelID("a"), ChannelID("c")])
            #expect(loop.live.nodes.isEmpty)
            let told = bench.told
            #expect(told.count { $0 == "application_call_deleted" } == 1)
            #expect(told.count { $0 == "application_call_entered" } == 3)
            #expect(told.last == "application_node_deleted" || told.contains("application_node_deleted"))
            let before = told.count
            try await bench.applications.recover(from: snapshot)
            #expect(bench.told.count == before, "a second look tells nothing")
        }
    }

    @Test("variables of the console: those of the channel alone, also with an equals sign")
    func variables() {
        let lines = [
            " -- General --", "           Name: PJSIP/a", "      Variables:", "X_WAZO_COLOUR=red=green",
            "WAZO_CALL_PROGRESS=1", "", "  CDR Variables:", "level 1: X_WAZO_NO=1",
        ]
        let all = ApplicationWork.variables(in: lines)
        #expect(all["X_WAZO_COLOUR"] == "red=green")
        #expect(ApplicationCall.own(all) == ["COLOUR": "red=green"])
        #expect(ApplicationWork.variables(in: ["nothing"]) == [:])
    }
}
