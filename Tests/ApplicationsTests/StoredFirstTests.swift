import Core
import Directory
import Foundation
import HTTPTypes
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Applications

@Suite("Applications: nothing is done that was not stored", .timeLimit(.minutes(1)))
struct StoredFirstTests {
    private static let refusal = DatabaseFailure.refused(sqlState: "22021", message: "invalid byte sequence")

    @Test("a caller whose row PostgreSQL refuses goes on in the dialplan: neither answered nor told of")
    func refusedArrival() async throws {
        let bench = ApplicationBench(node: .init(type: "holding", musicOnHold: "jazz", answers: true))
        try await bench.run { loop in
            #expect(await loop.waits(.seconds(2)) { $0.nodes[BridgeID(Shorthand.id)]?.phase == .open })
            bench.store.refuseCommits(Self.refusal)
            let channel = Shorthand.channel("a", "Ring")
            bench.asterisk.put(channel)
            await bench.tell(.stasisStart(channel, arguments: ["incoming"], replaced: nil), "StasisStart")
            await bench.asterisk.waitForRequest("continue a next")
            #expect(bench.asterisk.requests.contains("set TANDEM_REFUSED=1 a"))
            #expect(!bench.asterisk.requests.contains { $0 == "answer a" || $0.hasPrefix("add a") })
            #expect(!bench.told.contains("application_call_entered"))
            #expect(loop.live.calls.isEmpty)
            bench.store.refuseCommits(nil)
            await bench.enter("b", in: loop)
            await bench.asterisk.waitForRequest("answer b")
        }
    }

    @Test("the end of a snoop that could not be stored is not carried out, and is seen again by the next look")
    func refusedEnd() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            for id in ["a", "b"] { await bench.enter(id, in: loop) }
            let snoop = Shorthand.snoop(.planned)
            try await loop.store(.snoopPlanned(snoop))
            try await loop.store(.snoopMade("s"))
            bench.store.refuseCommits(Self.refusal)
            await loop.apply(.ended(ChannelID("b")))
            #expect(loop.live.snoops["s"]?.phase == .open)
            #expect(!bench.asterisk.requests.contains("hangUp x"))
            bench.store.refuseCommits(nil)
            await loop.apply(.ended(ChannelID("b")))
            await bench.asterisk.waitForRequest("hangUp x")
        }
    }

    @Test("a destination node is made once its plan is stored, not before")
    func plannedNode() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            bench.store.setOutage(.unreachable("gone"))
            bench.applications.work.begin(.makeDestinationNode(type: "holding"), of: loop)
            // The loop waits for the database.
            try await eventually {
                let answer = try await bench.ask(.post, "/calls", ["exten": "1", "context": "default"])
                return answer.body["error_id"] == "database-unreachable"
            }
            #expect(!bench.asterisk.requests.contains { $0.hasPrefix("createBridge") })
            bench.store.setOutage(nil)
            #expect(await loop.waits(.seconds(5)) { $0.nodes[BridgeID(Shorthand.id)]?.phase == .open })
            #expect(bench.asterisk.requests.contains { $0.hasPrefix("createBridge \(Shorthand.id)") })
        }
    }

    @Test(
        "a plan that was stored though its client was told 503 is taken back",
        arguments: ["/nodes", "/calls", "/calls/a/playbacks", "/calls/a/snoops"]
    )
    func takenBack(path: String) async throws {
        let bodies: [String: JSONValue] = [
            "/nodes": ["calls": [["id": "a"]]], "/calls": ["exten": "1", "context": "default"],
            "/calls/a/playbacks": ["uri": "sound:beep"], "/calls/a/snoops": ["snooping_call_id": "b"],
        ]
        let bench = ApplicationBench()
        try await bench.run { loop in
            for id in ["a", "b"] { await bench.enter(id, in: loop) }
            let (rows, told, asked) = (Set(bench.store.rows.keys), bench.told, bench.asterisk.requests)
            bench.store.loseNextAnswer()
            let answer = try await bench.ask(.post, path, bodies[path])
            #expect(answer.status == 503 && answer.body["error_id"] == "database-unreachable")
            // The plan is seen stored, and goes.
            try await eventually { bench.store.removals.count == 1 }
            #expect(Set(bench.store.rows.keys) == rows)
            #expect(bench.told == told)
            #expect(bench.asterisk.requests == asked)
            let isBack = await loop.waits(.seconds(2)) { live in
                live.calls.count == 2 && live.nodes.isEmpty && live.snoops.isEmpty && live.playbacks.isEmpty
            }
            #expect(isBack)
        }
    }

    @Test("an application that Asterisk refuses at first has its destination node once it is taken")
    func refusedApplication() async throws {
        let bench = ApplicationBench(node: .init(type: "holding", musicOnHold: nil, answers: false))
        bench.registry.refuse()
        try await bench.run { loop in
            #expect(!bench.asterisk.requests.contains { $0.hasPrefix("createBridge") })
            bench.registry.takeRefused()
            #expect(await loop.waits(.seconds(10)) { $0.nodes[BridgeID(Shorthand.id)]?.phase == .open })
        }
    }

    @Test("rows of no application that cannot be removed keep no application from being served, and go later")
    func rowsOfNobody() async throws {
        let bench = ApplicationBench()
        let other = "60000000-0000-4000-8000-0000000000ff"
        func row(_ id: String, of application: String?) throws -> StateChange.Write {
            var live = LiveApplication(Shorthand.record)
            live.record.id = application ?? ""
            live.calls[ChannelID(id)] = Shorthand.call(id, .inside)
            let writes = live.writes(for: [.call(ChannelID(id))], before: LiveApplication(live.record))
            return try #require(writes.first)
        }
        try await bench.store.commit(
            StateChange(writes: [try row("a", of: Shorthand.id), try row("n", of: nil), try row("o", of: other)])
        )
        bench.asterisk.put(Shorthand.channel("a"))
        bench.store.refuseCommits(.unreachable("gone"))
        try await bench.run { loop in
            #expect(loop.live.calls.keys.contains(ChannelID("a")))
            bench.store.refuseCommits(nil)
            try await eventually { Set(bench.store.rows.keys) == ["application_call/a"] }
            #expect(bench.told.contains("application_call_deleted"), "of the application that was deleted")
        }
    }
}
