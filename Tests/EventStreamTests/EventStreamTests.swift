import API
import Access
import Core
import Events
import Foundation
import Logging
import NIOCore
import Persistence
import Synchronization
import TandemTesting
import Testing

@testable import EventStream

/// Tokens whose rights a test changes.
private final class ChangingIdentities: IdentityChecking {
    private let granted = Mutex<Set<String>>([])
    private let failure = Mutex<AccessFailure?>(nil)

    init(_ granted: Set<String>) { self.granted.withLock { $0 = granted } }

    func fail(_ failure: AccessFailure) { self.failure.withLock { $0 = failure } }

    func identity(ofToken token: String, for access: String, tenant: TenantID?, duringOutage: Bool) async throws
        -> Identity
    {
        if let failure = failure.withLock({ $0 }) { throw failure }
        guard granted.withLock({ $0.contains(access) }) else { throw AccessFailure.missingPermissionOrInvalidTenant }
        return Identity(tenant: Told.tenant, user: nil, isMaster: false)
    }
}

/// What the outbox has, or that it is away.
private struct Kept: EventKeeping {
    var events: [StoredEvent] = []
    var isAway = false
    /// Told of each look.
    var read: @Sendable () -> Void = {}

    func storedEvents(in interval: DateInterval, after id: Int64, limit: Int) async throws -> [StoredEvent] {
        read()
        if isAway { throw DatabaseFailure.unreachable("down") }
        return Array(events.filter { interval.contains($0.createdAt) && $0.id > id }.prefix(limit))
    }
    func keepPublished(_ messages: [BusMessage]) async throws {}
}

