import Core
import Foundation
import TandemLab
import Testing

/// Real calls to what is more than one phone: groups, queues, agents, rooms, mailboxes, filters.
@Suite(
    "Real calls to the office's services",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct OfficeServiceTests {
    @Test("a group: all phones ring, one answers, the other is left alone")
    func group() async throws {
        try await Scene.inOffice { scene in
            let erin = try await scene.phone(.erin)
            let frank = try await scene.phone(.frank)
            let answering = try erin.answer(afterRinging: .seconds(1))
            let ringing = try frank.ring()
            let caller = try await scene.dialFromOutside("5004")
            try await ringing.rings()
            try await answering.answered()
            try await ringing.cancelled()
            #expect(await scene.areTalking(caller, erin))
            try await caller.hangUp()
            try await scene.becomesSilent()
            await caller.close()
            ringing.stop()
            try await scene.leave(erin, frank)
        }
    }

    @Test("a linear group: one phone after the other")
    func linearGroup() async throws {
        try await Scene.inOffice { scene in
            let gina = try await scene.phone(.gina)
            let frank = try await scene.phone(.frank)
            let ringing = try gina.ring()
            let answering = try frank.answer()
            let caller = try await scene.dial("2002", as: .kim)
            try await ringing.cancelled()
            try await answering.answered()
            #expect(await scene.areTalking(caller, frank))
            try await answering.hangUp()
            try await caller.hungUpByPeer()
            try await scene.becomesSilent()
            await caller.close()
            ringing.stop()
            try await scene.leave(gina, frank)
        }
    }

    @Test("a queue: the caller hears music until the member answers")
    func queue() async throws {
        try await Scene.inOffice { scene in
            let frank = try await scene.phone(.frank)
            let answering = try frank.answer(afterRinging: .seconds(2))
            let caller = try await scene.dialFromOutside("5005")
            try await caller.answered()
            #expect(await caller.audio.hearsSound(), "music")
            try await answering.answered()
            #expect(await scene.areTalking(caller, frank))
            try await caller.hangUp()
            try await answering.hungUpByPeer()
            try await scene.becomesSilent()
            await caller.close()
            try await scene.leave(frank)
        }
    }

    @Test("an agent logs in, takes a call of its queue, and logs off: then nobody is there")
    func agent() async throws {
        try await Scene.inOffice { scene in
            let nina = try await scene.phone(.nina)
            let login = try await scene.dial("*313001", as: .nina)
            try await login.answered()
            try await login.hungUpByPeer(within: .seconds(20))
            let logged = "SELECT state_interface FROM agent_login_status WHERE agent_id = 1"
            #expect(try await scene.database.value(logged) == "PJSIP/nina")
            let answering = try nina.answer()
            let caller = try await scene.dial("2102", as: .kim)
            try await answering.answered(within: .seconds(15))
            #expect(await scene.areTalking(caller, nina))
            try await caller.hangUp()
            try await scene.becomesSilent()
            let logoff = try await scene.dial("*323001", as: .nina)
            try await logoff.answered()
            try await logoff.hungUpByPeer(within: .seconds(20))
            #expect(try await scene.database.value(logged) == nil)
            let nobody = try await scene.dial("2102", as: .kim)
            try await nobody.answered()
            try await nobody.hungUpByPeer(within: .seconds(20))
            for one in [login, caller, logoff, nobody] { await one.close() }
            try await scene.leave(nina)
        }
    }

    @Test("an agent with a code: the wrong one is refused, the right one logs in")
    func agentCode() async throws {
        try await Scene.inOffice { scene in
            let logged = "SELECT extension FROM agent_login_status WHERE agent_id = 2"
            for (code, expected) in [("1111#", nil), ("9876#", "1110")] as [(String, String?)] {
                let login = try await scene.dial("*313002", as: .nina)
                try await login.answered()
                #expect(await login.audio.hearsSound(), "asks for the code")
                await login.audio.press(code)
                if expected == nil {
                    #expect(await login.audio.hearsSound(), "asks again")
                    try await login.hangUp()
                } else {
                    try await login.hungUpByPeer(within: .seconds(20))
                }
                #expect(try await scene.database.value(logged) == expected)
                await login.close()
            }
            let logoff = try await scene.dial("*303002", as: .nina)
            try await logoff.answered()
            #expect(await logoff.audio.hearsSound(), "asks for the code")
            await logoff.audio.press("9876#")
            try await logoff.hungUpByPeer(within: .seconds(20))
            #expect(try await scene.database.value(logged) == nil)
            await logoff.close()
        }
    }

    @Test("a conference with a PIN: whoever knows it is in, and both hear each other")
    func conference() async throws {
        try await Scene.inOffice { scene in
            var callers: [SIPpCaller] = []
            for (number, tone) in [("5008", 440.0), ("5008", 1_000.0)] {
                let caller = try await SIPpCaller(dialling: number, tone: tone, in: scene.lab)
                try await caller.answered()
                #expect(await caller.audio.hearsSound(), "asks for the PIN")
                await caller.audio.press("1234#")
                callers.append(caller)
            }
            #expect(await callers[0].audio.hears(1_000, within: .seconds(10)))
            #expect(await callers[1].audio.hears(440, within: .seconds(10)))
            for caller in callers {
                try await caller.hangUp()
                await caller.close()
            }
            try await scene.becomesSilent()
        }
    }

    @Test("a conference: four wrong PINs and the call ends")
    func wrongPIN() async throws {
        try await Scene.inOffice { scene in
            let caller = try await scene.dialFromOutside("5008")
            try await caller.answered()
            // Keys that come while an announcement says "wrong" are lost: so as long as somebody asks.
            let presses = Task {
                while !Task.isCancelled, await caller.audio.hearsSound(within: .seconds(20)) {
                    await caller.audio.press("9999#")
                }
            }
            try await caller.hungUpByPeer(within: .seconds(60))
            presses.cancel()
            try await scene.becomesSilent()
            await caller.close()
        }
    }

    @Test("boss and secretary: the boss's calls ring at the secretary's; hers reach him")
    func callFilter() async throws {
        try await Scene.inOffice { scene in
            let leo = try await scene.phone(.leo)
            let mia = try await scene.phone(.mia)
            let boss = try leo.answer()
            let secretary = try mia.answer()
            let caller = try await scene.dial("1108", as: .kim)
            try await secretary.answered()
            #expect(await scene.areTalking(caller, mia))
            #expect(await boss.trace.entries.isEmpty, "the boss is not disturbed")
            try await caller.hangUp()
            try await scene.becomesSilent()
            let inside = try await scene.dial("1108", as: .mia)
            try await boss.answered()
            #expect(await scene.areTalking(inside, leo))
            try await inside.hangUp()
            try await scene.becomesSilent()
            for one in [caller, inside] { await one.close() }
            try await scene.leave(leo, mia)
        }
    }

    @Test("a message is left and heard: the owner's phone plays what the caller said")
    func voicemail() async throws {
        try await Scene.inOffice { scene in
            scene.emptyMailbox("1106")
            let caller = try await scene.dialFromOutside("5006")
            try await caller.answered()
            _ = try await eventually("the message is longer than four seconds", within: .seconds(40)) {
                scene.recordedBytes("1106") > 4 * 16_000 ? true : nil
            }
            try await caller.hangUp()
            _ = try await eventually("the message is there") { scene.newMessages(of: "1106").first }
            let jack = try await scene.dial("*98", as: .jack)
            try await jack.answered()
            #expect(await jack.audio.hearsSound(), "asks for the password")
            await jack.audio.press("1106#")
            #expect(await jack.audio.hearsSound(), "says how many messages there are")
            await jack.audio.press("1")
            #expect(await jack.audio.hears(Scene.callersTone, within: .seconds(30)), "the message")
            try await jack.hangUp()
            try await scene.becomesSilent()
            for one in [caller, jack] { await one.close() }
        }
    }

    @Test("closed: the schedule's destination takes the call")
    func schedule() async throws {
        try await Scene.inOffice { scene in
            scene.emptyMailbox("1106")
            let erin = try await scene.phone(.erin)
            let silent = try erin.ring()
            let caller = try await scene.dialFromOutside("5010")
            try await caller.answered()
            _ = try await eventually("a message is being recorded", within: .seconds(30)) {
                scene.recordedBytes("1106") > 0 ? true : nil
            }
            try await caller.hangUp()
            #expect(await silent.trace.entries.isEmpty, "nobody's phone rings")
            silent.stop()
            await caller.close()
            try await scene.leave(erin)
        }
    }

    @Test("a menu: the caller presses 1 and reaches Erin")
    func menu() async throws {
        try await Scene.inOffice { scene in
            let erin = try await scene.phone(.erin)
            let answering = try erin.answer()
            let caller = try await scene.dialFromOutside("5011")
            try await caller.answered()
            #expect(await caller.audio.hearsSound(), "the menu")
            await caller.audio.press("1")
            try await answering.answered(within: .seconds(20))
            #expect(await scene.areTalking(caller, erin))
            try await caller.hangUp()
            try await scene.becomesSilent()
            await caller.close()
            try await scene.leave(erin)
        }
    }

    @Test("an application: its DID's call enters it, and is answered by it")
    func servedApplication() async throws {
        try await Scene.inOffice { scene in
            let name = "wazo-app-60000000-0000-4000-8000-000000000001"
            let application = try await StasisWitness.register(name, in: scene.lab)
            let caller = try await scene.dialFromOutside("5007")
            let start = try await application.expect("StasisStart")
            #expect(start["args"] == ["incoming"])
            let channel = try #require(start["channel"]?["id"]?.string)
            try await scene.ari.answer(channel)
            try await caller.answered()
            try await caller.hangUp()
            _ = try await application.expect("StasisEnd")
            application.close()
            try await scene.becomesSilent()
            await caller.close()
        }
    }
}
