import Bus
import Core
import Events
import Foundation
import TandemLab
import TandemTesting
import Testing

/// The two ways of running.
enum Way: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case standalone, platform
    var testDescription: String { rawValue }
}

/// A running Tandem in the lab, with everybody who watches it from outside.
struct Scene: Sendable {
    static let callersTone = 440.0
    static let operatorsTone = 1_000.0

    let lab: LabEnvironment
    let tandem: TandemProcess
    let bus: BusWitness
    let ari: ARIWitness
    let database: SQLWitness
    let servers: LabServers
    /// The services of the platform, when Tandem runs there.
    let platform: Platform?
    /// Bob's token.
    let token: String

    /// The REST interface as Bob.
    var rest: RESTClient { tandem.rest.with(token: token) }

    /// Starts Tandem, plays the scene, ends Tandem. A failure comes with the end of the server's log.
    /// - Parameters:
    ///   - way: Standalone, or with the platform's services around it.
    ///   - overrides: Top-level keys of Tandem's configuration.
    static func play(
        _ way: Way = .standalone,
        _ overrides: [String: JSONValue] = [:],
        _ body: (Scene) async throws -> Void
    ) async throws {
        let lab = try LabEnvironment()
        // An earlier scene may have failed while one of them was down.
        for server in LabServers.Server.allCases { try await LabServers(lab).start(server) }
        switch way {
        case .standalone:
            try await play(lab, TandemProcess(lab, overrides: overrides), platform: nil, body)
        case .platform:
            let platform = try await Platform.start(lab)
            let outcome: Result<Void, any Error>
            do {
                let tandem = try TandemProcess(lab, overrides: platform.settings.merging(overrides) { $1 })
                outcome = .success(try await play(lab, tandem, platform: platform, body))
            } catch {
                outcome = .failure(error)
            }
            await platform.stop()
            try outcome.get()
        }
    }

    static func play(
        _ lab: LabEnvironment,
        _ tandem: TandemProcess,
        platform: Platform? = nil,
        _ body: (Scene) async throws -> Void
    ) async throws {
        let bus = await BusWitness.listen(lab)
        try await ARIWitness(lab).clear()
        try await tandem.start()
        let token =
            if let platform {
                platform.token(tenant: Demo.tenant, user: Demo.bob, acl: ["calld.#"])
            } else {
                try await tandem.createToken(tenant: Demo.tenant, user: Demo.bob, acl: ["calld.#"])
            }
        let scene = Scene(
            lab: lab,
            tandem: tandem,
            bus: bus,
            ari: ARIWitness(lab),
            database: SQLWitness(lab),
            servers: LabServers(lab),
            platform: platform,
            token: token
        )
        do {
            try await scene.becomesReady()
            try await body(scene)
        } catch {
            Issue.record("\(error)\n\(tandem.logTail(60))")
        }
        try? await scene.ari.hangUpAll()
        await tandem.terminate()
        await bus.close()
    }

    /// A token of the master tenant.
    func masterToken() async throws -> String {
        guard let platform else {
            return try await tandem.createToken(tenant: Demo.tenant, acl: ["calld.#"], isMaster: true)
        }
        return platform.token(tenant: FakeConfd.master.rawValue, user: nil, acl: ["calld.#"])
    }

    /// Waits until every component says ok.
    func becomesReady() async throws {
        try await statusBecomes { status in
            ["ari", "database", "bus_publisher", "bus_consumer", "manager", "service_token"].allSatisfy {
                status[$0]?["status"] == "ok"
            }
        }
    }

    /// Waits for a status.
    func statusBecomes(_ predicate: @escaping @Sendable (JSONValue) -> Bool) async throws {
        _ = try await eventually("the status is as expected", within: .seconds(30)) {
            guard let answer = try? await rest.get("/status"), answer.status == 200, let body = answer.body,
                predicate(body)
            else { return nil as Bool? }
            return true
        }
    }

    /// Waits until all events are published and noted as such: one that was on its way when the process is killed would come
    /// twice, as the outbox publishes at least once.
    func nothingIsPending() async throws {
        try await statusBecomes { $0["bus_publisher"]?["outbox"]?["pending"]?.integer == 0 }
    }

