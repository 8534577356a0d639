import CallControl
import Core
import Foundation
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import AdhocConferences

@Suite("Ad hoc conference: the table")
struct AdhocConferenceTableTests {
    /// What changes something, `state: event => outcome`; every pair that is not there changes nothing.
    private static func table() throws -> [String: String] {
        var rows: [String: String] = [:]
        var state = ""
        for line in conferenceTable.split(separator: "\n").map(String.init) {
            if line.hasSuffix(":") {
                state = String(line.dropLast())
                continue
            }
            let parts = line.components(separatedBy: " => ")
            try #require(parts.count == 2, "\(line)")
            let key = "\(state): \(parts[0].trimmingCharacters(in: .whitespaces))"
            try #require(rows[key] == nil, "twice: \(key)")
            rows[key] = parts[1]
        }
        return rows
    }

    @Test("every event in every state leads where the table says, or nowhere")
    func all() throws {
        let rows = try Self.table()
        var met = 0
        for state in Cast.states {
            let conference = Cast.conference(state)
            #expect(Cast.text(conference) == state)
            for (name, event) in Cast.events {
                let outcome = conference.handle(event).map { Cast.text($0) }
                let expected = rows["\(state): \(name)"]
                #expect(outcome == expected, "\(state): \(name)")
                if expected != nil { met += 1 }
            }
        }
        #expect(met == rows.count, "rows that are no pair")
    }

    @Test("it begins once: created is told, then all calls are brought")
    func begins() {
        let new = Cast.conference("assembling H~ P~ Q~", revision: 0)
        let step = new.handle(.requested(by: Cast.hostUser))
        #expect(step.map { Cast.text($0) } == "assembling H~ P~ Q~ | created | bring H,P,Q")
        #expect(Cast.conference("assembling H~ P~").handle(.requested(by: Cast.hostUser)) == nil)
    }

    @Test("the table meets every phase, every standing and every event")
    func complete() {
        let phases = Set(Cast.states.map { Cast.conference($0).phase })
        #expect(phases == Set(AdhocConference.Phase.allCases))
        let standings = Set(Cast.states.flatMap { Cast.conference($0).members.map(\.standing) })
        #expect(standings == Set(AdhocConference.Standing.allCases))
        #expect(Set(Cast.events.map(\.event.name)).count == 15)
    }

    @Test("a row gives back what was stored", arguments: Cast.states)
    func row(state: String) throws {
        let conference = Cast.conference(state, revision: 7)
        let row = AggregateRow(
            kind: AdhocConference.rowKind,
            id: conference.id,
            tenant: conference.tenant,
            revision: 7,
            deadline: conference.deadline,
            body: try JSONValue(parsing: Data(conference.body.text.utf8))
        )
        #expect(AdhocConference(row: row) == conference)
    }

    @Test("a row of another version is not read")
    func foreignRow() {
        let conference = Cast.conference("running H+ P+")
        func row(_ change: (inout [String: JSONValue]) -> Void) -> AggregateRow {
            var body = conference.body.object ?? [:]
            change(&body)
            return AggregateRow(
                kind: AdhocConference.rowKind,
                id: "c1",
                tenant: Cast.tenant,
                revision: 1,
                deadline: nil,
                body: .object(body)
            )
        }
        #expect(AdhocConference(row: row { _ in }) != nil)
        #expect(AdhocConference(row: row { $0["phase"] = "paused" }) == nil)
        #expect(AdhocConference(row: row { $0["due_at"] = nil }) == nil)
        #expect(AdhocConference(row: row { $0["members"] = [["call_id": "H"]] }) == nil)
    }

    @Test("only calls that are awaited have a deadline; their bridges are claimed, and the conference's for its life")
    func derived() {
        #expect(Cast.conference("assembling H~ P~").deadline == Cast.due)
        #expect(Cast.conference("assembling H> P+").deadline == nil)
        #expect(Cast.conference("running H+ P+ Q~").deadline == Cast.due)
        #expect(Cast.conference("ending Q.").deadline == nil)
        let bridges = ["b1", "b2", "c1"].map { BridgeID($0) }
        #expect(Cast.conference("assembling H~ P~ Q~").claimedBridges == Set(bridges))
        #expect(Cast.conference("running H+ P+ Q+").claimedBridges == [BridgeID("c1")])
        #expect(Cast.conference("ended").claimedBridges == [])
    }
}
