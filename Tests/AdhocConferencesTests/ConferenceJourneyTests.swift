import Core
import Events
import Foundation
import HTTPTypes
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import AdhocConferences

@Suite("Ad hoc conferences: a conference's journey", .timeLimit(.minutes(1)))
struct ConferenceJourneyTests {
    @Test("calls in Stasis are moved, the host's other leg is hung up, all meet in a bridge of the conference's id")
    func moved() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            let id = try await bench.merged()
            #expect(UUID(uuidString: id) != nil)
            #expect(bench.members(of: id) == ["H", "P", "Q"])
            let moves = bench.asterisk.requests.filter { $0.hasPrefix("move") }
            #expect(moves == ["P", "H", "Q"].map { "move \($0) adhoc_conference,\(id)" })
            #expect(bench.manager.lines == [])
            #expect(bench.asterisk.requests.contains("hangUp D"))
            #expect(bench.asterisk.requests.contains("subscribe adhoc_conference bridge:\(id)"))
            #expect(bench.asterisk.requests.contains("set CONNECTEDLINE(all)=\"Conference\" <100H> H"))
            #expect(bench.asterisk.requests.contains("setAny WAZO_IS_ADHOC_CONFERENCE_HOST=true H"))
            #expect(bench.asterisk.requests.contains("setAny WAZO_IS_ADHOC_CONFERENCE_HOST=false P"))
            #expect(bench.phase(id) == "running")
        }
    }

    @Test("calls of the dialplan are redirected: the pair in one action, the participant alone")
    func redirected() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls(inStasis: false)
        try await bench.run {
            let answer = try await bench.merge()
            #expect(answer.status == 201)
            let place = "Context=convert_to_stasis Exten=adhoc_conference Priority=1"
            #expect(
                bench.manager.lines == [
                    "Redirect Channel=P ExtraChannel=H \(place)", "Redirect Channel=Q \(place)",
                ]
            )
            let id = answer.body["conference_id"]?.string ?? ""
            #expect(bench.asterisk.requests.contains("setAny WAZO_ADHOC_CONFERENCE_ID=\(id) Q"))
            #expect(bench.asterisk.requests.contains("hangUp D"))
        }
    }

    @Test("of a mixed pair only the one outside Stasis is redirected")
    func mixedPair() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        bench.asterisk.fail("set WAZO_TEST_STASIS= P", with: ConferenceBench.outsideStasis)
        try await bench.run {
            let answer = try await bench.merge([])
            #expect(answer.status == 201)
            #expect(
                bench.manager.lines == [
                    "Redirect Channel=P Context=convert_to_stasis Exten=adhoc_conference Priority=1"
                ]
            )
            #expect(bench.asterisk.requests.filter { $0.hasPrefix("move") }.map { $0.prefix(6) } == ["move H"])
        }
    }

    @Test("the host hears n + 2 joins, everybody hears of everybody who comes after him")
    func events() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            _ = try await bench.merged()
            #expect(
                bench.events == [
                    "created>host", "joined H>host", "joined H>host", "joined P>host", "joined P>peer",
                    "joined Q>host", "joined Q>peer", "joined Q>other",
                ]
            )
            let last = try #require(bench.store.messages.last)
            #expect(last.routingKey == "conferences.users.other.adhoc.participants.joined")
            #expect(last.headers["name"] == "conference_adhoc_participant_joined")
            #expect(last.headers["tenant_uuid"] == .string(ConferenceBench.tenant.rawValue))
            #expect(last.headers["required_access"] == "event.conference_adhoc_participant_joined")
            #expect(last.headers["required_acl"] == .string("events.\(last.routingKey)"))
        }
    }

    @Test("a call without a user is in the conference, and nobody is sent a message for it")
    func withoutUser() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        bench.put("Q", user: nil, tenant: nil)
        try await bench.run {
            let id = try await bench.merged()
            #expect(bench.members(of: id) == ["H", "P", "Q"])
            #expect(bench.events.suffix(2) == ["joined Q>host", "joined Q>peer"])
            #expect(bench.store.messages.allSatisfy { !$0.routingKey.contains("None") })
        }
    }

    @Test("one leaves, the others go on; the next one ends it")
    func leaving() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            let id = try await bench.merged()
            let before = bench.events.count
            await bench.hangUp("P", of: id)
            #expect(bench.events.dropFirst(before) == ["left P>host", "left P>other"])
            #expect(bench.phase(id) == "running")
            await bench.hangUp("Q", of: id)
            #expect(bench.asterisk.requests.last == "hangUp H")
            await bench.ends("H", of: id)
            #expect(bench.events.suffix(3) == ["left Q>host", "left H>host", "deleted>host"])
            #expect(bench.store.rows.isEmpty)
            let bridge = try await bench.asterisk.bridge(BridgeID(id))
            #expect(bridge == nil)
        }
    }

    @Test("the host leaves: everybody is hung up")
    func hostLeaves() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            let id = try await bench.merged()
            await bench.hangUp("H", of: id)
            #expect(bench.asterisk.requests.suffix(2) == ["hangUp P", "hangUp Q"])
            await bench.ends("P", of: id)
            await bench.ends("Q", of: id)
            #expect(bench.store.rows.isEmpty)
            #expect(bench.events.filter { $0.hasPrefix("deleted") } == ["deleted>host"])
            #expect(bench.store.history.map(\.to).last == "ended")
        }
    }

    @Test("another channel takes the host's place: the conference is his")
    func replacedHost() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            let id = try await bench.merged()
            bench.put("N", user: "next")
            try await bench.asterisk.add([ChannelID("N")], to: BridgeID(id), as: BridgeEntry())
            bench.asterisk.remove(ChannelID("H"))
            let successor = try #require(try await bench.asterisk.channel(ChannelID("N")))
            let adds = bench.asterisk.requests.filter { $0.hasPrefix("add N") }.count
            await bench.send(
                .stasisStart(successor, arguments: [], replaced: Channel(id: ChannelID("H"))),
                type: "StasisStart",
                channel: "N"
            )
            await bench.ends("H", of: id)
            #expect(bench.asterisk.requests.filter { $0.hasPrefix("add N") }.count == adds, "it is there already")
            let shown = try await bench.request(.get, "\(ConferenceBench.path)/\(id)")
            #expect(shown.body["host_call_id"] == "N")
            #expect(shown.body["status"] == "running")
            #expect(bench.events.suffix(6).contains("joined N>next"))
            await bench.hangUp("N", of: id)
            #expect(bench.asterisk.requests.suffix(2) == ["hangUp P", "hangUp Q"])
        }
    }

    @Test("a successor whom Asterisk has not put into the bridge yet joins with the event of its entry")
    func slowSuccessor() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            let id = try await bench.merged()
            bench.put("N", user: "next")
            let successor = try #require(try await bench.asterisk.channel(ChannelID("N")))
            await bench.send(
                .stasisStart(successor, arguments: [], replaced: Channel(id: ChannelID("Q"))),
                type: "StasisStart",
                channel: "N"
            )
            #expect(!bench.events.contains("joined N>next"))
            try await bench.asterisk.add([ChannelID("N")], to: BridgeID(id), as: BridgeEntry())
            let bridge = try #require(try await bench.asterisk.bridge(BridgeID(id)))
            let adds = bench.asterisk.requests.filter { $0.hasPrefix("add N") }.count
            for _ in 1...2 {
                await bench.send(
                    .channelEnteredBridge(successor, bridge),
                    type: "ChannelEnteredBridge",
                    channel: "N",
                    bridge: id
                )
            }
            #expect(bench.asterisk.requests.filter { $0.hasPrefix("add N") }.count == adds)
            #expect(bench.events.filter { $0 == "joined N>next" }.count == 1)
        }
    }

    @Test("the host does not arrive in time: all is undone, its end is told")
    func hostNeverComes() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            let answer = try await bench.merge([])
            let id = answer.body["conference_id"]?.string ?? ""
            try await bench.arrive("P", for: id)
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: AdhocConference.patience)
            await bench.asterisk.waitForRequest("hangUp P")
            await bench.ends("P", of: id)
            #expect(bench.events.last == "deleted>host")
            #expect(bench.store.rows.isEmpty)
        }
    }

    @Test("a call that comes for a conference that is over is hung up")
    func stray() async throws {
        let bench = try await ConferenceBench()
        try await bench.placeCalls()
        try await bench.run {
            try await bench.recover()
            try await bench.arrive("Q", for: "over")
            await bench.asterisk.waitForRequest("hangUp Q")
        }
    }
}
