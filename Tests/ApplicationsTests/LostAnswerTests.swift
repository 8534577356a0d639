import Core
import Directory
import Foundation
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Applications

/// Asterisk does what it was asked to, and nobody hears that it did.
@Suite("Applications: answers of Asterisk that are lost", .timeLimit(.minutes(1)))
struct LostAnswerTests {
    @Test("of the first call of a new node: 503, and neither node nor row is left")
    func newNode() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            bench.asterisk.loseAnswer("add a")
            let answer = try await bench.ask(.post, "/nodes", ["calls": [["id": "a"]]])
            #expect(answer.status == 503 && answer.body["error_id"] == "asterisk-ari-unreachable")
            #expect(await loop.waits(.seconds(2)) { $0.nodes.isEmpty })
            let bridges = try await bench.asterisk.bridges()
            #expect(bridges.isEmpty)
            #expect(bench.told.suffix(2) == ["application_node_created", "application_node_deleted"])
            let again = try await bench.ask(.post, "/nodes", ["calls": [["id": "a"]]])
            #expect(again.status == 201)
        }
    }

    @Test("of a call that is put into a node: 503, and lists show it there once its event comes")
    func joined() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            for id in ["a", "b"] { await bench.enter(id, in: loop) }
            let made = try await bench.ask(.post, "/nodes", ["calls": [["id": "a"]]])
            let node = try #require(made.body["uuid"]?.string)
            bench.asterisk.loseAnswer("add b")
            let answer = try await bench.ask(.put, "/nodes/\(node)/calls/b")
            #expect(answer.status == 503)
            let entered = AsteriskEvent.Kind.channelEnteredBridge(
                Shorthand.channel("b"),
                Shorthand.bridge(node, ["a", "b"])
            )
            await bench.tell(entered, "ChannelEnteredBridge")
            #expect(await loop.waits(.seconds(2)) { $0.calls[ChannelID("b")]?.bridge == BridgeID(node) })
        }
    }

    @Test("of an origination: 503, and the phone that rings is hung up, so that a second try rings once")
    func origination() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            bench.asterisk.loseAnswer("originate")
            let answer = try await bench.ask(.post, "/calls", ["exten": "1", "context": "default"])
            #expect(answer.status == 503)
            let channels = try await bench.asterisk.channels()
            #expect(channels.isEmpty)
            #expect(loop.live.calls.isEmpty && bench.store.rows.isEmpty)
        }
    }

    @Test("of a playback: 503, and what began to play is ended")
    func playback() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            bench.asterisk.loseAnswer("play sound:beep")
            let answer = try await bench.ask(.post, "/calls/a/playbacks", ["uri": "sound:beep"])
            #expect(answer.status == 503)
            #expect(loop.live.playbacks.isEmpty)
            #expect(bench.asterisk.requests.last?.hasPrefix("stopPlayback") == true)
        }
    }

    @Test("of the destination node: the next caller finds it, is put into it, and lists show it")
    func destinationNode() async throws {
        let bench = ApplicationBench(node: .init(type: "holding", musicOnHold: nil, answers: false))
        bench.asterisk.loseAnswer("createBridge")
        try await bench.run { loop in
            let node = BridgeID(Shorthand.id)
            await bench.asterisk.waitForRequest("createBridge \(Shorthand.id) holding \(Shorthand.id)")
            try await eventually { bench.applications.work.turns.count == 0 }
            await bench.enter("a", in: loop)
            try await eventually { bench.asterisk.members(of: node) == [ChannelID("a")] }
            #expect(await loop.waits(.seconds(2)) { $0.nodes[node]?.phase == .open })
        }
    }
}
