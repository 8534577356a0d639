import CallControl
import Core
import Foundation
import Persistence
import TandemTesting
import Telephony
import Testing

@testable import Faxes

/// Faxes in every phase, and everything that can happen to them.
enum SentFaxSituations {
    static let start = Date(timeIntervalSince1970: 1_700_000_000)
    static let later = start + 10

    static func fax(
        _ phase: SentFax.Phase,
        retries: Int = 0,
        attempt: Int = 1,
        isCreated: Bool = true
    ) -> SentFax {
        var fax = SentFax(
            id: "f",
            tenant: TenantID("t"),
            request: SentFax.Request(
                context: "c",
                exten: "1",
                callerID: "x",
                ivrExtension: nil,
                waitTime: 0,
                user: UserID("u")
            ),
            limits: SentFax.Limits(retries: retries, pause: 100, keep: 1_000),
            createdAt: start
        )
        fax.phase = phase
        fax.attempt = attempt
        fax.isCreated = isCreated
        fax.documentPages = 1
        fax.revision = 1
        return fax
    }

    static let phases: [SentFax.Phase] = [
        .converting, .dialing(until: start), .sending(until: start), .lingering(error: "BUSY", until: start),
        .waiting(until: start), .succeeded(until: start), .failed(until: start), .removed,
    ]

    static let success = SentFax.Report(pages: 1, rate: 14_400, remoteStation: "r", error: nil)
    static let failure = SentFax.Report(pages: 0, rate: nil, remoteStation: nil, error: "HANGUP")

    static func sighting(_ isThere: Bool, up isUp: Bool = false, _ report: SentFax.Report? = nil) -> SentFax.Event {
        .seen(SentFax.Sighting(isThere: isThere, isUp: isUp, report: report, at: later))
    }

    static func events(_ channel: ChannelID = ChannelID("f")) -> [SentFax.Event] {
        [
            .requested(by: nil), .converted(pages: 2, at: later), .notConverted, .dialled,
            .notDialled(error: "ORIGINATE_400", at: later), .answered(channel, at: later),
            .reported(channel, success, at: later), .reported(channel, failure, at: later),
            .gone(channel, cause: 17, at: later), .cancelled(by: nil, at: later), .discarded(by: nil),
            sighting(true), sighting(true, up: true), sighting(false), sighting(false, success),
            sighting(false, failure), .deadlinePassed, .refused(channel, error: "BUSY", at: later),
        ]
    }
}

@Suite("A sent fax, step by step")
struct SentFaxTransitionsTests {
    private typealias Situation = SentFaxSituations

    /// Where each event leads from each phase, in the order of `SentFaxSituations.events`; `·`: nowhere.
    private static let table: [String: String] = [
        "converting": "converting dialing removed · · · · · · · · failed failed failed failed failed · ·",
        "dialing": """
        · · · · failed sending succeeded failed lingering failed · · sending failed succeeded failed dialing
            lingering
        """,
        "sending": "· · · · · · succeeded failed lingering failed · · · failed succeeded failed sending ·",
        "lingering": "· · · · · · succeeded failed · failed · · · · succeeded failed failed ·",
        "waiting": "· · · · · · · · · failed · · · · · · dialing ·",
        "succeeded": "· · · · · · · · · · removed succeeded succeeded · · · removed ·",
        "failed": "· · · · · · · · · · removed failed failed · · · removed ·",
        "removed": "· · · · · · · · · · · · · · · · · ·",
    ]

    @Test("the whole table", arguments: SentFaxSituations.phases)
    func wholeTable(phase: SentFax.Phase) throws {
        let fax = Situation.fax(phase, isCreated: phase != .converting)
        let row = try #require(Self.table[fax.phaseName]).split(whereSeparator: \.isWhitespace).map(String.init)
        let events = Situation.events()
        #expect(row.count == events.count)
        for (event, expected) in zip(events, row) {
            #expect((fax.handle(event)?.next.phaseName ?? "·") == expected, "\(fax.phaseName): \(event)")
        }
    }

    @Test("events of a former attempt's channel are none of this one's")
    func formerAttempt() {
        for phase in Situation.phases {
            let fax = Situation.fax(phase, attempt: 2)
            for event in Situation.events(ChannelID("f")) {
                switch event {
                case .answered, .refused, .reported, .gone: #expect(fax.handle(event) == nil)
                default: break
                }
            }
        }
        #expect(Situation.fax(.waiting(until: Situation.start), attempt: 2).channel == ChannelID("f-2"))
    }

    @Test("attempts are repeated as often as is wanted, each pause twice as long")
    func retries() throws {
        var fax = Situation.fax(.dialing(until: Situation.start), retries: 2)
        for (attempt, pause) in [(1, 100.0), (2, 200.0)] {
            #expect(fax.attempt == attempt)
            let step = try #require(fax.handle(.reported(fax.channel, Situation.failure, at: Situation.later)))
            #expect(step.next.phase == .waiting(until: Situation.later + pause) && step.notices.isEmpty)
            let next = try #require(step.next.handle(.deadlinePassed))
            #expect(next.effects == [.dial])
            fax = next.next
        }
        let last = try #require(fax.handle(.gone(fax.channel, cause: 17, at: Situation.later)))
        let end = try #require(last.next.handle(.deadlinePassed))
        #expect(end.notices == [.failed] && end.next.report.error == "BUSY")
    }

