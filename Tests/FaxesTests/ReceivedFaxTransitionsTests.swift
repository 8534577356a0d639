import Core
import Foundation
import Persistence
import TandemTesting
import Testing

@testable import Faxes

@Suite("A received fax, step by step")
struct ReceivedFaxTransitionsTests {
    private static let start = Date(timeIntervalSince1970: 1_700_000_000)

    private static func fax(_ phase: ReceivedFax.Phase, _ states: ReceivedFax.Delivery.State...) -> ReceivedFax {
        ReceivedFax(
            id: "f-1",
            arrival: FaxArrival(file: "/in/1.tif", destination: "5009"),
            receivedAt: start,
            deliveries: zip(["mail", "ftp"], states).map { ReceivedFax.Delivery(backend: $0, state: $1) },
            phase: phase,
            revision: 1
        )
    }

    private static let rules = ReceivedFax.Rules(keep: 1_000, keepFailed: 2_000)

    private static let waits = ReceivedFax.Delivery.State.pending(due: start, cause: nil)

    private static let events: [ReceivedFax.Event] = [
        .taken, .notTaken(cause: "disk full"), .attemptSucceeded(backend: "mail", at: start),
        .attemptFailed(backend: "mail", cause: "no", isPermanent: false, at: start),
        .attemptFailed(backend: "mail", cause: "never", isPermanent: true, at: start),
        .attemptSucceeded(backend: "fridge", at: start), .filesRemoved, .filesNotRemoved(at: start),
        .discarded(by: nil, at: start), .keepPassed(at: start), .keepPassed(at: start + 100),
    ]

    /// Phase and event to the phase afterwards; `nil`: a no-op. For a fax with one backend that waits, or is done.
    private static let table: [(ReceivedFax.Phase, [ReceivedFax.Phase?])] = [
        (.received, [.delivering, .refused, nil, nil, nil, nil, nil, nil, nil, nil, nil]),
        (.delivering, [nil, nil, .delivered, .delivering, .failed, nil, nil, nil, .removing, nil, nil]),
        (.delivered, [nil, nil, nil, nil, nil, nil, nil, nil, .removing, nil, .removing]),
        (.failed, [nil, nil, nil, nil, nil, nil, nil, nil, .removing, nil, .removing]),
        (.removing, [nil, nil, nil, nil, nil, nil, .removing, .removing, nil, nil, nil]),
        (.refused, [nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, nil]),
    ]

    @Test("every phase takes every event as the table says", arguments: table)
    func all(phase: ReceivedFax.Phase, expected: [ReceivedFax.Phase?]) {
        let state: ReceivedFax.Delivery.State =
            switch phase {
            case .received, .delivering, .refused: Self.waits
            case .delivered, .removing: .delivered
            case .failed: .failed(cause: "no")
            }
        var fax = Self.fax(phase, state)
        fax.until = Self.start + 100
        #expect(expected.count == Self.events.count)
        for (event, phaseAfter) in zip(Self.events, expected) {
            let transition = fax.handle(event, Self.rules)
            #expect(transition?.fax.phase == phaseAfter, "\(phase) and \(event.name)")
            if let transition {
                #expect(transition.isOver == (transition.fax.phase == .refused || event == .filesRemoved))
            }
        }
        #expect(Self.table.map(\.0) == ReceivedFax.Phase.allCases)
    }

