import Core
import Foundation
import HTTPTypes
import Persistence
import Synchronization
import TandemTesting
import Telephony
import Testing

@testable import Transfers

@Suite("Transfer: faults and restarts", .timeLimit(.minutes(1)))
struct TransferFaultTests {
    @Test("the recipient cannot be called: 503, everything is undone, nothing was told, no lock is left")
    func refusedRecipient() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            bench.asterisk.fail("originate", with: .internalError("Allocation failed"))
            let reply = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(reply.status == 503)
            #expect(reply.body["error_id"] == "asterisk-ari-error")
            #expect(bench.events == [])
            #expect(bench.store.rows.isEmpty)
            let together = bench.store.history.first.map { bench.members($0.id) }
            #expect(together == ["T", "I"])
            #expect(bench.asterisk.requests.contains("unhold T"))
            #expect(bench.asterisk.requests.contains("unring I"))
            bench.asterisk.fail("originate", with: nil)
            let again = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(again.status == 201)
        }
    }

    @Test("Redirect fails: 503 or 400 by the reason, no record is left, the variables are emptied")
    func refusedRedirect() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: false)
            bench.manager.fail("Redirect", with: .unreachable("away"))
            let away = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(away.status == 503)
            #expect(away.body["error_id"] == "wazo-amid-error")
            bench.manager.fail("Redirect", with: .refused(message: "Channel does not exist", action: "Redirect"))
            let gone = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(gone.status == 400)
            #expect(gone.body["details"] == ["message": "some channel got hung up"])
            #expect(bench.store.rows.isEmpty)
            #expect(bench.events == [])
            let role = try await bench.asterisk.variable("XIVO_TRANSFER_ROLE", of: ChannelID("T"))
            #expect(role == "")
        }
    }

    @Test("no answer to Redirect: the look finds both in Stasis, and it goes on")
    func lostRedirect() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: false)
            bench.manager.fail("Redirect", with: .timedOut)
            let reply = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(reply.status == 503)
            let id = try #require(bench.store.rows.values.first?.id)
            for name in ["T", "I"] {
                bench.put(name, inStasis: true, arguments: StasisArguments.fetched(transfer: id).list)
            }
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 2)
            try await eventually { bench.phase(id) == "ringback" }
            #expect(bench.events == ["created starting -", "updated starting"])
        }
    }

    @Test("nobody arrives in Stasis within 30 s: it ends, and the two are left as they are")
    func nobodyArrives() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: false)
            _ = try await bench.begin()
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 31)
            try await eventually { bench.store.rows.isEmpty }
            #expect(bench.events == ["created starting -", "abandoned starting -", "ended ended -"])
            #expect(try await bench.isThere("T"))
            #expect(try await bench.isThere("I"))
        }
    }

    @Test("only the transferred party arrives within 30 s: it goes on as a blind transfer; who comes late is hung up")
    func initiatorIsLate() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: false)
            let (id, _) = try await bench.begin()
            await bench.join("T", of: id)
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 31)
            try await eventually { bench.phase(id) == "blind" }
            await bench.join("I", of: id)
            #expect(try await !bench.isThere("I"))
            #expect(bench.phase(id) == "blind")
        }
    }

    @Test("the database is away: 503, and Asterisk was asked for nothing")
    func noDatabase() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            bench.store.setOutage(.unreachable("down"))
            let reply = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(reply.status == 503)
            #expect(reply.body["error_id"] == "database-unreachable")
            #expect(!bench.asterisk.requests.contains("hold T"))
            bench.store.setOutage(nil)
            let again = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(again.status == 201)
        }
    }

    @Test("Asterisk does not answer in the middle: what is left is done when it is back")
    func asteriskAway() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, recipient) = try await bench.begin()
            bench.asterisk.fail("add I \(id)", with: .unreachable("reset"))
            await bench.answer(recipient, of: id)
            #expect(bench.phase(id) == "connecting")
            bench.asterisk.fail("add I \(id)", with: nil)
            await bench.clock.waitForSleepers()
            bench.clock.advance(by: 2)
            try await eventually { bench.phase(id) == "answered" }
            #expect(bench.members(id) == ["I", recipient])
        }
    }

    @Test("Asterisk refuses to bridge: the two talk again")
    func obstructed() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, recipient) = try await bench.begin()
            bench.asterisk.fail("add \(recipient)", with: .unprocessable("no"))
            await bench.answer(recipient, of: id)
            #expect(bench.members(id) == ["T", "I"])
            #expect(bench.events.suffix(2) == ["cancelled ringback", "ended ended"])
        }
    }

    @Test("the transferred party is gone when the transfer is completed: the client is told")
    func completedTooLate() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, recipient) = try await bench.begin()
            await bench.answer(recipient, of: id)
            bench.asterisk.remove(ChannelID("T"))
            let reply = try await bench.request(.put, "/transfers/\(id)/complete")
            #expect(reply.status == 400)
            #expect(reply.body["error_id"] == "transfer-completion-error")
            #expect(bench.phase(id) == "abandoned_talking")
            #expect(bench.members(id) == ["I", recipient], "they talk on")
            await bench.hangUp("T")
            #expect(bench.events.count { $0.hasPrefix("abandoned") } == 1)
        }
    }

    // MARK: Restarts

    /// What happens while no gateway runs, and where the next one brings it.
    struct Gap: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var answered = false
        var flow = "attended"
        var gone: [String] = []
        var recipientAnswers = false
        /// The phase afterwards; `nil`: ended.
        var phase: String?
        var events: [String] = []
    }

    static let gaps = [
        Gap(testDescription: "nothing", phase: "ringback"),
        Gap(testDescription: "nothing, answered", answered: true, phase: "answered"),
        Gap(
            testDescription: "the recipient answers",
            recipientAnswers: true,
            phase: "answered",
            events: ["answered answered"]
        ),
        Gap(
            testDescription: "the recipient of a blind transfer answers",
            flow: "blind",
            recipientAnswers: true,
            events: ["answered blind_transferred blind", "ended ended blind"]
        ),
        Gap(testDescription: "I hangs up", gone: ["I"], phase: "blind", events: ["completed ringback blind"]),
        Gap(
            testDescription: "I hangs up, answered",
            answered: true,
            gone: ["I"],
            events: ["completed answered", "ended ended"]
        ),
        Gap(testDescription: "T hangs up", gone: ["T"], phase: "abandoned", events: ["abandoned ringback"]),
        Gap(
            testDescription: "T hangs up, answered",
            answered: true,
            gone: ["T"],
            phase: "abandoned_talking",
            events: ["abandoned answered"]
        ),
        Gap(testDescription: "R hangs up", gone: ["R"], events: ["cancelled ringback", "ended ended"]),
        Gap(
            testDescription: "R of a blind transfer hangs up",
            flow: "blind",
            gone: ["R"],
            events: ["cancelled blind_transferred blind", "ended ended blind"]
        ),
        Gap(testDescription: "all hang up", gone: ["T", "I", "R"], events: ["abandoned ringback", "ended ended"]),
    ]

    @Test("a restart of ours: what happened meanwhile is made up for, each with its event", arguments: gaps)
    func restart(_ gap: Gap) async throws {
        let first = TransferBench()
        let id = Box()
        try await first.run {
            try await first.call(inStasis: true)
            let (transfer, recipient) = try await first.begin(gap.flow)
            if gap.answered { await first.answer(recipient, of: transfer) }
            id.set(transfer)
        }
        let recipient = first.recipient(id.value)
        let before = first.events.count
        for name in gap.gone { first.asterisk.remove(ChannelID(name == "R" ? recipient : name)) }
        if gap.recipientAnswers {
            first.put(recipient, inStasis: true, arguments: StasisArguments.recipient(transfer: id.value).list)
        }
        let second = TransferBench(store: first.store, asterisk: first.asterisk)
        try await second.run {
            #expect(second.phase(id.value) == gap.phase)
            #expect(Array(second.events.dropFirst(before)) == gap.events)
            guard gap.phase != nil else { return #expect(second.store.rows.isEmpty) }
            let reply = try await second.request(.delete, "/transfers/\(id.value)")
            #expect(reply.status == 204)
            #expect(second.store.rows.isEmpty)
        }
    }

    @Test("a restart while both are on their way: they are found, or awaited")
    func restartOnTheWay() async throws {
        let first = TransferBench()
        let id = Box()
        try await first.run {
            try await first.call(inStasis: false)
            id.set(try await first.begin().id)
        }
        first.put("T", inStasis: true, arguments: StasisArguments.fetched(transfer: id.value).list)
        let second = TransferBench(store: first.store, asterisk: first.asterisk)
        try await second.run {
            #expect(second.phase(id.value) == "capturing")
            await second.join("I", of: id.value)
            #expect(second.phase(id.value) == "ringback")
        }
    }

    @Test("who arrives before the stored transfers are read is not hung up")
    func earlyArrival() async throws {
        let first = TransferBench()
        let id = Box()
        try await first.run {
            try await first.call(inStasis: false)
            id.set(try await first.begin().id)
        }
        let second = TransferBench(store: first.store, asterisk: first.asterisk)
        await second.join("T", of: id.value)
        try await second.run {
            await second.join("I", of: id.value)
            try await eventually { second.phase(id.value) == "ringback" }
            #expect(try await second.isThere("T"))
        }
    }

    @Test("a restart of Asterisk ends every transfer, told once")
    func asteriskRestart() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (_, recipient) = try await bench.begin()
            bench.asterisk.restart()
            try await bench.recover()
            #expect(bench.store.rows.isEmpty)
            #expect(bench.events.count { $0.hasPrefix("ended") } == 1)
            _ = recipient
        }
    }

    /// A value that a closure sets.
    final class Box: Sendable {
        private let stored = Mutex("")
        var value: String { stored.withLock { $0 } }
        func set(_ value: String) { stored.withLock { $0 = value } }
    }
}