    @Test("a result that nobody can be asked for is waited for; then the fax has failed, and is not sent again")
    func unknownResult() throws {
        let gone = SentFax.Event.seen(
            SentFax.Sighting(isThere: false, isUp: false, isResultKnown: false, at: Situation.later)
        )
        for phase in [SentFax.Phase.dialing(until: Situation.start), .sending(until: Situation.start)] {
            let fax = Situation.fax(phase, retries: 3)
            let waiting = try #require(fax.handle(gone)).next
            #expect(waiting.phaseName == "lingering" && waiting.handle(gone) == nil)
            let found = try #require(waiting.handle(Situation.sighting(false, Situation.success)))
            #expect(found.next.phaseName == "succeeded" && found.notices == [.succeeded])
            let lost = try #require(waiting.handle(Situation.sighting(false)))
            #expect(lost.next.phaseName == "waiting", "Asterisk says that there is no result: another attempt")
            let end = try #require(waiting.handle(.deadlinePassed))
            #expect(end.next.phaseName == "failed" && end.notices == [.failed] && end.effects.isEmpty)
            #expect(end.next.report.error == "UNKNOWN_RESULT")
        }
    }

    @Test("causes in words")
    func causes() {
        for (cause, answered, text) in [
            (17, false, "BUSY"), (17, true, "BUSY"), (19, false, "NO_ANSWER"), (0, false, "NO_ANSWER"),
            (21, false, "REJECTED"), (1, false, "UNREACHABLE"), (34, false, "CONGESTION"), (16, true, "HANGUP"),
            (99, false, "CAUSE_99"),
        ] {
            #expect(SentFax.Errors.text(ofCause: cause, wasAnswered: answered) == text)
        }
    }

    @Test("every phase is read back as it was written; nonsense is no row")
    func rows() {
        for phase in Situation.phases where phase != .removed {
            var fax = Situation.fax(phase, retries: 1)
            fax.report = Situation.failure
            fax.endedAt = Situation.later
            var row = AggregateRow(
                kind: SentFax.rowKind,
                id: fax.id,
                tenant: fax.tenant,
                revision: fax.revision,
                deadline: fax.deadline,
                body: fax.body
            )
            #expect(SentFax(row: row) == fax)
            row.body = ["phase": "flying"]
            #expect(SentFax(row: row) == nil)
        }
    }

    @Test("whatever happens in whatever order: created first and once, one end, nothing after it")
    func property() throws {
        let rounds = ProcessInfo.processInfo.environment["TANDEM_SOAK"] == "1" ? 100_000 : 2_000
        for seed in 0..<rounds {
            var random = SeededGenerator(seed: UInt64(seed))
            var fax = Situation.fax(.converting, retries: Int.random(in: 0...2, using: &random), isCreated: false)
            fax.revision = 0
            var notices: [SentFax.Notice] = []
            var hasFiles = true
            var pending: [SentFax.Event] = [.requested(by: nil)]
            for _ in 0..<40 {
                let event =
                    pending.isEmpty
                    ? Situation.events(fax.channel).randomElement(using: &random) : pending.removeFirst()
                guard let event, let step = fax.handle(event) else { continue }
                fax = step.next
                fax.revision += 1
                notices += step.notices
                if step.effects.contains(.removeFiles) { hasFiles = false }
                #expect(fax.isEnded == !hasFiles, "files go with the job: seed \(seed)")
            }
            let ends = notices.filter { $0 != .created }
            #expect(ends.count <= 1 && notices.count { $0 == .created } <= 1, "seed \(seed): \(notices)")
            if !ends.isEmpty { #expect(notices.first == .created && notices.count == 2, "seed \(seed): \(notices)") }
            if fax.phase.isOver, fax.phase != .removed { #expect(ends.count == 1, "seed \(seed)") }
            if !fax.phase.isOver, fax.phase != .converting { #expect(fax.deadline != nil, "seed \(seed)") }
        }
    }

    @Test("the picture in docs/faxes.md shows the machine's edges")
    func diagram() throws {
        let drawn = Set(try StateDiagram(page: "faxes.md", section: "What happens").edges.keys)
        var actual: Set<StateDiagram.Edge> = []
        for phase in Situation.phases {
            for fax in [Situation.fax(phase), Situation.fax(phase, retries: 1), Situation.fax(phase, isCreated: false)]
            {
                for event in Situation.events() {
                    guard let step = fax.handle(event), step.next.phaseName != fax.phaseName else { continue }
                    actual.insert(StateDiagram.Edge(fax.phaseName, step.next.phaseName))
                }
            }
        }
        #expect(drawn == actual, "missing: \(actual.subtracting(drawn)), wrong: \(drawn.subtracting(actual))")
    }
}
