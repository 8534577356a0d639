import Bus
import Core
import Events
import TandemLab

/// The call that is told: a caller dials a DID, waits in a switchboard's queue, Bob takes the call over REST, they
/// hear each other, Bob hangs up. Every step is seen by somebody other than the server.
struct CallStory {
    let lab: LabEnvironment
    let tandem: TandemProcess
    let timeline: Timeline

    private var ari: ARIWitness { ARIWitness(lab) }
    private var database: SQLWitness { SQLWitness(lab) }
    private var queue: String { "/switchboards/\(Demo.switchboardA)/calls/queued" }

    private static let callersTone = 440.0
    private static let bobsTone = 1_000.0

    /// Starts the server and tells the story.
    /// - Returns: A token of Bob's for the REST interface.
    /// - Throws: ``LabFailure`` that names the first step that was not seen.
    func tell() async throws -> String {
        let bus = await BusWitness.listen(lab)
        try await ari.hangUpAll()
        try await tandem.start()
        await timeline.step("Tandem answers at port \(lab.restPort)", seenBy: "REST")
        _ = try await eventually("application callcontrol is registered") {
            try await ari.hasApplication("callcontrol") ? true : nil
        }
        await timeline.step("its application callcontrol is registered in Asterisk", seenBy: "ARI")
        let token = try await tandem.createToken(
            tenant: Demo.tenant,
            user: Demo.bob,
            acl: ["calld.#"],
            expiresAfter: 86_400
        )
        let rest = tandem.rest.with(token: token)

        let bob = try await SIPpPhone("bob", tone: Self.bobsTone, in: lab)
        try await bob.register()
        await timeline.step("Bob's phone is registered", seenBy: "SIPp: 200 to REGISTER")
        let bobsCall = try bob.answer()
        let caller = try await SIPpCaller(
            dialling: Demo.didOfSwitchboardA,
            tone: Self.callersTone,
            in: lab
        )
        let waiting = try await waitInQueue(caller, bus, rest)
        let taken = try await take(waiting, bobsCall, bus, rest)
        try await talk(caller, bob, [waiting, taken])
        try await hangUp(caller, bobsCall, waiting, rest)
        await caller.close()
        await bob.close()
        return token
    }

    /// From the caller's INVITE to the queue.
    /// - Returns: The caller's channel id, which is the call's id.
    private func waitInQueue(
        _ caller: SIPpCaller,
        _ bus: BusWitness,
        _ rest: RESTClient
    ) async throws -> String {
        try await caller.run.expect("INVITE of its own") { $0.isRequest("INVITE", .sent) }
        await timeline.step("a caller dials \(Demo.didOfSwitchboardA)", seenBy: "SIPp: INVITE sent")
        try await caller.answered()
        await timeline.step("the caller is answered", seenBy: "SIPp: 200 to INVITE")
        let event = try await bus.expect("switchboard_queued_calls_updated") {
            $0.data?["items"]?.array?.isEmpty == false
        }
        guard let call = event.data?["items"]?.array?.first?["id"]?.string else {
            throw LabFailure.answer("the event's item has no id: \(event.body.text)")
        }
        await timeline.step(
            "call \(call) is in switchboard A's queue",
            seenBy: "bus: switchboard_queued_calls_updated"
        )
        try await seeQueued(call, caller, rest)
        return call
    }

    /// The waiting call as Asterisk, the caller's ear, the database and the REST interface know it.
    private func seeQueued(_ call: String, _ caller: SIPpCaller, _ rest: RESTClient) async throws {
        let action = try await ari.variable("WAZO_FWD_INCALL_ANSWER_ACTION", of: call)
        guard action == "switchboard" else {
            throw LabFailure.answer("the dialplan was sent to \(action ?? "nowhere"), not to a switchboard")
        }
        await timeline.step(
            "the dialplan learnt the destination over FastAGI",
            seenBy: "ARI: channel variable"
        )
        _ = try await eventually("the call is in the queue's bridge") {
            try await ari.channels(inBridge: "switchboard-\(Demo.switchboardA)-queue")?.contains(call) == true
                ? true : nil
        }
        await timeline.step("the caller is in the queue's holding bridge", seenBy: "ARI: GET /bridges")
        guard await caller.audio.hearsSound() else { throw LabFailure.tooLate("the caller hears no music") }
        await timeline.step("the caller hears music", seenBy: "RTP")
        let kind = try await database.value(
            "select kind from gateway.aggregate where id = \(SQLWitness.literal(call))"
        )
        guard let kind else { throw LabFailure.answer("no row of \(call) in gateway.aggregate") }
        await timeline.step("the call is stored as \(kind)", seenBy: "SQL: gateway.aggregate")
        let list = try await rest.get(queue)
        guard list.body?["items"]?.array?.contains(where: { $0["id"]?.string == call }) == true else {
            throw LabFailure.answer("GET \(queue): \(list.status) \(list.text)")
        }
        await timeline.step("the call is listed", seenBy: "REST: GET \(queue)")
    }

