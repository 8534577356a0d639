import Core
import Events
import Foundation
import TandemLab
import Testing

/// `GET /1.0/events` (docs/events.md): real calls, heard by clients without AMQP.
@Suite(
    "The event stream",
    .serialized,
    .timeLimit(.minutes(3)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct EventStreamTests {
    private static let updated = "switchboard_queued_calls_updated"

    private func listen(
        _ scene: Scene,
        tenant: String = Demo.tenant,
        user: String? = nil,
        acl: [String] = ["calld.events.read", "event.#"],
        after id: String? = nil,
        query: String = ""
    ) async throws -> EventStreamWitness {
        let token = try await scene.tandem.createToken(tenant: tenant, user: user, acl: acl)
        let witness = try await EventStreamWitness.open(scene.tandem.rest.with(token: token), after: id, query: query)
        #expect(witness.status == 200)
        _ = try await witness.begins()
        return witness
    }

    @Test("a call is heard as on the bus, by whom it concerns and who is allowed to")
    func audience() async throws {
        try await Scene.play { scene in
            let ours = try await listen(scene)
            let bob = try await listen(scene, user: Demo.bob)
            let foreign = try await listen(scene, tenant: Demo.otherTenant)
            let noAccess = try await listen(scene, acl: ["calld.events.read", "event.call_ended"])
            let oldAccess = try await listen(scene, acl: ["calld.events.read", "events.switchboards.#"])
            let choosy = try await listen(scene, query: "?names=\(Self.updated)")
            let (caller, call) = try await scene.waitingCaller()
            for witness in [ours, bob, oldAccess, choosy] {
                let event = try await witness.expect(Self.updated) {
                    $0.body?["data"]?["items"]?.array?.isEmpty == false
                }
                #expect(event.body?["data"]?["items"]?.array?.first?["id"]?.string == call)
                #expect(
                    event.body?["name"]?.string == Self.updated && event.body?["tenant_uuid"]?.string == Demo.tenant
                )
            }
            try await caller.hangUp()
            // What the others must not have got came before this.
            try await ours.expect(Self.updated) { $0.body?["data"]?["items"]?.array?.isEmpty == true }
            #expect(await choosy.names.allSatisfy { $0 == Self.updated })
            #expect(await foreign.names.allSatisfy { $0 != Self.updated })
            #expect(await noAccess.names.allSatisfy { $0 == "call_ended" })
            for witness in [ours, bob, foreign, noAccess, oldAccess, choosy] { witness.close() }
            await caller.close()
        }
    }

    @Test("RabbitMQ is away: the stream goes on")
    func brokerAway() async throws {
        try await Scene.play { scene in
            let witness = try await listen(scene)
            try await scene.servers.stop(.rabbitmq)
            let caller = try await SIPpCaller(dialling: Demo.didOfSwitchboardA, tone: Scene.callersTone, in: scene.lab)
            try await caller.answered()
            try await witness.expect(Self.updated) { $0.body?["data"]?["items"]?.array?.count == 1 }
            try await scene.servers.start(.rabbitmq)
            try await caller.hangUp()
            witness.close()
            await caller.close()
        }
    }

    @Test("who comes again with its last id misses nothing, also after Tandem was killed")
    func resume() async throws {
        try await Scene.play { scene in
            let first = try await listen(scene)
            let (caller, call) = try await scene.waitingCaller()
            let seen = try await first.expect(Self.updated) { $0.body?["data"]?["items"]?.array?.count == 1 }
            first.close()
            // Missed while nobody listens, in the same process: exactly what came since.
            let position = await scene.bus.deliveries.entries.count
            try await caller.hangUp()
            let last = try await scene.bus.expect(Self.updated, from: position)
            #expect(last.data?["items"] == [] && seen.body?["data"]?["items"]?.array?.first?["id"]?.string == call)
            let again = try await listen(scene, after: seen.id)
            let missed = try await again.expect(Self.updated)
            #expect(missed.body == last.body)
            // Missed through a kill: at least once.
            let lastID = try #require(await again.lastID)
            again.close()
            let (second, other) = try await scene.waitingCaller()
            await scene.tandem.kill()
            try await scene.tandem.start()
            try await scene.becomesReady()
            let afterwards = try await listen(scene, after: lastID)
            try await afterwards.expect(Self.updated) {
                $0.body?["data"]?["items"]?.array?.first?["id"]?.string == other
            }
            #expect(await !afterwards.names.contains("event_stream_gap"))
            let lost = try await listen(scene, after: "not-an-id")
            try await lost.expect("event_stream_gap")
            for witness in [afterwards, lost] { witness.close() }
            try await second.hangUp()
            await second.close()
            await caller.close()
        }
    }

    @Test("a token that is revoked ends its stream; the server stops while streams are open")
    func ends() async throws {
        try await Scene.play { scene in
            let witness = try await listen(scene)
            let other = try await listen(scene)
            let rows = try await scene.database.value(
                "with gone as (delete from gateway.token where acl = array['calld.events.read', 'event.#'] "
                    + "and id = (select id from gateway.token where 'event.#' = any(acl) order by created_at desc limit 1) "
                    + "returning 1) select count(*) from gone"
            )
            #expect(rows == "1")
            // The next event, or heartbeat, finds out.
            _ = try await eventually("the stream of the revoked token has ended", within: .seconds(30)) {
                await other.events.isFinished ? true : nil
            }
            #expect(await !witness.events.isFinished)
            let start = ContinuousClock.now
            #expect(await scene.tandem.terminate() == 0)
            #expect(ContinuousClock.now - start < .seconds(10))
            _ = try await eventually("the stream has ended") { await witness.events.isFinished ? true : nil }
        }
    }

    @Test("without the access it is refused; a HEAD request opens nothing")
    func refused() async throws {
        try await Scene.play { scene in
            let token = try await scene.tandem.createToken(tenant: Demo.tenant, acl: ["event.#"])
            let answer = try await scene.tandem.rest.with(token: token).get("/events")
            #expect(answer.status == 401)
            #expect(answer.body?["error_id"]?.string == "unauthorized")
            let allowed = try await scene.tandem.createToken(tenant: Demo.tenant, acl: ["calld.events.read"])
            let head = try await scene.tandem.rest.with(token: allowed).request("HEAD", "/events")
            #expect(head.status == 200 && head.text.isEmpty)
        }
    }
}
