import CallControl
import Core
import Events
import Foundation
import HTTPTypes
import Persistence
import Synchronization
import TandemTesting
import Telephony
import Testing

@testable import AdhocConferences

@Suite("Ad hoc conferences: faults", .timeLimit(.minutes(1)))
struct ConferenceFaultTests {
    @Test("Asterisk is away at the checks: 503, nothing begun")
    func asteriskAway() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            bench.asterisk.setOutage(.unreachable("down"))
            let answer = try await bench.merge()
            #expect(answer.status == 503)
            #expect(answer.body["error_id"] == "asterisk-ari-unreachable")
            #expect(bench.store.rows.isEmpty && bench.store.messages.isEmpty)
        }
    }

    @Test("the manager is away: 503, the calls talk on, the end is told", arguments: [false, true])
    func managerAway(alreadyAtVariables: Bool) async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls(inStasis: false)
        try await bench.run {
            bench.manager.fail("Redirect", with: .unreachable("down"))
            if alreadyAtVariables { bench.asterisk.fail("setAny", with: .unreachable("manager")) }
            let answer = try await bench.merge()
            #expect(answer.status == 503)
            #expect(answer.body["error_id"] == "wazo-amid-error")
            #expect(bench.events == ["created>host", "deleted>host"])
            #expect(bench.store.rows.isEmpty)
            #expect(!bench.asterisk.requests.contains { $0.hasPrefix("hangUp") })
        }
    }

    @Test("one of several cannot be moved: 503, the others go on without it")
    func oneRefused() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            bench.asterisk.fail("move Q", with: .internalError("no"))
            let answer = try await bench.merge()
            #expect(answer.body["error_id"] == "asterisk-ari-error")
            let id = try #require(bench.store.rows.values.first?.id)
            try await bench.arrive("H", "P", for: id)
            #expect(bench.members(of: id) == ["H", "P"])
            #expect(!bench.asterisk.requests.contains("hangUp D"), "its call is as it was")
        }
    }

    @Test(
        "who hangs up between the checks and the moves: told in the contract's words when nothing can come of it",
        arguments: [
            ("assembling H~ P~ Q~", "H", "host call was hungup"), ("assembling H~ P~", "H", "host call was hungup"),
            ("assembling H~ P~", "P", "participant call was hungup"), ("assembling H~ P~ Q~", "Q", nil),
            ("assembling H~ P~ Q~", "P", nil),
        ]
    )
    func hungUpMeanwhile(state: String, gone: String, message: String?) async throws {
        for isSeenLate in [false, true] {
            let bench = try await ConferenceBench()
            try await bench.placeCalls()
            if isSeenLate {
                bench.asterisk.fail("set WAZO_TEST_STASIS= \(gone)", with: .notFound("Channel not found"))
            } else {
                bench.asterisk.remove(ChannelID(gone))
            }
            let conference = Cast.conference(state)
            let work = AdhocConferenceWork(ports: bench.conferences.ports)
            let outcome = await work.perform(.bring(conference.members.map(\.channel)), of: conference)
            switch outcome {
            case .failed(let event, let failure):
                #expect(event.notBrought.contains(ChannelID(gone)))
                #expect(failure?.message == message)
            case .happened(let event):
                #expect(event.notBrought == [ChannelID(gone)])
                #expect(message == nil)
            case .done, .unknown: Issue.record("\(outcome)")
            }
        }
    }

    @Test("the database is away: 503 and nothing is touched")
    func storeAway() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            bench.store.setOutage(.unreachable("down"))
            let answer = try await bench.merge()
            #expect(answer.body["error_id"] == "database-unreachable")
            #expect(!bench.asterisk.requests.contains { $0.hasPrefix("move") })
            bench.store.setOutage(nil)
            let outcome2 = try await bench.merge().status
            #expect(outcome2 == 201, "it can be asked again")
        }
    }

    @Test("Asterisk falls silent while calls are brought: another look brings them")
    func silentWhileBringing() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            bench.asterisk.fail("move", with: .unreachable("down"))
            let answer = try await bench.merge()
            #expect(answer.status == 503)
            bench.asterisk.fail("move", with: nil)
            let id = try #require(bench.store.rows.values.first?.id)
            await bench.clock.waitForSleepers(2)
            bench.clock.advance(by: 2)
            await bench.asterisk.waitForRequest("move Q adhoc_conference,\(id)")
            try await bench.arrive("H", "P", "Q", for: id)
            #expect(bench.members(of: id) == ["H", "P", "Q"])
        }
    }

    @Test("a new process finds it in every phase", arguments: ["bringing", "arriving", "running", "ending"])
    func restart(phase: String) async throws {
        let first = try await ConferenceBench()
        try await first.placeCalls()
        let id = try await first.conference(in: phase)
        let second = try await ConferenceBench(asterisk: first.asterisk, store: first.store)
        try await second.run {
            try await second.recover()
            if phase == "bringing" {
                #expect(second.asterisk.requests.filter { $0 == "move H adhoc_conference,\(id)" }.count == 2)
                try await second.arrive("H", "P", "Q", for: id)
            }
            if phase == "ending" {
                #expect(second.store.rows.isEmpty)
                #expect(second.events.last == "deleted>host")
                return
            }
            #expect(second.members(of: id) == ["H", "P", "Q"])
            #expect(second.phase(id) == "running")
            #expect(second.events.filter { $0 == "joined Q>host" }.count == 1)
            await second.hangUp("H", of: id)
            for call in ["P", "Q"] { await second.ends(call, of: id) }
            #expect(second.store.rows.isEmpty)
        }
    }

    @Test("Asterisk was restarted: the conference ends, with its events")
    func asteriskRestarted() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            _ = try await bench.merged()
            bench.asterisk.restart()
            try await bench.recover()
            #expect(bench.store.rows.isEmpty)
            #expect(bench.events.last == "deleted>host")
            #expect(bench.events.filter { $0.hasPrefix("left") }.count == 6)
        }
    }
}

extension ConferenceBench {
    /// A process that ends when its conference has come this far; `arriving`: Asterisk's events are lost.
    fileprivate func conference(in phase: String) async throws -> String {
        let id = Mutex("")
        try await run {
            let known = try await merge().body["conference_id"]?.string ?? ""
            id.withLock { $0 = known }
            if phase == "arriving" {
                let ours = ["H", "P", "Q"].map { ChannelID($0) }
                asterisk.setApplication(
                    "adhoc_conference",
                    StasisApplicationState(name: "adhoc_conference", channels: ours)
                )
                for bridge in ["b1", "b2"] { try await asterisk.destroyBridge(BridgeID(bridge)) }
            }
            if phase == "running" || phase == "ending" { try await arrive("H", "P", "Q", for: known) }
            if phase == "ending" {
                _ = try await request(.delete, "\(Self.path)/\(known)")
                for call in ["H", "P", "Q"] { asterisk.remove(ChannelID(call)) }
            }
        }
        return id.withLock { $0 }
    }
}

extension AdhocConference.Event {
    /// The calls that could not be brought.
    fileprivate var notBrought: [ChannelID] {
        guard case .notBrought(let channels) = self else { return [] }
        return channels
    }
}