    /// From Bob's request to his phone's answer.
    /// - Returns: Bob's channel id.
    private func take(
        _ call: String,
        _ phone: SIPpRun,
        _ bus: BusWitness,
        _ rest: RESTClient
    ) async throws -> String {
        let answer = try await rest.put("\(queue)/\(call)/answer")
        guard answer.status == 200, let taken = answer.body?["call_id"]?.string else {
            throw LabFailure.answer("PUT \(queue)/\(call)/answer: \(answer.status) \(answer.text)")
        }
        await timeline.step("Bob takes the call", seenBy: "REST: PUT …/\(call)/answer")
        try await phone.rings()
        await timeline.step("Bob's phone rings", seenBy: "SIPp: INVITE received")
        try await phone.answered()
        await timeline.step("Bob's phone answers", seenBy: "SIPp: ACK received")
        try await bus.expect("switchboard_queued_call_answered") {
            $0.data?["queued_call_id"]?.string == call && $0.data?["operator_call_id"]?.string == taken
        }
        await timeline.step("the call is answered", seenBy: "bus: switchboard_queued_call_answered")
        return taken
    }

    /// One bridge, and each hears the other.
    private func talk(_ caller: SIPpCaller, _ bob: SIPpPhone, _ channels: Set<String>) async throws {
        _ = try await eventually("both are in one mixing bridge") {
            try await ari.conversation(of: channels)
        }
        await timeline.step("both are in one bridge", seenBy: "ARI: GET /bridges")
        async let bobHears = bob.audio.hears(Self.callersTone)
        async let callerHears = caller.audio.hears(Self.bobsTone)
        guard await bobHears else { throw LabFailure.tooLate("Bob does not hear the caller") }
        await timeline.step("Bob hears the caller's \(Int(Self.callersTone)) Hz", seenBy: "RTP")
        guard await callerHears else { throw LabFailure.tooLate("the caller does not hear Bob") }
        await timeline.step("the caller hears Bob's \(Int(Self.bobsTone)) Hz", seenBy: "RTP")
    }

    /// Bob ends the call, and nothing is left of it.
    private func hangUp(
        _ caller: SIPpCaller,
        _ bobsCall: SIPpRun,
        _ call: String,
        _ rest: RESTClient
    ) async throws {
        try await bobsCall.hangUp()
        try await bobsCall.expect("BYE of its own") { $0.isRequest("BYE", .sent) }
        await timeline.step("Bob hangs up", seenBy: "SIPp: BYE sent")
        try await caller.hungUpByPeer()
        await timeline.step("the caller is hung up", seenBy: "SIPp: BYE received")
        _ = try await eventually("no channel is left") { try await ari.channels().isEmpty ? true : nil }
        await timeline.step("no channel is left in Asterisk", seenBy: "ARI: GET /channels")
        _ = try await eventually("no row is left") {
            let id = SQLWitness.literal(call)
            let rows = try await database.value("select count(*) from gateway.aggregate where id = \(id)")
            return rows == "0" ? true : nil
        }
        await timeline.step("no row is left in the database", seenBy: "SQL: gateway.aggregate")
        let list = try await rest.get(queue)
        guard list.status == 200, list.body?["items"]?.array?.isEmpty == true else {
            throw LabFailure.answer("GET \(queue) after the call: \(list.status) \(list.text)")
        }
        await timeline.step("the queue is empty", seenBy: "REST: GET \(queue)")
    }
}