    /// Path of a switchboard's queue.
    func queue(_ switchboard: String = Demo.switchboardA) -> String { "/switchboards/\(switchboard)/calls/queued" }

    /// Ids of a switchboard's listed calls.
    func queued(_ switchboard: String = Demo.switchboardA) async throws -> [String] {
        let answer = try await rest.get(queue(switchboard))
        guard answer.status == 200 else { throw LabFailure.answer("\(answer.status) \(answer.text)") }
        return answer.body?["items"]?.array?.compactMap { $0["id"]?.string } ?? []
    }

    /// Bob's phone, registered.
    func bob() async throws -> SIPpPhone {
        let phone = try await SIPpPhone("bob", tone: Self.operatorsTone, in: lab)
        try await phone.register()
        return phone
    }

    /// Bob asks for a queued call.
    func take(_ call: String, of switchboard: String = Demo.switchboardA) async throws -> RESTAnswer {
        try await rest.put("\(queue(switchboard))/\(call)/answer")
    }

    /// A caller who waits in a switchboard's queue.
    /// - Returns: The caller and the call's id.
    func waitingCaller(
        dialling number: String = Demo.didOfSwitchboardA,
        switchboard: String = Demo.switchboardA
    ) async throws -> (caller: SIPpCaller, call: String) {
        let before = try await queued(switchboard)
        let caller = try await SIPpCaller(dialling: number, tone: Self.callersTone, in: lab)
        try await caller.answered()
        let call = try await eventually("the call is listed") {
            try await queued(switchboard).first { !before.contains($0) }
        }
        return (caller, call)
    }

    /// Waits until no channel is left in Asterisk.
    func becomesSilent(within limit: Duration = .seconds(10)) async throws {
        _ = try await eventually("no channel is left", within: limit) {
            try await ari.channels().isEmpty ? true : nil
        }
    }

    /// Waits until Asterisk has a channel no more. What a commit ends is told first and performed then.
    func channelIsGone(_ id: String) async throws {
        _ = try await eventually("channel \(id) is gone") { try await ari.channel(id) == nil ? true : nil }
    }

    /// Waits until Asterisk has a bridge no more.
    func bridgeIsGone(_ id: String) async throws {
        _ = try await eventually("bridge \(id) is gone") { try await ari.channels(inBridge: id) == nil ? true : nil }
    }

    /// Waits until nobody talks in a bridge any more; waiting rooms stay.
    func noConversationIsLeft() async throws {
        _ = try await eventually("no conversation's bridge is left") {
            try await ari.bridges().contains { $0["bridge_type"] == "mixing" } ? nil : true
        }
    }

    /// Waits until no row of a call is left: an end in Asterisk is stored a moment later.
    func noCallIsStored() async throws {
        _ = try await eventually("no row of a call is left") { try await rowsOfCalls() == "0" ? true : nil }
    }

    /// How many rows of calls there are; what is remembered of mailboxes, faxes and applications is none.
    func rowsOfCalls() async throws -> String? {
        try await database.value(
            "select count(*) from gateway.aggregate where kind like 'switchboard%' "
                + "or kind in ('transfer', 'relocate', 'adhoc_conference')"
        )
    }

    /// The lists that were published for a switchboard, in order, each as the ids of its calls; the first
    /// ones, of the start, are empty.
    func publishedLists(_ switchboard: String = Demo.switchboardA) async -> [[String]] {
        await Self.lists(of: switchboard, heardBy: bus)
    }

    /// The lists of a switchboard that a witness of the bus has heard.
    static func lists(of switchboard: String, heardBy witness: BusWitness) async -> [[String]] {
        await witness.events("switchboard_queued_calls_updated")
            .filter { $0.headers["switchboard_uuid"]?.string == switchboard }
            .map { event in event.data?["items"]?.array?.compactMap { $0["id"]?.string } ?? [] }
    }

    /// Waits until the published lists of a switchboard end with these.
    func publishedListsEnd(
        with expected: [[String]],
        of switchboard: String = Demo.switchboardA
    ) async throws {
        do {
            _ = try await eventually("lists \(expected) on the bus") {
                await publishedLists(switchboard).suffix(expected.count) == expected[...] ? true : nil
            }
        } catch {
            throw LabFailure.tooLate("lists end with \(await publishedLists(switchboard)), not with \(expected)")
        }
    }
}
