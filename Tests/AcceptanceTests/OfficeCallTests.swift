import Core
import Foundation
import TandemLab
import Testing

/// Real calls between users: the dialplan's context `user` and what hangs on it.
@Suite(
    "Real calls in the office",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct OfficeCallTests {
    @Test("a call between two users: the callee sees who calls, both hear each other")
    func internalCall() async throws {
        try await Scene.inOffice { scene in
            let frank = try await scene.phone(.frank)
            let ringing = try frank.answer()
            let erin = try await scene.dial("1102", as: .erin)
            try await erin.answered()
            let invite = try await ringing.expect("INVITE") { $0.isRequest("INVITE", .received) }
            #expect(invite.message.header("From")?.contains("1101") == true, "\(invite.message.header("From") ?? "")")
            #expect(await scene.areTalking(erin, frank))
            try await erin.hangUp()
            try await ringing.hungUpByPeer()
            try await scene.becomesSilent()
            await erin.close()
            try await scene.leave(frank)
        }
    }

    @Test("a call from outside to a user's DID")
    func did() async throws {
        try await Scene.inOffice { scene in
            let frank = try await scene.phone(.frank)
            let ringing = try frank.answer()
            let caller = try await scene.dialFromOutside("5003")
            try await caller.answered()
            #expect(await scene.areTalking(caller, frank))
            try await ringing.hangUp()
            try await caller.hungUpByPeer()
            try await scene.becomesSilent()
            await caller.close()
            try await scene.leave(frank)
        }
    }

    @Test("unconditional forward: Gina's calls ring at Frank's, announced to the caller")
    func unconditional() async throws {
        try await Scene.inOffice { scene in
            let frank = try await scene.phone(.frank)
            let gina = try await scene.phone(.gina)
            let ringing = try frank.answer()
            let erin = try await scene.dial("1103", as: .erin)
            try await erin.answered()
            try await ringing.answered()
            #expect(await scene.areTalking(erin, frank))
            try await erin.hangUp()
            try await scene.becomesSilent()
            await erin.close()
            try await scene.leave(frank, gina)
        }
    }

    @Test("busy: Hugo's calls go to the group Sales, where Erin answers")
    func busy() async throws {
        try await Scene.inOffice { scene in
            let hugo = try await scene.phone(.hugo)
            let erin = try await scene.phone(.erin)
            let refusing = try hugo.refuse()
            let answering = try erin.answer()
            let caller = try await scene.dial("1104", as: .kim)
            try await refusing.rings()
            try await answering.answered(within: .seconds(15))
            #expect(await scene.areTalking(caller, erin))
            try await caller.hangUp()
            try await scene.becomesSilent()
            await caller.close()
            try await scene.leave(hugo, erin)
        }
    }

    @Test("no answer: Ida's calls go to Erin after two seconds")
    func noAnswer() async throws {
        try await Scene.inOffice { scene in
            let ida = try await scene.phone(.ida)
            let erin = try await scene.phone(.erin)
            let ringing = try ida.ring()
            let answering = try erin.answer()
            let caller = try await scene.dial("1105", as: .kim)
            try await ringing.cancelled()
            try await answering.answered(within: .seconds(15))
            #expect(await scene.areTalking(caller, erin))
            try await caller.hangUp()
            try await scene.becomesSilent()
            await caller.close()
            try await scene.leave(ida, erin)
        }
    }

    @Test("do not disturb: Jack's phone stays silent, the caller leaves a message")
    func doNotDisturb() async throws {
        try await Scene.inOffice { scene in
            scene.emptyMailbox("1106")
            let jack = try await scene.phone(.jack)
            let silent = try jack.ring(calls: 5)
            let caller = try await scene.dial("1106", as: .erin)
            try await caller.answered()
            #expect(await caller.audio.hearsSound(), "the greeting")
            // Messages shorter than a second are thrown away.
            _ = try await eventually("the message is longer than two seconds", within: .seconds(40)) {
                scene.recordedBytes("1106") > 2 * 16_000 ? true : nil
            }
            try await caller.hangUp()
            _ = try await eventually("the message is there") { scene.newMessages(of: "1106").first }
            let calls = await silent.trace.entries.filter { $0.isRequest("INVITE", .received) }
            #expect(calls.isEmpty, "Jack's phone did not ring")
            silent.stop()
            await caller.close()
            try await scene.leave(jack)
        }
    }

    @Test("a number that Kim may not dial is refused; another opens with the code")
    func permissions() async throws {
        try await Scene.inOffice { scene in
            let denied = try await scene.dial("0901234567", as: .kim)
            try await denied.answered()
            #expect(await denied.audio.hearsSound(), "the announcement")
            try await denied.hungUpByPeer(within: .seconds(20))
            let carrier = try await SIPpPhone.carrier(in: scene.lab)
            let line = try carrier.answer()
            let caller = try await scene.dial("0801234567", as: .kim)
            try await caller.answered()
            #expect(await caller.audio.hearsSound(), "asks for the code")
            await caller.audio.press("4321#")
            try await line.answered(within: .seconds(20))
            #expect(await scene.areTalking(caller, carrier))
            try await caller.hangUp()
            try await scene.becomesSilent()
            for one in [denied, caller] { await one.close() }
            await carrier.close()
        }
    }

    @Test("a call to outside: the carrier gets the rewritten number and the route's caller id")
    func outgoing() async throws {
        try await Scene.inOffice { scene in
            let carrier = try await SIPpPhone.carrier(in: scene.lab)
            let line = try carrier.answer()
            let caller = try await scene.dial("0612345678", as: .erin)
            try await caller.answered()
            let invite = try await line.expect("INVITE") { $0.isRequest("INVITE", .received) }
            #expect(invite.message.startLine.hasPrefix("INVITE sip:+33612345678@"), "\(invite.message.startLine)")
            let identity =
                "\(invite.message.header("From") ?? "") \(invite.message.header("P-Asserted-Identity") ?? "")"
            #expect(identity.contains("+33123456789"), "\(identity)")
            #expect(await scene.areTalking(caller, carrier))
            try await line.hangUp()
            try await caller.hungUpByPeer()
            try await scene.becomesSilent()
            await caller.close()
            await carrier.close()
        }
    }

    @Test("pickup: Erin takes the call that rings at Frank's")
    func pickup() async throws {
        try await Scene.inOffice { scene in
            let frank = try await scene.phone(.frank)
            let ringing = try frank.ring()
            let caller = try await scene.dialFromOutside("5003")
            try await ringing.rings()
            let erin = try await scene.dial("*81102", as: .erin)
            try await erin.answered()
            try await caller.answered()
            try await ringing.cancelled()
            async let erinHears = erin.audio.hears(Scene.callersTone)
            async let callerHears = caller.audio.hears(Scene.callersTone)
            #expect(await erinHears)
            #expect(await callerHears)
            try await erin.hangUp()
            try await scene.becomesSilent()
            for one in [caller, erin] { await one.close() }
            ringing.stop()
            try await scene.leave(frank)
        }
    }

    @Test("star codes: do not disturb on and off, seen in the database")
    func starCodes() async throws {
        try await Scene.inOffice { scene in
            func dnd() async throws -> String? {
                try await scene.database.value("SELECT enablednd FROM userfeatures WHERE id = 11")
            }
            for expected in ["1", "0"] {
                let caller = try await scene.dial("*25", as: .erin)
                try await caller.answered()
                #expect(await caller.audio.hearsSound())
                try await caller.hungUpByPeer(within: .seconds(20))
                #expect(try await dnd() == expected)
                await caller.close()
            }
        }
    }

    @Test("star codes: an unconditional forward, which then is followed, and taken back")
    func forwardCode() async throws {
        try await Scene.inOffice { scene in
            let set = try await scene.dial("*211102", as: .erin)
            try await set.answered()
            try await set.hungUpByPeer(within: .seconds(20))
            let frank = try await scene.phone(.frank)
            let ringing = try frank.answer()
            let caller = try await scene.dial("1101", as: .kim)
            try await ringing.answered(within: .seconds(15))
            #expect(await scene.areTalking(caller, frank))
            try await caller.hangUp()
            let reset = try await scene.dial("*21", as: .erin)
            try await reset.answered()
            try await reset.hungUpByPeer(within: .seconds(20))
            let enabled = try await scene.database.value("SELECT enableunc FROM userfeatures WHERE id = 11")
            #expect(enabled == "0")
            for one in [set, caller, reset] { await one.close() }
            try await scene.leave(frank)
        }
    }

    @Test("a blind transfer by DTMF: Erin sends her caller to Frank, who sees the caller")
    func blindTransfer() async throws {
        try await Scene.inOffice { scene in
            let erin = try await scene.phone(.erin)
            let frank = try await scene.phone(.frank)
            let answering = try erin.answer()
            let ringing = try frank.answer()
            let caller = try await scene.dial("1101", as: .kim)
            try await caller.answered()
            #expect(await scene.areTalking(caller, erin))
            await erin.audio.press("*1")
            #expect(await erin.audio.hearsSound(), "asks for the number")
            await erin.audio.press("1102")
            try await ringing.answered(within: .seconds(20))
            try await answering.hungUpByPeer()
            let invite = try await ringing.expect("INVITE") { $0.isRequest("INVITE", .received) }
            #expect(invite.message.header("From")?.contains("1107") == true, "\(invite.message.header("From") ?? "")")
            #expect(await scene.areTalking(caller, frank))
            try await caller.hangUp()
            try await scene.becomesSilent()
            await caller.close()
            try await scene.leave(erin, frank)
        }
    }
}
