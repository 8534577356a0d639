import Bus
import Core
import Events
import Foundation
import TandemLab
import Testing

/// Many callers and several operators at one switchboard, with real SIP calls.
@Suite(
    "A busy switchboard",
    .serialized,
    .timeLimit(.minutes(5)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct BusySwitchboardTests {
    @Test("two operators take the same call at the same moment: one gets it, the other is told 404, one phone rings")
    func twoOperators() async throws {
        try await Scene.play { scene in
            let bob = try await scene.bob()
            let carol = try await SIPpPhone("carol", in: scene.lab)
            try await carol.register()
            let phones = [try bob.ring(), try carol.ring()]
            let token = try await scene.tandem.createToken(tenant: Demo.tenant, user: Demo.carol, acl: ["calld.#"])
            let (caller, call) = try await scene.waitingCaller()
            let path = "\(scene.queue())/\(call)/answer"
            async let first = scene.rest.put(path)
            async let second = scene.tandem.rest.with(token: token).put(path)
            let statuses = try await [first.status, second.status]
            #expect(statuses.sorted() == [200, 404])
            try await phones[statuses[0] == 200 ? 0 : 1].rings()
            let channels = try await scene.ari.channels().filter { $0["id"]?.string?.hasPrefix("switchboard-") == true }
            #expect(channels.count == 1)
            try await caller.hangUp()
            for phone in phones { phone.stop() }
            await caller.close()
            await bob.close()
            await carol.close()
        }
    }

    @Test("fifty calls: all are listed in their order, answered at once, told, and nothing is left behind")
    func fifty() async throws {
        try await Scene.play { scene in
            let count = 50
            let bob = try await scene.bob()
            let phone = try bob.answer(calls: count)
            let crowd = try await SIPpCrowd(count, dialling: Demo.didOfSwitchboardA, in: scene.lab)
            let calls = try await eventually("all are listed", within: .seconds(60)) {
                let calls = try await scene.queued()
                return calls.count == count ? calls : nil
            }
            #expect(Set(calls).count == count)
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for call in calls { group.addTask { try await scene.take(call).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0 == 200 }, "\(answers)")
            _ = try await eventually("all are told to be answered", within: .seconds(60)) {
                let told = await scene.bus.events("switchboard_queued_call_answered")
                return Set(told.compactMap { $0.data?["queued_call_id"]?.string }) == Set(calls) ? true : nil
            }
            #expect(try await scene.queued() == [])
            _ = try await eventually("all talk, two in each bridge") {
                let talking = try await scene.ari.bridges().filter { $0["bridge_type"] == "mixing" }
                return talking.count == count && talking.allSatisfy { $0["channels"]?.array?.count == 2 } ? true : nil
            }
            let status = try await crowd.hangUp()
            #expect(status == 0, "every call went to its end")
            try await scene.becomesSilent(within: .seconds(30))
            try await scene.noConversationIsLeft()
            try await scene.noCallIsStored()
            phone.stop()
            await crowd.close()
            await bob.close()
        }
    }
}