    @Test("a taken fax is told and attempted at once at every backend")
    func taken() throws {
        let transition = try #require(Self.fax(.received, Self.waits, Self.waits).handle(.taken, Self.rules))
        #expect(transition.notices == [.received])
        #expect(
            transition.effects == [.attempt(backend: "mail", at: Self.start), .attempt(backend: "ftp", at: Self.start)]
        )
        #expect(transition.fax.dueBackends(at: Self.start) == ["mail", "ftp"])
    }

    @Test("an incomplete fax without backends fails when it is taken, and is read back from its row")
    func incomplete() throws {
        let fax = ReceivedFax(
            id: "f-1",
            arrival: FaxArrival(file: "/in/1.tif", destination: "5009", pages: 2, fault: "HANGUP"),
            receivedAt: Self.start,
            deliveries: [],
            phase: .received,
            revision: 1
        )
        let transition = try #require(fax.handle(.taken, Self.rules))
        #expect(transition.fax.phase == .failed && transition.notices == [.failed] && transition.effects == [])
        #expect(transition.fax.due == Self.start + 2_000)
        #expect(ReceivedFax(row: transition.fax.row) == transition.fax)
        #expect(transition.fax.error == "INCOMPLETE: HANGUP")
    }

    @Test("a failed attempt is repeated after 1, 5, 15, 60 minutes, 3, 6 and 12 hours, then never")
    func pauses() throws {
        var fax = Self.fax(.delivering, Self.waits)
        var now = Self.start
        var minutes: [Double] = []
        var notices: [ReceivedFax.Notice] = []
        while fax.phase == .delivering {
            let event = ReceivedFax.Event.attemptFailed(backend: "mail", cause: "no", isPermanent: false, at: now)
            let transition = try #require(fax.handle(event, Self.rules))
            fax = transition.fax
            notices += transition.notices
            guard fax.phase == .delivering, let due = fax.due else { continue }
            #expect(transition.effects == [.attempt(backend: "mail", at: due)])
            #expect(fax.dueBackends(at: due.addingTimeInterval(-1)) == [])
            minutes.append(due.timeIntervalSince(now) / 60)
            now = due
        }
        #expect(minutes == [1, 5, 15, 60, 180, 360, 720])
        #expect(fax.phase == .failed && notices == [.failed])
        #expect(fax.deliveries.map(\.attempts) == [8])
        #expect(fax.endedAt == now && fax.due == now + 2_000, "it is kept")
    }

    @Test("one backend's failure for good waits for the others, and keeps the file")
    func mixed() throws {
        let never = ReceivedFax.Event.attemptFailed(backend: "mail", cause: "never", isPermanent: true, at: Self.start)
        let first = try #require(Self.fax(.delivering, Self.waits, Self.waits).handle(never, Self.rules))
        #expect(first.fax.phase == .delivering && first.notices.isEmpty && first.effects.isEmpty)
        let last = try #require(first.fax.handle(.attemptSucceeded(backend: "ftp", at: Self.start), Self.rules))
        #expect(last.fax.phase == .failed && last.notices == [.failed] && !last.isOver)
        #expect(last.effects == [], "the file is kept")
        #expect(last.fax.failures == ["mail": "never"])
    }

    @Test("removed by a client while it waits: no attempt more, and clients hear that it was given up")
    func discarded() throws {
        let fax = Self.fax(.delivering, .delivered, .pending(due: Self.start + 60, cause: "away"))
        let transition = try #require(fax.handle(.discarded(by: UserID("u"), at: Self.start), Self.rules))
        #expect(transition.notices == [.failed] && transition.effects == [.removeFiles] && !transition.isOver)
        #expect(transition.fax.error == "ftp: CANCELLED" && transition.fax.dueBackends(at: .distantFuture) == [])
        #expect(transition.fax.due == Self.start, "its files go now")
        let again = try #require(transition.fax.handle(.filesNotRemoved(at: Self.start), Self.rules))
        #expect(again.fax.due == Self.start + 60 && !again.isOver)
    }

    @Test("delivered rows of an earlier version have no time to be kept: they go")
    func earlier() throws {
        let row = Self.fax(.delivered, .delivered).row
        let fax = try #require(ReceivedFax(row: row))
        #expect(fax.due == Self.start && fax.handle(.keepPassed(at: Self.start), Self.rules)?.fax.phase == .removing)
    }

    @Test("the picture in docs/faxes.md shows the machine's edges")
    func diagram() throws {
        var actual: [StateDiagram.Edge: Set<String>] = [:]
        for phase in ReceivedFax.Phase.allCases {
            for states in [[], [Self.waits], [Self.waits, .failed(cause: "no")]] as [[ReceivedFax.Delivery.State]] {
                var fax = Self.fax(phase, Self.waits)
                fax.deliveries = zip(["mail", "ftp"], states).map { .init(backend: $0, state: $1) }
                for event in Self.events {
                    guard let next = fax.handle(event, Self.rules)?.fax.phase, next != phase else { continue }
                    let word = event.name.split(separator: " ").first.map(String.init) ?? ""
                    actual[StateDiagram.Edge(phase.rawValue, next.rawValue), default: []].insert(word)
                }
            }
        }
        let page = try StateDiagram(page: "faxes.md", section: "Seen and removed by clients")
        #expect(page.differences(from: actual) == [])
    }

    @Test("rows keep everything")
    func rows() throws {
        var fax = Self.fax(.delivering, .pending(due: Self.start, cause: "no\n\"é"), .failed(cause: "x"))
        fax.deliveries[0].attempts = 3
        fax.endedAt = Self.start + 5
        fax.until = Self.start + 10
        #expect(ReceivedFax(row: fax.row) == fax)
        let whole = ReceivedFax(
            id: "f-2",
            arrival: FaxArrival(
                file: "/in/1.tif",
                destination: "5009",
                email: "a@example.org",
                callerID: "\"É\" <1>",
                pages: 3,
                remoteStationID: "+33 1",
                tenant: TenantID("t"),
                context: "from-extern",
                user: UserID("u")
            ),
            receivedAt: Self.start,
            backends: ["mail"]
        )
        #expect(ReceivedFax(row: whole.row) == whole)
        #expect(whole.row.deadline == Self.start)
    }

    @Test(
        "rows of another version are refused",
        arguments: ["phase", "received_at", "file", "destination", "deliveries"]
    )
    func unreadable(key: String) {
        var row = Self.fax(.delivering, Self.waits).row
        var body = row.body.object ?? [:]
        body[key] = key == "deliveries" ? .array([["backend": "mail"]]) : nil
        row.body = .object(body)
        #expect(ReceivedFax(row: row) == nil)
    }

    @Test("whatever happens in whatever order: delivered means all have it, and nobody gets it twice")
    func anyOrder() {
        var generator = SeededGenerator(seed: 30)
        for _ in 0..<3_000 {
            var fax = Self.fax(.received, Self.waits, Self.waits)
            var successes: [String: Int] = [:]
            var notices: [ReceivedFax.Notice] = []
            var now = Self.start
            var isOver = false
            for _ in 0..<40 where !isOver {
                now.addTimeInterval(Double.random(in: 0...50_000, using: &generator))
                let event = Self.anyEvent(&generator, at: now)
                guard let transition = fax.handle(event, Self.rules) else { continue }
                if case .attemptSucceeded(let backend, _) = event { successes[backend, default: 0] += 1 }
                notices += transition.notices
                fax = transition.fax
                isOver = transition.isOver
                if fax.phase != .removing { #expect(!transition.effects.contains(.removeFiles)) }
                #expect(fax.deliveries.allSatisfy { $0.attempts <= 8 })
                #expect(isOver || fax.due != nil, "a job that is not over always has something to do")
            }
            #expect(successes.values.allSatisfy { $0 == 1 })
            if fax.phase == .delivered { #expect(successes.count == 2) }
            #expect(notices.filter { $0 == .received }.count <= 1 && notices.filter { $0 == .failed }.count <= 1)
            let isUndelivered = fax.endedAt != nil && !fax.failures.isEmpty
            #expect(notices.contains(.failed) == isUndelivered, "told once, when it is certain")
        }
    }

    private static func anyEvent(_ generator: inout SeededGenerator, at now: Date) -> ReceivedFax.Event {
        let backend = ["mail", "ftp", "fridge"].randomElement(using: &generator) ?? ""
        switch Int.random(in: 0..<15, using: &generator) {
        case 0: return .filesRemoved
        case 1: return .notTaken(cause: "no")
        case 2, 3: return .taken
        case 4, 5: return .attemptSucceeded(backend: backend, at: now)
        case 6: return .discarded(by: nil, at: now)
        case 7: return .keepPassed(at: now)
        case 8: return .filesNotRemoved(at: now)
        default:
            let isPermanent = Int.random(in: 0..<20, using: &generator) == 0
            return .attemptFailed(backend: backend, cause: "no", isPermanent: isPermanent, at: now)
        }
    }
}
