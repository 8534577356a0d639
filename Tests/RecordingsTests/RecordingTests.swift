import Core
import Foundation
import TandemTesting
import Telephony
import Testing

@testable import Recordings

@Suite("Recording: the machine")
struct RecordingTests {
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)
    private static let later = start.addingTimeInterval(5)

    private struct Outcome: Equatable {
        var phase: Recording.Phase
        var notice: Recording.Notice?

        init(_ phase: Recording.Phase, _ notice: Recording.Notice? = nil) {
            self.phase = phase
            self.notice = notice
        }
    }

    /// Everything that means something; every other pair means nothing.
    private static let table: [Recording.Phase: [Recording.Event: Outcome]] = [
        .starting: [
            .monitorStarted: Outcome(.active, .started), .refused: Outcome(.ended), .channelGone: Outcome(.ended),
            .monitorStopped: Outcome(.ended),
        ],
        .active: [
            .pauseRequested: Outcome(.pausing), .stopRequested: Outcome(.stopping),
            .monitorStopped: Outcome(.ended, .stopped), .channelGone: Outcome(.ended, .stopped),
        ],
        .pausing: [
            .monitorStopped: Outcome(.paused, .paused), .resumeRequested: Outcome(.resuming, .paused),
            .refused: Outcome(.active), .stopRequested: Outcome(.ended, .stopped),
            .channelGone: Outcome(.ended, .stopped),
        ],
        .paused: [
            .resumeRequested: Outcome(.resuming), .monitorStarted: Outcome(.active, .resumed),
            .stopRequested: Outcome(.ended, .stopped), .channelGone: Outcome(.ended, .stopped),
        ],
        .resuming: [
            .monitorStarted: Outcome(.active, .resumed), .refused: Outcome(.paused),
            .stopRequested: Outcome(.ended, .stopped), .channelGone: Outcome(.ended, .stopped),
        ],
        .stopping: [
            .monitorStopped: Outcome(.ended, .stopped), .refused: Outcome(.active),
            .channelGone: Outcome(.ended, .stopped),
        ],
        .ended: [:],
    ]

    private func recording(_ phase: Recording.Phase) -> Recording {
        var recording = Recording(
            id: "r",
            call: ChannelID("1.1"),
            channel: "PJSIP/a-1",
            of: RecordedCalls.Owner(tenant: TenantID("t"), user: UserID("u")),
            file: "/f.wav",
            startedAt: Self.start
        )
        recording.phase = phase
        return recording
    }

    @Test("every phase and event", arguments: Recording.Phase.allCases, Recording.Event.allCases)
    func pair(phase: Recording.Phase, event: Recording.Event) {
        let transition = recording(phase).handle(event, at: Self.later)
        let expected = Self.table[phase]?[event]
        #expect(transition.map { Outcome($0.recording.phase, $0.notice) } == expected)
        #expect((transition?.recording.phase == .ended) == (transition?.recording.endedAt == Self.later))
    }

    @Test("a pause is told once, and has its beginning and its end")
    func pauses() throws {
        var recording = recording(.active)
        recording = try #require(recording.handle(.pauseRequested, at: Self.later)).recording
        let told = try #require(recording.handle(.monitorStopped, at: Self.later))
        #expect(told.notice == .paused)
        recording = told.recording
        #expect(recording.handle(.monitorStopped, at: Self.later) == nil)
        recording = try #require(recording.handle(.resumeRequested, at: Self.later)).recording
        let resumed = try #require(recording.handle(.monitorStarted, at: Self.later.addingTimeInterval(3)))
        #expect(resumed.notice == .resumed)
        #expect(resumed.recording.pauses == [.init(from: Self.later, to: Self.later.addingTimeInterval(3))])
        let again = try #require(resumed.recording.handle(.pauseRequested, at: Self.later))
        #expect(again.recording.handle(.monitorStopped, at: Self.later)?.notice == .paused)
        // Resumed before Asterisk told of the pause: it is told, once.
        let quick = try #require(again.recording.handle(.resumeRequested, at: Self.later))
        #expect(quick.notice == .paused && quick.recording.handle(.monitorStopped, at: Self.later) == nil)
    }

    @Test("any order of events: told to begin before anything else, and to end exactly once", arguments: 0..<50)
    func anyOrder(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rounds = ProcessInfo.processInfo.environment["TANDEM_SOAK"] == "1" ? 2_000 : 100
        for _ in 0..<rounds {
            var recording = recording(.starting)
            var notices: [Recording.Notice] = []
            for _ in 0..<12 {
                let event = Recording.Event.allCases.randomElement(using: &random) ?? .channelGone
                guard let transition = recording.handle(event, at: Self.later) else { continue }
                recording = transition.recording
                if let notice = transition.notice { notices.append(notice) }
            }
            if let end = recording.handle(.channelGone, at: Self.later) {
                recording = end.recording
                if let notice = end.notice { notices.append(notice) }
            }
            #expect(recording.phase == .ended)
            #expect(notices.isEmpty || notices.first == .started && notices.last == .stopped, "\(notices)")
            #expect(notices.filter { $0 == .stopped }.count <= 1 && notices.filter { $0 == .started }.count <= 1)
            for (one, next) in zip(notices, notices.dropFirst()) where one == .paused { #expect(next != .paused) }
            #expect(recording.pauses.dropLast().allSatisfy { $0.to != nil })
        }
    }

    @Test("a stored recording comes back")
    func row() {
        for phase in Recording.Phase.allCases {
            let one = recording(phase)
            #expect(Recording(one.row)?.phase == phase && Recording(one.row)?.row == one.row)
        }
    }
}

@Suite("Recording: the picture in docs/recordings.md")
struct RecordingDiagramTests {
    @Test("shows each arrow of the machine with its events, and no other")
    func edges() throws {
        var edges: [StateDiagram.Edge: Set<String>] = [:]
        for phase in Recording.Phase.allCases {
            var recording = Recording(
                id: "r",
                call: ChannelID("1.1"),
                channel: "PJSIP/a-1",
                of: RecordedCalls.Owner(tenant: TenantID("t"), user: nil),
                file: "/f.wav",
                startedAt: Date(timeIntervalSince1970: 0)
            )
            recording.phase = phase
            for event in Recording.Event.allCases {
                guard let next = recording.handle(event, at: Date())?.recording.phase, next != phase else { continue }
                let words = event.rawValue.replacing(#/[A-Z]/#) { " " + $0.output.lowercased() }
                edges[StateDiagram.Edge(phase.rawValue, next.rawValue), default: []].insert(words)
            }
        }
        let differences = try StateDiagram(page: "recordings.md").differences(from: edges)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }
}
