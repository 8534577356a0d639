import Core
import Foundation
import Testing

@testable import TandemLab

/// The lab itself, with its Asterisk: SIPp, probes and the dialplan's own failures. No Tandem runs here.
@Suite(
    "The lab's phones on the real Asterisk",
    .serialized,
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct RealCallTests {
    let lab: LabEnvironment

    init() throws { lab = try LabEnvironment() }

    /// Asterisk calls the phone and connects it to a number of the lab's own context.
    private func callPhone(_ user: String, with number: String) async throws {
        let credentials = Data("lab:lab".utf8).base64EncodedString()
        let ari = RESTClient(
            "http://127.0.0.1:\(lab.httpPort)/ari",
            headers: ["Authorization": "Basic \(credentials)"]
        )
        let answer = try await ari.post(
            "/channels?endpoint=PJSIP/\(user)&extension=\(number)&context=lab&priority=1&formats=ulaw"
        )
        #expect(answer.status == 200, "\(answer.text)")
    }

    private func noChannelIsLeft() async throws {
        _ = try await eventually("no channel left") {
            try await ARIWitness(lab).channels().isEmpty ? true : nil
        }
    }

    @Test("with nobody on the FastAGI port a caller hears the announcement and is hung up")
    func announcement() async throws {
        let caller = try await SIPpCaller(dialling: "5000", in: lab)
        try await caller.answered()
        #expect(await caller.audio.hearsSound())
        try await caller.hungUpByPeer(within: .seconds(20))
        #expect(await caller.run.finished() == 0)
        try await noChannelIsLeft()
        await caller.close()
    }

    @Test("the international form of a number is the same number")
    func plusSign() async throws {
        let caller = try await SIPpCaller(dialling: "+5000", in: lab)
        try await caller.answered()
        try await caller.hangUp()
        await caller.close()
    }

    @Test("a number that nobody has is refused")
    func unknownNumber() async throws {
        let caller = try await SIPpCaller(dialling: "5999", in: lab)
        try await caller.run.expect("404") { $0.isResponse(404, to: "INVITE", .received) }
        #expect(await caller.run.finished() == 1)
        await caller.close()
    }

    @Test("the caller hangs up on command")
    func callerHangsUp() async throws {
        let caller = try await SIPpCaller(dialling: "5000", in: lab)
        try await caller.answered()
        try await caller.hangUp()
        #expect(await caller.run.finished() == 0)
        try await noChannelIsLeft()
        await caller.close()
    }

    @Test("a registered phone rings, answers, hears its own tone from the echo, and hangs up on command")
    func phone() async throws {
        let bob = try await SIPpPhone("bob", in: lab)
        try await bob.register()
        let call = try bob.answer()
        try await callPhone("bob", with: "402")
        try await call.rings()
        try await call.answered()
        #expect(await bob.audio.hears(1_000))
        #expect(await bob.audio.hears(440, within: .milliseconds(500)) == false)
        try await call.hangUp()
        #expect(await call.finished() == 0)
        try await noChannelIsLeft()
        try await bob.unregister()
        await bob.close()
    }

    @Test("a phone that is not answered rings until the call is taken back")
    func unanswered() async throws {
        let carol = try await SIPpPhone("carol", in: lab)
        try await carol.register()
        let call = try carol.ring()
        try await callPhone("carol", with: "402")
        try await call.rings()
        try await ARIWitness(lab).hangUpAll()
        try await call.cancelled()
        #expect(await call.finished() == 0)
        try await carol.unregister()
        await carol.close()
    }

    @Test("a phone refuses a call")
    func refusal() async throws {
        let alice = try await SIPpPhone("alice", in: lab)
        try await alice.register()
        let call = try alice.refuse(status: 603, reason: "Decline")
        try await callPhone("alice", with: "402")
        try await call.expect("its own 603") { $0.isResponse(603, to: "INVITE", .sent) }
        #expect(await call.finished() == 0)
        try await alice.unregister()
        await alice.close()
    }

    @Test("a server can be taken away and given back, with its data")
    func servers() async throws {
        let database = SQLWitness(lab)
        let servers = LabServers(lab)
        let name = try await database.value("select current_database()")
        #expect(name == "asterisk")
        try await servers.stop(.postgres)
        await #expect(throws: LabFailure.self) { try await database.rows("select 1") }
        try await servers.start(.postgres)
        #expect(try await database.rows("select 'a' || chr(32) || 'b', null, 3") == [["a b", "", "3"]])
    }
}
