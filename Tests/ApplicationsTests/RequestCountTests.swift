import Core
import Directory
import Foundation
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Applications

/// What each operation costs Asterisk: the table of docs/applications.md is held against it.
@Suite("Applications: requests to Asterisk per operation", .timeLimit(.minutes(1)))
struct RequestCountTests {
    /// ARI requests and manager actions.
    struct Cost: Hashable, CustomStringConvertible {
        var ari: Int
        var manager: Int
        var description: String { "\(ari) | \(manager)" }
    }

    /// Rows `| operation | ari | manager |` of the page.
    private static func documented() throws -> [String: Cost] {
        let page = URL(filePath: #filePath).appending(path: "../../../docs/applications.md").standardizedFileURL
        var costs: [String: Cost] = [:]
        for line in try String(contentsOf: page, encoding: .utf8).split(separator: "\n") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 3, let ari = Int(cells[1]), let manager = Int(cells[2]) else { continue }
            costs[cells[0]] = Cost(ari: ari, manager: manager)
        }
        return costs
    }

    /// What is measured of one bench.
    private final class Meter {
        let bench: ApplicationBench
        let loop: ApplicationLoop
        var measured: [String: Cost] = [:]

        init(_ bench: ApplicationBench, _ loop: ApplicationLoop) { (self.bench, self.loop) = (bench, loop) }

        /// What the fake was asked for, but for this test's own questions.
        private var counts: (ari: Int, manager: Int) {
            (bench.asterisk.requests.count { $0 != "channels" }, bench.manager.lines.count)
        }

        func measure(_ name: String, _ body: () async throws -> Void) async throws {
            // The subscriptions and looks of the start are over.
            try await eventually { bench.applications.work.turns.count == 0 }
            let before = counts
            try await body()
            try await eventually { bench.applications.work.turns.count == 0 }
            measured[name] = Cost(ari: counts.ari - before.ari, manager: counts.manager - before.manager)
        }

        @discardableResult
        func ask(_ name: String, _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil)
            async throws -> JSONValue
        {
            var shown = JSONValue.null
            try await measure(name) {
                let answer = try await bench.ask(method, path, body)
                #expect(answer.status < 300, "\(name): \(answer.body.text)")
                shown = answer.body
            }
            return shown
        }
    }

    @Test("calls: as the page says")
    func calls() async throws {
        let documented = try Self.documented()
        let bench = ApplicationBench()
        try await bench.run { loop in
            let meter = Meter(bench, loop)
            try await meter.measure("a caller comes") { await bench.enter("a", in: loop) }
            try await meter.ask("lists: calls, nodes, snoops; one of them", .get, "/calls")
            try await meter.ask("answer", .put, "/calls/a/answer")
            try await meter.ask("mute, and its end", .put, "/calls/a/mute/start")
            try await meter.ask("hold, and its end", .put, "/calls/a/hold/start")
            try await meter.ask("progress, and its end", .put, "/calls/a/progress/start")
            try await meter.ask("music, and its end", .put, "/calls/a/moh/stop")
            try await meter.ask("a digit", .put, "/calls/a/dtmf?digits=5")
            let playback = try await meter.ask("playback", .post, "/calls/a/playbacks", ["uri": "sound:beep"])
            try await meter.ask("end a playback", .delete, "/playbacks/\(playback["uuid"]?.string ?? "")")
            let dial: JSONValue = ["exten": "1", "context": "default"]
            try await meter.ask("dial an extension, or a user", .post, "/calls", dial)
            try await meter.ask("hang up", .delete, "/calls/a")
            #expect(meter.measured.allSatisfy { documented[$0.key] == $0.value }, "\(meter.measured)")
        }
    }

