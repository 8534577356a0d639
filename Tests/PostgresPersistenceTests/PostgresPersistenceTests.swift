import Access
import Core
import Events
import Foundation
import Logging
import Persistence
import Postgres
import PostgresPersistence
import TandemLab
import Testing

/// Schema `gateway` in a database of the test's own.
private func withPersistence(_ body: (PostgresPersistence, PostgresPool) async throws -> Void) async throws {
    try await TestDatabase.use { database in
        let persistence = PostgresPersistence(pool: database.pool)
        try await persistence.migrate()
        try await body(persistence, database.pool)
    }
}

private func row(_ id: String, revision: Int, phase: String = "waiting") -> AggregateRow {
    AggregateRow(
        kind: "switchboard_queued_call",
        id: id,
        tenant: TenantID("t1"),
        revision: revision,
        deadline: Date(timeIntervalSince1970: 1_700_000_000.25),
        body: ["phase": .string(phase), "name": "O'Brien \"x\" \\ é"]
    )
}

private func message(_ body: String) -> BusMessage {
    BusMessage(resource: "r", routingKey: "a.b", headers: ["name": "n", "user_uuid:*": true], body: body)
}

@Suite(
    "State, outbox and tokens in PostgreSQL",
    .timeLimit(.minutes(1)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct PostgresPersistenceTests {
    @Test("a row comes back as it was stored, and goes")
    func roundTrip() async throws {
        try await withPersistence { store, _ in
            try await store.commit(StateChange(writes: [.save(row("1.1", revision: 1))]))
            try await store.commit(StateChange(writes: [.save(row("1.1", revision: 2, phase: "ringing"))]))
            let rows = try await store.rows(ofKind: "switchboard_queued_call")
            #expect(rows == [row("1.1", revision: 2, phase: "ringing")])
            try await store.commit(StateChange(writes: [.remove(kind: "switchboard_queued_call", id: "1.1")]))
            let left = try await store.rows(ofKind: "switchboard_queued_call")
            #expect(left.isEmpty)
        }
    }

    @Test("a write of the wrong revision stores nothing at all", arguments: [1, 2, 4])
    func conflict(_ revision: Int) async throws {
        try await withPersistence { store, _ in
            try await store.commit(StateChange(writes: [.save(row("1.1", revision: 1))]))
            try await store.commit(StateChange(writes: [.save(row("1.1", revision: 2))]))
            let wrong = StateChange(
                writes: [.save(row("1.1", revision: revision)), .save(row("1.2", revision: 1))],
                messages: [message("lost")]
            )
            await #expect(throws: DatabaseFailure.self) { try await store.commit(wrong) }
            let rows = try await store.rows(ofKind: "switchboard_queued_call")
            #expect(rows.map(\.id) == ["1.1"])
            #expect(rows.map(\.revision) == [2])
            let pending = try await store.pendingMessages(limit: 10)
            #expect(pending.isEmpty)
        }
    }

    @Test("a later revision of a row that does not exist is a conflict")
    func absent() async throws {
        try await withPersistence { store, _ in
            do {
                try await store.commit(StateChange(writes: [.save(row("1.1", revision: 2))]))
                Issue.record("stored")
            } catch DatabaseFailure.conflict {
                let rows = try await store.rows(ofKind: "switchboard_queued_call")
                #expect(rows.isEmpty)
            }
        }
    }

    @Test("messages are published in the order of their writing, and once marked no more")
    func outbox() async throws {
        try await withPersistence { store, _ in
            for batch in 0..<3 {
                let messages = (0..<5).map { message("\(batch).\($0)") }
                try await store.commit(StateChange(messages: messages))
            }
            let pending = try await store.pendingMessages(limit: 100)
            #expect(pending.map(\.message.body) == (0..<3).flatMap { b in (0..<5).map { "\(b).\($0)" } })
            #expect(pending.first?.message == message("0.0"))
            try await store.markPublished(pending.prefix(14).map(\.id))
            let rest = try await store.pendingMessages(limit: 100)
            #expect(rest.map(\.message.body) == ["2.4"])
            let backlog = try await store.backlog()
            #expect(backlog.pending == 1)
            try await store.discardPublished(before: Date().addingTimeInterval(60))
            let kept = try await store.backlog()
            #expect(kept.pending == 1, "what waits is not discarded with what was published")
            #expect(try await store.discardUnpublished(before: Date().addingTimeInterval(-60)) == 0)
            #expect(try await store.discardUnpublished(before: Date().addingTimeInterval(60)) == 1)
            #expect(try await store.backlog().pending == 0)
        }
    }

    @Test("what was told in a time is found again, whichever way it was published")
    func keptEvents() async throws {
        try await withPersistence { store, pool in
            try await store.commit(StateChange(messages: [message("1"), message("2")]))
            try await store.keepPublished([message("3"), message("4")])
            #expect(try await store.pendingMessages(limit: 10).map(\.message.body) == ["1", "2"])
            let now = Date()
            let interval = DateInterval(start: now.addingTimeInterval(-60), end: now.addingTimeInterval(60))
            let first = try await store.storedEvents(in: interval, after: 0, limit: 3)
            #expect(first.map(\.message) == [message("1"), message("2"), message("3")])
            let rest = try await store.storedEvents(in: interval, after: try #require(first.last).id, limit: 3)
            #expect(rest.map(\.message.body) == ["4"])
            let earlier = DateInterval(start: now.addingTimeInterval(-600), end: now.addingTimeInterval(-60))
            #expect(try await store.storedEvents(in: earlier, after: 0, limit: 3).isEmpty)
            try await store.discardPublished(before: now.addingTimeInterval(60))
            #expect(try await store.storedEvents(in: interval, after: 0, limit: 9).map(\.message.body) == ["1", "2"])
            _ = pool
        }
    }

    @Test("a recording is open until it has ended, and forgotten some time later")
    func recordings() async throws {
        try await withPersistence { store, _ in
            let start = Date(timeIntervalSince1970: 1_800_000_000.25)
            var row = RecordingRow(
                id: "40000000-0000-4000-8000-00000000000a",
                call: "1.1",
                channel: "PJSIP/a-1",
                tenant: TenantID("t1"),
                user: nil,
                file: "/x/'y'.wav",
                phase: "starting",
                startedAt: start
            )
            try await store.save(row, messages: [message("told")])
            #expect(try await store.pendingMessages(limit: 9).map(\.message.body) == ["told"])
            #expect(try await store.openRecordings() == [row])
            row.phase = "paused"
            row.pauses = [
                .init(from: start.addingTimeInterval(1.5), to: start.addingTimeInterval(2)),
                .init(from: start.addingTimeInterval(3), to: nil),
            ]
            try await store.save(row, messages: [])
            #expect(try await store.openRecordings() == [row])
            row.endedAt = start.addingTimeInterval(10)
            row.phase = "ended"
            try await store.save(row, messages: [])
            #expect(try await store.openRecordings().isEmpty)
            try await store.discardRecordings(endedBefore: start.addingTimeInterval(11))
        }
    }

    @Test("history keeps every transition, who caused it and when, also of what has ended")
    func history() async throws {
        try await withPersistence { store, _ in
            func entry(_ id: String, to phase: String, user: UserID?) -> HistoryEntry {
                HistoryEntry(
                    kind: "k",
                    id: id,
                    tenant: TenantID("t1"),
                    from: "waiting",
                    to: phase,
                    cause: "answer requested",
                    user: user,
                    at: Date(timeIntervalSince1970: 1.25)
                )
            }
            let entries = [entry("1", to: "ringing", user: UserID("u1")), entry("1", to: "talking", user: nil)]
            try await store.commit(StateChange(history: entries + [entry("2", to: "ringing", user: nil)]))
            let kept = try await store.history(ofKind: "k", id: "1")
            #expect(kept == entries)
            let others = try await store.history(ofKind: "other", id: "1")
            #expect(others.isEmpty)
            try await store.discardHistory(before: Date(timeIntervalSince1970: 2))
            let left = try await store.history(ofKind: "k", id: "1")
            #expect(left.isEmpty)
        }
    }

    @Test("tokens are found by hash, listed, revoked")
    func tokens() async throws {
        try await withPersistence { store, _ in
            let token = LocalToken(
                id: "50000000-0000-4000-8000-000000000001",
                secretHash: "abc",
                tenant: TenantID("t1"),
                user: UserID("u1"),
                acl: ["calld.#", "!calld.config.#", "a\"b,c"],
                expiresAt: Date(timeIntervalSince1970: 2_000_000_000),
                isMaster: true,
                label: "console",
                createdAt: Date(timeIntervalSince1970: 1_700_000_000)
            )
            try await store.insert(token)
            let found = try await store.token(secretHash: "abc")
            #expect(found == token)
            let unknown = try await store.token(secretHash: "abd")
            #expect(unknown == nil)
            let all = try await store.tokens()
            #expect(all == [token])
            let revoked = try await store.revoke(id: token.id)
            let again = try await store.revoke(id: "no uuid")
            #expect(revoked && !again)
            let gone = try await store.token(secretHash: "abc")
            #expect(gone == nil)
        }
    }

    @Test("migrating twice changes nothing; a newer schema is refused")
    func migrations() async throws {
        try await withPersistence { store, pool in
            let version = try await store.migrate()
            #expect(version == 5)
            try await pool.query(.write("INSERT INTO gateway.schema_version (version) VALUES (999)"))
            await #expect(throws: PostgresMigrationFailure.self) { try await store.migrate() }
        }
    }
}
