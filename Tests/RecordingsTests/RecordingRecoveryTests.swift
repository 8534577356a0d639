import CallControl
import Core
import Events
import Foundation
import Logging
import Persistence
import Synchronization
import TandemTesting
import Telephony
import Testing

@testable import Recordings

/// What the manager interface tells of recordings is lost while it is away.
@Suite("Recordings after a gap of the manager interface", .timeLimit(.minutes(1)))
struct RecordingRecoveryTests {
    private static let call = ChannelID("1.1")

    private final class Store: RecordingStoring {
        private let rows: Mutex<[String: RecordingRow]>
        let messages = Mutex<[BusMessage]>([])

        init(_ row: RecordingRow) { rows = Mutex([row.id: row]) }

        var row: RecordingRow? { rows.withLock { $0.values.first } }
        var events: [String] { messages.withLock { $0 }.compactMap { $0.headers["name"]?.string } }

        func save(_ recording: RecordingRow, messages: [BusMessage]) async throws {
            rows.withLock { $0[recording.id] = recording }
            self.messages.withLock { $0 += messages }
        }
        func openRecordings() async throws -> [RecordingRow] {
            rows.withLock { $0.values.filter { $0.endedAt == nil } }
        }
        func discardRecordings(endedBefore date: Date) async throws {}
    }

    /// A manager interface that lists these recordings of any channel.
    private struct Lister: ManagerControlling {
        let lines: [String]
        var isConnected: Bool { true }
        func send(_ action: ManagerAction) async throws -> [ManagerMessage] { [["Response": "Success"]] }
        func command(_ line: String) async throws -> [String] { line.hasPrefix("mixmonitor list ") ? lines : [] }
    }

    /// What the row and the bus say after a recovery of a recording that was in this phase.
    private func recovered(_ phase: Recording.Phase, isListed: Bool, isThere: Bool = true) async throws -> Store {
        var recording = Recording(
            id: "6b0e0c4a",
            call: Self.call,
            channel: "PJSIP/a-1",
            of: RecordedCalls.Owner(tenant: TenantID("t"), user: UserID("u")),
            file: "/f.wav",
            startedAt: Date(timeIntervalSince1970: 1_800_000_000)
        )
        recording.phase = phase
        let store = Store(recording.row)
        let asterisk = FakeAsterisk()
        if isThere { asterisk.put(Channel(id: Self.call, name: "PJSIP/a-1")) }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let recordings = Recordings(
            ports: RecordingPorts(
                channels: asterisk,
                variables: LiveVariables(channels: asterisk, anyChannels: asterisk),
                manager: Lister(lines: isListed ? ["MixMonitor ID\tFile", "0x1\t/f/6b0e0c4a"] : []),
                calls: RecordedCalls(
                    set: { _, _, _ in },
                    publishUpdate: { _ in },
                    publish: { _ in },
                    owner: { _ in nil }
                ),
                store: store,
                envelope: BusEnvelope(origin: "origin"),
                folder: "/",
                retention: 60,
                failures: AsteriskFailures(baseURL: "http://pbx:5039"),
                managerFailures: ManagerFailures(host: "pbx", port: 5038, timeout: 5),
                clock: ManualClock(),
                logger: logger
            )
        )
        try await recordings.recover(
            from: AsteriskSnapshot(channels: try await asterisk.channels(), bridges: [])
        )
        return store
    }

    @Test(
        "what was begun or ended while nobody heard it is made up for, and told once",
        arguments: [
            (Recording.Phase.starting, true, "active", ["recording_started"]),
            (.starting, false, "ended", []),
            (.active, false, "ended", ["recording_stopped"]),
            (.stopping, false, "ended", ["recording_stopped"]),
            (.pausing, false, "paused", ["recording_paused"]),
            (.resuming, true, "active", ["recording_resumed"]),
        ]
    )
    func madeUpFor(phase: Recording.Phase, isListed: Bool, after: String, events: [String]) async throws {
        let store = try await recovered(phase, isListed: isListed)
        #expect(store.row?.phase == after)
        #expect(store.events == events)
        #expect((store.row?.endedAt != nil) == (after == "ended"))
    }

    @Test("a recording that has not changed publishes nothing", arguments: [Recording.Phase.active, .paused])
    func unchanged(phase: Recording.Phase) async throws {
        let store = try await recovered(phase, isListed: phase == .active)
        #expect(store.row?.phase == phase.rawValue)
        #expect(store.events == [])
    }

    @Test("the recording of a call that ended meanwhile has ended")
    func callGone() async throws {
        let store = try await recovered(.active, isListed: false, isThere: false)
        #expect(store.row?.phase == "ended")
        #expect(store.events == ["recording_stopped"])
    }
}
