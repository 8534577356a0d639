import Bus
import Core
import Events
import Foundation
import TandemLab
import Testing

/// Real SIP calls through Asterisk, the dialplan, FastAGI, Stasis, REST, PostgreSQL and RabbitMQ.
@Suite(
    "Real calls to a switchboard",
    .serialized,
    .timeLimit(.minutes(3)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct SwitchboardCallTests {
    @Test("answered: both hear each other; the operator hangs up and nothing is left", arguments: Way.allCases)
    func answered(way: Way) async throws {
        try await Scene.play(way) { scene in
            let bob = try await scene.bob()
            let phone = try bob.answer()
            let (caller, call) = try await scene.waitingCaller()
            #expect(await caller.audio.hearsSound(), "music while waiting")
            let reply = try await scene.take(call)
            #expect(reply.status == 200, "\(reply.text)")
            let leg = try #require(reply.body?["call_id"]?.string)
            #expect(try await scene.queued() == [], "a call that rings somewhere is not listed")
            try await phone.answered()
            try await scene.bus.expect("switchboard_queued_call_answered") { event in
                event.data?["queued_call_id"]?.string == call && event.data?["operator_call_id"]?.string == leg
                    && event.headers["tenant_uuid"]?.string == Demo.tenant
                    && event.headers["user_uuid:*"] == true
            }
            _ = try await eventually("a conversation") { try await scene.ari.conversation(of: [call, leg]) }
            async let operatorHears = bob.audio.hears(Scene.callersTone)
            async let callerHears = caller.audio.hears(Scene.operatorsTone)
            #expect(await operatorHears)
            #expect(await callerHears)
            try await scene.publishedListsEnd(with: [[], [call], []])
            try await phone.hangUp()
            try await caller.hungUpByPeer()
            try await scene.becomesSilent()
            await caller.close()
            await bob.close()
        }
    }

    @Test("the caller hangs up while talking: the operator is hung up")
    func callerEnds() async throws {
        try await Scene.play { scene in
            let bob = try await scene.bob()
            let phone = try bob.answer()
            let (caller, call) = try await scene.waitingCaller()
            _ = try await scene.take(call)
            try await scene.bus.expect("switchboard_queued_call_answered")
            try await caller.hangUp()
            try await phone.hungUpByPeer()
            try await scene.becomesSilent()
            try await scene.noConversationIsLeft()
            await caller.close()
            await bob.close()
        }
    }

    @Test("abandoned in the queue: the list is published with the call, then without")
    func abandoned() async throws {
        try await Scene.play { scene in
            let (caller, call) = try await scene.waitingCaller()
            try await caller.hangUp()
            try await scene.publishedListsEnd(with: [[], [call], []])
            #expect(try await scene.queued() == [])
            try await scene.noCallIsStored()
            await caller.close()
        }
    }

    @Test("the operator's phone declines: the caller is back at the same place, with music")
    func declined() async throws {
        try await Scene.play { scene in
            let bob = try await scene.bob()
            let phone = try bob.refuse()
            let (first, firstCall) = try await scene.waitingCaller()
            let (second, secondCall) = try await scene.waitingCaller()
            let reply = try await scene.take(firstCall)
            #expect(reply.status == 200, "\(reply.text)")
            try await phone.rings()
            try await scene.publishedListsEnd(with: [[secondCall], [firstCall, secondCall]])
            #expect(try await scene.queued() == [firstCall, secondCall])
            #expect(await first.audio.hearsSound(), "music goes on")
            await first.close()
            await second.close()
            await bob.close()
        }
    }

    @Test("the operator does not answer: after Asterisk's 30 s of ringing the caller is back in the queue")
    func notAnswered() async throws {
        try await Scene.play { scene in
            let bob = try await scene.bob()
            let phone = try bob.ring()
            let (caller, call) = try await scene.waitingCaller()
            _ = try await scene.take(call)
            try await phone.rings()
            #expect(try await scene.queued() == [])
            try await phone.cancelled(within: .seconds(40))
            try await scene.publishedListsEnd(with: [[call], [], [call]])
            #expect(await caller.audio.hearsSound(), "music goes on")
            try await caller.hangUp()
            await caller.close()
            await bob.close()
        }
    }

    @Test("the caller gives up while the operator's phone rings: the phone stops ringing")
    func givesUp() async throws {
        try await Scene.play { scene in
            let bob = try await scene.bob()
            let phone = try bob.ring()
            let (caller, call) = try await scene.waitingCaller()
            _ = try await scene.take(call)
            try await phone.rings()
            try await caller.hangUp()
            try await phone.cancelled()
            try await scene.becomesSilent()
            await caller.close()
            await bob.close()
        }
    }

    @Test("the operator's phone is not registered: 503, the caller waits on, no event")
    func unregistered() async throws {
        try await Scene.play { scene in
            let bob = try await scene.bob()
            try await bob.unregister()
            let (caller, call) = try await scene.waitingCaller()
            let reply = try await scene.take(call)
            #expect(reply.status == 503, "\(reply.text)")
            #expect(reply.body?["error_id"] == "asterisk-ari-error")
            #expect(try await scene.queued() == [call])
            try await scene.publishedListsEnd(with: [[], [call]])
            await caller.close()
            await bob.close()
        }
    }

    @Test("nobody answers in time: the caller hears the fallback's announcement and is hung up")
    func fallback() async throws {
        try await Scene.play { scene in
            let (caller, call) = try await scene.waitingCaller(
                dialling: Demo.didOfSwitchboardB,
                switchboard: Demo.switchboardB
            )
            try await scene.publishedListsEnd(with: [[call], []], of: Demo.switchboardB)
            #expect(await caller.audio.hearsSound())
            try await caller.hungUpByPeer(within: .seconds(20))
            let history = try await scene.database.value(
                "select string_agg(phase_after, ' ' order by history_id) from gateway.aggregate_history "
                    + "where id = \(SQLWitness.literal("\(Demo.switchboardB)/\(call)"))"
            )
            #expect(history == "entering waiting leaving ended")
            await caller.close()
        }
    }

    @Test("a foreign tenant sees neither the switchboard nor the call")
    func tenants() async throws {
        try await Scene.play { scene in
            let (caller, call) = try await scene.waitingCaller()
            let foreign = try await scene.tandem.createToken(tenant: Demo.otherTenant, acl: ["calld.#"])
            let rest = scene.tandem.rest.with(token: foreign)
            #expect(try await rest.get(scene.queue()).status == 404)
            #expect(try await rest.put("\(scene.queue())/\(call)/answer").status == 404)
            let intruder = scene.tandem.rest.with(token: foreign, tenant: Demo.tenant)
            #expect(try await intruder.get(scene.queue()).status == 401)
            await caller.close()
        }
    }
}