/// What a client has been sent.
private final class Received: Sendable {
    private struct State {
        var text = ""
        var watchers: [(String, CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())
    var text: String { state.withLock { $0.text } }
    var names: [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { String($0.dropFirst(7)) }
    }

    func take(_ bytes: ByteBuffer) {
        state.withLock { state in
            state.text += String(buffer: bytes)
            state.watchers.removeAll { watcher in
                guard state.text.contains(watcher.0) else { return false }
                watcher.1.resume()
                return true
            }
        }
    }

    func wait(for text: String) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.text.contains(text) { return true }
                state.watchers.append((text, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

@Suite("Event stream: a client", .timeLimit(.minutes(1)))
struct EventStreamTests {
    private static let all: Set<String> = ["calld.events.read", "event.a", "event.b", "event.c", "event.d"]
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func stream(
        _ hub: EventStreamHub,
        after id: String? = nil,
        kept: Kept = Kept(),
        heartbeat: Duration = .seconds(60),
        replays: RequestGate = RequestGate(running: 2, waiting: 10),
        client: ClientConnection? = nil,
        logger: Logger = Self.silent
    ) -> EventStream {
        EventStream(
            hub: hub,
            audience: EventAudience(tenant: Told.tenant.rawValue, user: nil),
            lastEventID: id,
            outbox: kept,
            token: "secret",
            replays: replays,
            client: client,
            heartbeat: heartbeat,
            logger: logger
        )
    }

    private func grants(_ identities: ChangingIdentities) -> EventGrants {
        EventGrants(identities, RequestCredentials(token: "secret", tenant: nil))
    }

    /// Runs a stream until `end` is in it.
    private func read(_ stream: EventStream, _ grants: EventGrants, until end: String) async throws -> Received {
        let received = Received()
        let running = Task { try await stream.run(grants: grants) { received.take($0) } }
        await received.wait(for: end)
        running.cancel()
        _ = await running.result
        return received
    }

    @Test("only what the token grants, by the new or the old access")
    func granted() async throws {
        let hub = EventStreamHub()
        let received = Received()
        let identities = ChangingIdentities(["calld.events.read", "event.a", "events.old", "event.d"])
        let running = Task { try await stream(hub).run(grants: grants(identities)) { received.take($0) } }
        await received.wait(for: "id: ")
        hub.offer([
            Told.message("a"), Told.message("b"), Told.message("c", requiredACL: "events.old"), Told.message("d"),
        ])
        await received.wait(for: "event: d")
        #expect(received.names == ["a", "c", "d"])
        running.cancel()
        _ = await running.result
        #expect(hub.clientCount == 0)
    }

    @Test("a token that counts no more ends the stream with the next heartbeat")
    func revoked() async throws {
        let hub = EventStreamHub()
        let identities = ChangingIdentities(Self.all)
        let received = Received()
        let running = Task {
            try await stream(hub, heartbeat: .milliseconds(10)).run(grants: grants(identities)) { received.take($0) }
        }
        await received.wait(for: ": 1")
        identities.fail(.notFoundOrExpired)
        hub.offer([Told.message("b")])
        try await running.value
        #expect(received.names == [])
        #expect(hub.clientCount == 0)
    }

    @Test("a token that grants no event gets one comment that says so, and the log one line; others get none")
    func nothingGranted() async throws {
        let lines = LogCapture(level: .notice)
        let hub = EventStreamHub()
        let received = Received()
        let running = Task {
            let identities = ChangingIdentities(["calld.events.read"])
            try await stream(hub, heartbeat: .milliseconds(200), logger: lines.logger)
                .run(grants: grants(identities)) { received.take($0) }
        }
        await received.wait(for: "id: ")
        hub.offer([Told.message("a"), Told.message("b")])
        await received.wait(for: ": an event was left out")
        hub.offer([Told.message("c")])
        await received.wait(for: ": 1")
        running.cancel()
        _ = await running.result
        #expect(received.names == [])
        #expect(received.text.components(separatedBy: "left out").count == 2)
        #expect(lines.lines.count == 1)
        #expect(lines.lines.first?.metadata["tenant"] == Told.tenant.rawValue)
    }

    @Test("a client that went away frees its place at once, although nothing was sent to it")
    func goneSilently() async throws {
        let hub = EventStreamHub()
        let watches = Mutex<[ClientWatch]>([])
        let received = Received()
        let client = ClientConnection { watch in watches.withLock { $0.append(watch) } }
        let running = Task {
            try await stream(hub, client: client).run(grants: grants(ChangingIdentities(Self.all))) {
                received.take($0)
            }
        }
        await received.wait(for: "id: ")
        #expect(hub.clientCount == 1)
        for watch in watches.withLock({ $0 }) { watch.clientLeft() }
        #expect(hub.clientCount == 0)
        try await running.value
        // Who has gone before it begins has no place either.
        try await stream(hub, client: ClientConnection { $0.clientLeft() })
            .run(grants: grants(ChangingIdentities(Self.all))) { received.take($0) }
        #expect(hub.clientCount == 0)
    }

    @Test("a client that went away frees its place")
    func gone() async throws {
        struct Gone: Error {}
        let hub = EventStreamHub()
        await #expect(throws: Gone.self) {
            try await stream(hub).run(grants: grants(ChangingIdentities(Self.all))) { _ in throw Gone() }
        }
        #expect(hub.clientCount == 0)
    }

    @Test("a client that went away stops its replay with the next page, although none of it was for it")
    func goneDuringReplay() async throws {
        struct Gone: Error {}
        let hub = EventStreamHub()
        let time = hub.epoch - 10_000_000
        let date = Date(timeIntervalSince1970: Double(time + 1_000_000) / 1_000_000)
        let pages = Mutex(0)
        let kept = Kept(
            events: (1...2_000).map {
                StoredEvent(id: $0, createdAt: date, message: Told.message("a", .tenant(Told.other)))
            },
            read: { pages.withLock { $0 += 1 } }
        )
        let id = EventPosition(epoch: time, sequence: 1, time: time).description
        let sent = Mutex(0)
        await #expect(throws: Gone.self) {
            try await stream(hub, after: id, kept: kept).run(grants: grants(ChangingIdentities(Self.all))) { _ in
                // The beginning still arrives.
                if sent.withLock({
                    $0 += 1; return $0
                }) > 1 {
                    throw Gone()
                }
            }
        }
        #expect(pages.withLock { $0 } == 1)
        #expect(hub.clientCount == 0)
    }

    @Test("replays wait for their turn, and a replay that may not wait is told to be missing")
    func turns() async throws {
        let hub = EventStreamHub()
        let time = hub.epoch - 10_000_000
        let id = EventPosition(epoch: time, sequence: 1, time: time).description
        let full = RequestGate(running: 1, waiting: 0)
        try await full.admit {
            let received = try await read(
                stream(hub, after: id, replays: full),
                grants(ChangingIdentities(Self.all)),
                until: "event_stream_gap"
            )
            #expect(received.names == ["event_stream_gap"])
        }
    }

    @Test("after a restart: what the outbox has since then, and then what this process told")
    func restart() async throws {
        let hub = EventStreamHub()
        let before = hub.epoch - 30_000_000
        func stored(_ id: Int64, _ name: String, at time: Int64) -> StoredEvent {
            let date = Date(timeIntervalSince1970: Double(time) / 1_000_000)
            return StoredEvent(id: id, createdAt: date, message: Told.message(name))
        }
        let kept = Kept(events: [
            stored(1, "a", at: before - 60_000_000), stored(2, "b", at: before + 1_000_000),
            stored(3, "c", at: before + 2_000_000),
        ])
        hub.offer([Told.message("d")])
        let id = EventPosition(epoch: before - 5, sequence: 9, time: before).description
        let received = try await read(
            stream(hub, after: id, kept: kept),
            grants(ChangingIdentities(Self.all)),
            until: "event: d"
        )
        #expect(received.names == ["b", "c", "d"])
        #expect(received.text.contains("id: 1-0-\(before + 2_000_000)"))
    }

    @Test(
        "what cannot be told is told to be missing",
        arguments: ["nonsense", "too old", "outbox away", "never given"]
    )
    func gap(why: String) async throws {
        let hub = EventStreamHub()
        hub.offer([Told.message("d")])
        let time = why == "too old" ? hub.epoch - 3_600_000_000 : hub.epoch - 1_000_000
        var id = EventPosition(epoch: time, sequence: 1, time: time).description
        if why == "nonsense" { id = "17" }
        if why == "never given" { id = "\(hub.epoch)-\(Int64.max)-\(Int64.max)" }
        let isNoPosition = ["nonsense", "never given"].contains(why)
        let stream = stream(hub, after: id, kept: Kept(isAway: why == "outbox away"))
        let end = isNoPosition ? "event_stream_gap" : "event: d"
        let received = try await read(stream, grants(ChangingIdentities(Self.all)), until: end)
        #expect(received.names == (isNoPosition ? ["event_stream_gap"] : ["event_stream_gap", "d"]))
        #expect(
            received.text.contains("\"last_event_id\":\"\(id)\"")
                || received.text.contains("\"last_event_id\": \"\(id)\"")
        )
    }
}
