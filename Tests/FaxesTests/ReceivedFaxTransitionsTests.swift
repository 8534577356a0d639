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

    private static let waits = ReceivedFax.Delivery.State.pending(due: start, cause: nil)

    private static let events: [ReceivedFax.Event] = [
        .taken, .notTaken(cause: "disk full"), .attemptSucceeded(backend: "mail"),
        .attemptFailed(backend: "mail", cause: "no", isPermanent: false, at: start),
        .attemptFailed(backend: "mail", cause: "never", isPermanent: true, at: start),
        .attemptSucceeded(backend: "fridge"), .filesRemoved,
    ]

    /// Phase and event to the phase afterwards; `nil`: a no-op. For a fax with one backend that waits, or is done.
    private static let table: [(ReceivedFax.Phase, [ReceivedFax.Phase?])] = [
        (.received, [.delivering, .refused, nil, nil, nil, nil, nil]),
        (.delivering, [nil, nil, .delivered, .delivering, .failed, nil, nil]),
        (.delivered, [nil, nil, nil, nil, nil, nil, .delivered]),
        (.failed, [nil, nil, nil, nil, nil, nil, nil]),
        (.refused, [nil, nil, nil, nil, nil, nil, nil]),
    ]

    @Test("every phase takes every event as the table says", arguments: table)
    func all(phase: ReceivedFax.Phase, expected: [ReceivedFax.Phase?]) {
        let state: ReceivedFax.Delivery.State =
            switch phase {
            case .received, .delivering, .refused: Self.waits
            case .delivered: .delivered
            case .failed: .failed(cause: "no")
            }
        #expect(expected.count == Self.events.count)
        for (event, phaseAfter) in zip(Self.events, expected) {
            let transition = Self.fax(phase, state).handle(event)
            #expect(transition?.fax.phase == phaseAfter, "\(phase) and \(event.name)")
            if let transition {
                #expect(transition.isOver == (transition.fax.phase.isOver || event == .filesRemoved))
            }
        }
        #expect(Self.table.map(\.0) == ReceivedFax.Phase.allCases)
    }

    @Test("a taken fax is told and attempted at once at every backend")
    func taken() throws {
        let transition = try #require(Self.fax(.received, Self.waits, Self.waits).handle(.taken))
        #expect(transition.notices == [.received])
        #expect(
            transition.effects == [.attempt(backend: "mail", at: Self.start), .attempt(backend: "ftp", at: Self.start)]
        )
        #expect(transition.fax.dueBackends(at: Self.start) == ["mail", "ftp"])
    }

    @Test("a failed attempt is repeated after 1, 5, 15, 60 minutes, 3, 6 and 12 hours, then never")
    func pauses() throws {
        var fax = Self.fax(.delivering, Self.waits)
        var now = Self.start
        var minutes: [Double] = []
        var notices: [ReceivedFax.Notice] = []
        while fax.phase == .delivering {
            let event = ReceivedFax.Event.attemptFailed(backend: "mail", cause: "no", isPermanent: false, at: now)
            let transition = try #require(fax.handle(event))
            fax = transition.fax
            notices += transition.notices
            guard let due = fax.due else { continue }
            #expect(transition.effects == [.attempt(backend: "mail", at: due)])
            #expect(fax.dueBackends(at: due.addingTimeInterval(-1)) == [])
            minutes.append(due.timeIntervalSince(now) / 60)
            now = due
        }
        #expect(minutes == [1, 5, 15, 60, 180, 360, 720])
        #expect(fax.phase == .failed && notices == [.failed])
        #expect(fax.deliveries.map(\.attempts) == [8])
    }

    @Test("one backend's failure for good waits for the others, and keeps the file")
    func mixed() throws {
        let never = ReceivedFax.Event.attemptFailed(backend: "mail", cause: "never", isPermanent: true, at: Self.start)
        let first = try #require(Self.fax(.delivering, Self.waits, Self.waits).handle(never))
        #expect(first.fax.phase == .delivering && first.notices.isEmpty && first.effects.isEmpty)
        let last = try #require(first.fax.handle(.attemptSucceeded(backend: "ftp")))
        #expect(last.fax.phase == .failed && last.notices == [.failed] && last.isOver)
        #expect(last.effects == [], "the file is kept")
        #expect(last.fax.failures == ["mail": "never"])
    }

    @Test("rows keep everything")
    func rows() throws {
        var fax = Self.fax(.delivering, .pending(due: Self.start, cause: "no\n\"é"), .failed(cause: "x"))
        fax.deliveries[0].attempts = 3
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
                guard let transition = fax.handle(event) else { continue }
                if case .attemptSucceeded(let backend) = event { successes[backend, default: 0] += 1 }
                notices += transition.notices
                fax = transition.fax
                isOver = transition.isOver
                #expect(transition.effects.contains(.removeFiles) == (fax.phase == .delivered && !isOver))
                #expect(fax.deliveries.allSatisfy { $0.attempts <= 8 })
                #expect(isOver || fax.due != nil, "a job that is not over always has something to do")
            }
            #expect(successes.values.allSatisfy { $0 == 1 })
            if fax.phase == .delivered { #expect(successes.count == 2) }
            #expect(notices.filter { $0 == .received }.count <= 1 && notices.filter { $0 == .failed }.count <= 1)
            #expect(notices.contains(.failed) == (fax.phase == .failed))
        }
    }

    private static func anyEvent(_ generator: inout SeededGenerator, at now: Date) -> ReceivedFax.Event {
        let backend = ["mail", "ftp", "fridge"].randomElement(using: &generator) ?? ""
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: return .filesRemoved
        case 1: return .notTaken(cause: "no")
        case 2, 3: return .taken
        case 4, 5: return .attemptSucceeded(backend: backend)
        default:
            let isPermanent = Int.random(in: 0..<20, using: &generator) == 0
            return .attemptFailed(backend: backend, cause: "no", isPermanent: isPermanent, at: now)
        }
    }
}
