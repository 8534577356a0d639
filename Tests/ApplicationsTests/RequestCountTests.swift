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

    @Test("as the page says")
    func costs() async throws {
        let documented = try Self.documented()
        let bench = ApplicationBench()
        try await bench.run { loop in
            var measured: [String: Cost] = [:]
            func measure(_ name: String, _ body: () async throws -> Void) async throws {
                // The subscriptions and looks of the start are over.
                try await eventually { bench.applications.work.turns.count == 0 }
                let before = (bench.asterisk.requests.count, bench.manager.lines.count)
                try await body()
                try await eventually { bench.applications.work.turns.count == 0 }
                measured[name] = Cost(
                    ari: bench.asterisk.requests.count - before.0,
                    manager: bench.manager.lines.count - before.1
                )
            }
            func ask(_ name: String, _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil)
                async throws
            {
                try await measure(name) {
                    let answer = try await bench.ask(method, path, body)
                    #expect(answer.status < 300, "\(name): \(answer.body.text)")
                }
            }
            try await measure("a caller comes") { await bench.enter("a", in: loop) }
            await bench.enter("b", in: loop)
            try await ask("lists: calls, nodes, snoops; one of them", .get, "/calls")
            try await ask("answer", .put, "/calls/a/answer")
            try await ask("mute, and its end", .put, "/calls/a/mute/start")
            try await ask("hold, and its end", .put, "/calls/a/hold/start")
            try await ask("progress, and its end", .put, "/calls/a/progress/start")
            try await ask("music, and its end", .put, "/calls/a/moh/stop")
            try await ask("a digit", .put, "/calls/a/dtmf?digits=5")
            try await ask("playback", .post, "/calls/a/playbacks", ["uri": "sound:beep"])
            try await ask("dial an extension", .post, "/calls", ["exten": "1", "context": "c"])
            try await ask("make a node of two calls", .post, "/nodes", ["calls": [["id": "a"], ["id": "b"]]])
            try await ask("hang up", .delete, "/calls/b")
            #expect(measured.allSatisfy { documented[$0.key] == $0.value }, "\(measured)")
        }
    }
}
