import Access
import Core
import Foundation
import Logging
import Postgres
import PostgresPersistence
import TandemLab
import Testing

@Suite(
    "Changes of tokens are told",
    .timeLimit(.minutes(1)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct TokenChangeTests {
    @Test("a new and a revoked token are notified to every server that listens")
    func notified() async throws {
        try await TestDatabase.use { database in
            let store = PostgresPersistence(pool: database.pool)
            try await store.migrate()
            let heard = WitnessLog<PostgresListener.Event>()
            let (events, sink) = AsyncStream<PostgresListener.Event>.makeStream()
            let listener = PostgresListener(
                try database.configuration(),
                channels: [PostgresPersistence.tokenChannel],
                logger: TestDatabase.silentLogger
            ) { sink.yield($0) }
            let collecting = Task { for await event in events { await heard.append(event) } }
            let running = Task { try await listener.run() }
            _ = try #require(await heard.first(within: .seconds(10)) { $0 == .listening })
            let token = LocalToken(
                id: UUID().uuidString.lowercased(),
                secretHash: "x",
                tenant: TenantID("t"),
                user: nil,
                acl: [],
                expiresAt: nil,
                isMaster: false,
                label: "",
                createdAt: Date()
            )
            for change in [{ try await store.insert(token) }, { _ = try await store.revoke(id: token.id) }] {
                let start = await heard.entries.count
                try await change()
                let told = await heard.first(from: start, within: .seconds(5)) { event in
                    if case .notified = event { true } else { false }
                }
                #expect(told != nil)
            }
            running.cancel()
            _ = await running.result
            sink.finish()
            await collecting.value
        }
    }
}