    @Test("nodes: as the page says")
    func nodes() async throws {
        let documented = try Self.documented()
        let bench = ApplicationBench()
        try await bench.run { loop in
            let meter = Meter(bench, loop)
            for id in ["a", "b"] { await bench.enter(id, in: loop) }
            let calls: JSONValue = ["calls": [["id": "a"], ["id": "b"]]]
            let made = try await meter.ask("make a node of two calls", .post, "/nodes", calls)
            let node = made["uuid"]?.string ?? ""
            for members in [["a"], ["a", "b"]] {
                let entered = AsteriskEvent.Kind.channelEnteredBridge(
                    Shorthand.channel(members.last ?? ""),
                    Shorthand.bridge(node, members)
                )
                await bench.tell(entered, "ChannelEnteredBridge")
            }
            #expect(await loop.waits(.seconds(2)) { $0.nodes[BridgeID(node)]?.members.count == 2 })
            try await meter.ask("take a call out of a node", .delete, "/nodes/\(node)/calls/b")
            await bench.tell(
                .channelLeftBridge(Shorthand.channel("b"), Shorthand.bridge(node, ["a"])),
                "ChannelLeftBridge"
            )
            #expect(await loop.waits(.seconds(2)) { $0.nodes[BridgeID(node)]?.members.count == 1 })
            try await meter.ask("put a call into a node", .put, "/nodes/\(node)/calls/b")
            try await meter.ask("delete a node of one call", .delete, "/nodes/\(node)")
            #expect(meter.measured.allSatisfy { documented[$0.key] == $0.value }, "\(meter.measured)")
        }
    }

    @Test("snoops: as the page says")
    func snoops() async throws {
        let documented = try Self.documented()
        let bench = ApplicationBench()
        try await bench.run { loop in
            let meter = Meter(bench, loop)
            for id in ["a", "b"] { await bench.enter(id, in: loop) }
            async let first: Void = snoopArrives(bench, "snoop a both none", loop)
            let made = try await meter.ask("make a snoop", .post, "/calls/a/snoops", ["snooping_call_id": "b"])
            try await first
            let path = "/snoops/\(made["uuid"]?.string ?? "")"
            let old = loop.live.snoops.values.first?.channel
            async let second: Void = snoopArrives(bench, "snoop a both out", loop)
            try await meter.ask("change a snoop", .put, path, ["whisper_mode": "out"])
            try await second
            if let old {
                await bench.tell(.stasisEnd(Shorthand.channel(old.rawValue)), "StasisEnd")
                #expect(await loop.waits(.seconds(2)) { $0.snoops.values.first?.arrived.contains(old) == false })
            }
            try await meter.ask("end a snoop", .delete, path)
            #expect(meter.measured.allSatisfy { documented[$0.key] == $0.value }, "\(meter.measured)")
        }
    }

    /// Asterisk tells of the channel that a request has made.
    private func snoopArrives(_ bench: ApplicationBench, _ request: String, _ loop: ApplicationLoop) async throws {
        await bench.asterisk.waitForRequest(request)
        let id = try #require(loop.live.snoops.keys.first)
        let arrived = loop.live.snoops[id]?.arrived ?? []
        let new = try #require(
            try await bench.asterisk.channels().first {
                $0.applicationData.hasSuffix("snoop,\(id)") && !arrived.contains($0.id)
            }
        )
        await bench.tell(.stasisStart(new, arguments: ["snoop", id], replaced: nil), "StasisStart")
    }

    @Test("a destination node: as the page says")
    func destination() async throws {
        let documented = try Self.documented()
        let bench = ApplicationBench(node: .init(type: "holding", musicOnHold: "jazz", answers: true))
        try await bench.run { loop in
            let meter = Meter(bench, loop)
            #expect(await loop.waits(.seconds(2)) { $0.nodes[BridgeID(Shorthand.id)]?.phase == .open })
            let name = "a caller comes to a destination node that answers, with music"
            try await meter.measure(name) {
                await bench.enter("a", in: loop)
                await bench.asterisk.waitForRequest("startMusic \(Shorthand.id) jazz")
            }
            #expect(meter.measured[name] == documented[name], "\(meter.measured)")
        }
    }

    @Test("every row of the page is measured")
    func complete() throws { #expect(try Self.documented().count == 20) }
}
