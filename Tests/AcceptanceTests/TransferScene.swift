import Core
import Events
import Foundation
import TandemLab
import Testing

/// Calls that are transferred, in a scene.
extension Scene {
    static let recipientsTone = 1_600.0

    /// Kim talks with Erin, through the dialplan.
    struct OfficeTalk: Sendable {
        let kim: SIPpCaller
        let erin: SIPpPhone
        let erinsCall: SIPpRun
        let kimsChannel: String
        let erinsChannel: String

        func close() async throws {
            await kim.close()
            try? await erin.unregister()
            await erin.close()
        }
    }

    /// Kim calls Erin, who answers.
    func officeTalk() async throws -> OfficeTalk {
        let erin = try await phone(.erin)
        let answering = try erin.answer()
        let kim = try await dial("1101", as: .kim)
        try await kim.answered()
        try await answering.answered()
        let talk = OfficeTalk(
            kim: kim,
            erin: erin,
            erinsCall: answering,
            kimsChannel: try await channel(of: "kim"),
            erinsChannel: try await channel(of: "erin")
        )
        _ = try await eventually("they are bridged") {
            try await ari.conversation(of: [talk.kimsChannel, talk.erinsChannel])
        }
        return talk
    }

    /// A caller of the switchboard talks with Bob, in Stasis.
    struct SwitchboardTalk: Sendable {
        let caller: SIPpCaller
        let bob: SIPpPhone
        let bobsCall: SIPpRun
        let bobsChannel: String

        func close() async {
            await caller.close()
            await bob.close()
        }
    }

    /// Somebody calls the switchboard, and Bob takes him.
    func switchboardTalk() async throws -> SwitchboardTalk {
        let bob = try await bob()
        let phone = try bob.answer()
        let (caller, call) = try await waitingCaller()
        guard let leg = try await take(call).body?["call_id"]?.string else { throw LabFailure.answer("not taken") }
        try await phone.answered()
        _ = try await eventually("a conversation") { try await ari.conversation(of: [call, leg]) }
        return SwitchboardTalk(caller: caller, bob: bob, bobsCall: phone, bobsChannel: leg)
    }

    /// Carol's phone.
    func carol() async throws -> SIPpPhone {
        let carol = try await SIPpPhone("carol", tone: Self.recipientsTone, in: lab)
        try await carol.register()
        return carol
    }

    /// The id of the one channel of a SIP account.
    func channel(of account: String) async throws -> String {
        try await eventually("a channel of \(account)") {
            let found = try await ari.channels().filter { $0["name"]?.string?.hasPrefix("PJSIP/\(account)-") == true }
            return found.count == 1 ? found[0]["id"]?.string : nil
        }
    }

    /// A user transfers the other party of his call.
    /// - Returns: The transfer's id.
    func transfer(
        _ channel: String,
        to exten: String,
        flow: String = "attended",
        timeout: Int? = nil,
        by rest: RESTClient
    ) async throws -> String {
        var body: [String: JSONValue] = [
            "initiator_call": .string(channel), "exten": .string(exten), "flow": .string(flow),
        ]
        if let timeout { body["timeout"] = .integer(Int64(timeout)) }
        let answer = try await rest.post("/users/me/transfers", .object(body))
        guard answer.status == 201, let id = answer.body?["id"]?.string else {
            throw LabFailure.answer("transfer: \(answer.status) \(answer.text)")
        }
        return id
    }

    /// Waits for a status of a transfer.
    @discardableResult
    func transfer(_ id: String, becomes status: String) async throws -> JSONValue {
        try await eventually("transfer \(status)") {
            let answer = try await rest.get("/transfers/\(id)")
            return answer.body?["status"]?.string == status ? answer.body : nil
        }
    }

    /// Waits until the events of a transfer are these, each with its status.
    func told(_ id: String, _ expected: [String]) async throws {
        do {
            _ = try await eventually("events of the transfer", within: .seconds(15)) {
                await heard(of: id) == expected ? true : nil
            }
        } catch {
            throw LabFailure.tooLate("told \(await heard(of: id)), not \(expected)")
        }
    }

    /// Delivery is at least once: what comes again after a kill is the same message, its time stamp included.
    private func heard(of id: String) async -> [String] {
        var bodies: Set<JSONValue> = []
        return await bus.deliveries.entries.compactMap { event in
            guard let name = event.name, name.hasPrefix("transfer_"), event.data?["id"]?.string == id,
                bodies.insert(event.body).inserted
            else { return nil }
            return "\(name.dropFirst("transfer_".count)) \(event.data?["status"]?.string ?? "")"
        }
    }

    /// Whether two phones hear each other.
    func areTalking(_ first: SIPpPhone, _ tone: Double, _ second: SIPpPhone, _ other: Double) async -> Bool {
        async let one = first.audio.hears(other)
        async let two = second.audio.hears(tone)
        let heard = await (one, two)
        return heard.0 && heard.1
    }

    /// Kim and Frank, who hear each other.
    func areTalking(_ kim: SIPpCaller, recipient frank: SIPpPhone) async -> Bool {
        await areTalking(kim, frank, tone: Self.recipientsTone)
    }

    /// Frank's phone.
    func frank() async throws -> SIPpPhone { try await phone(.frank, tone: Self.recipientsTone) }
}
