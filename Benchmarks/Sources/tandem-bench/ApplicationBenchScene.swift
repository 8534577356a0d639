import Core
import Events
import Foundation
import TandemLab

/// An application of the demo's tenant that a number of the office leads to; Asterisk's events tell when callers came,
/// the bus when the program heard of them.
final class ApplicationBenchScene: Sendable {
    let tandem: TandemProcess
    private let environment: LabEnvironment
    private let rest: RESTClient
    private let ari: ARIWitness
    private let database: SQLWitness
    private let bus: BusWitness
    private let events: StasisWitness
    private let path: String
    private let number = "5007"

    static func start(in environment: LabEnvironment) async throws -> ApplicationBenchScene {
        let ari = ARIWitness(environment)
        try await ari.clear()
        let tandem = try TandemProcess(environment, overrides: ["log_level": "info"])
        try await tandem.start()
        let token = try await tandem.createToken(tenant: Demo.tenant, acl: ["calld.#"])
        let rest = tandem.rest.with(token: token)
        let id = try await eventually("an application", within: .seconds(20)) {
            try await rest.post("/applications", ["name": "Bench"]).body?["uuid"]?.string
        }
        let database = SQLWitness(environment)
        _ = try await database.rows(
            "UPDATE dialaction SET actionarg1 = '\(id)' WHERE category = 'incall' AND categoryval = '17'"
        )
        let events = try await StasisWitness.register("tandem-bench", in: environment)
        try await ari.subscribe("tandem-bench", to: "channel:")
        return ApplicationBenchScene(
            environment,
            tandem: tandem,
            rest: rest,
            ari: ari,
            database: database,
            bus: await BusWitness.listen(environment),
            events: events,
            path: "/applications/\(id)"
        )
    }

    private init(
        _ environment: LabEnvironment,
        tandem: TandemProcess,
        rest: RESTClient,
        ari: ARIWitness,
        database: SQLWitness,
        bus: BusWitness,
        events: StasisWitness,
        path: String
    ) {
        self.environment = environment
        self.tandem = tandem
        self.rest = rest
        self.ari = ari
        self.database = database
        self.bus = bus
        self.events = events
        self.path = path
    }

    func stop() async {
        _ = try? await rest.delete(path)
        try? await ari.clear()
        events.close()
        await bus.close()
        await tandem.terminate()
    }

    // MARK: Arrivals

    /// Callers come at an even pace, and hang up afterwards.
    /// - Returns: Milliseconds from the channel's creation to the event's arrival, of each that was heard of.
    func arrivals(_ count: Int, rate: Int) async throws -> [Double] {
        let crowd = try await SIPpCrowd(count, rate: rate, dialling: number, in: environment)
        var heard: [String: Date] = [:]
        var read = 0
        let deadline = ContinuousClock.now + .seconds(count / rate + 30)
        while heard.count < count, ContinuousClock.now < deadline {
            let all = await bus.deliveries.entries
            let now = Date()
            for delivery in all.dropFirst(read) where delivery.name == "application_call_entered" {
                if let call = delivery.data?["call"]?["id"]?.string { heard[call] = now }
            }
            read = all.count
            try await Task.sleep(for: .milliseconds(1))
        }
        try await ends(crowd)
        var times: [Double] = []
        for event in await events.events.entries where event["type"] == "ChannelCreated" {
            guard let id = event["channel"]?["id"]?.string, let at = heard[id] else { continue }
            times.append(at.timeIntervalSince(try SwitchboardScene.date(event)) * 1_000)
        }
        return times
    }

    func ends(_ crowd: SIPpCrowd) async throws {
        try await ari.hangUpAll()
        _ = await crowd.finished()
        await crowd.close()
        _ = try await eventually("no call is left", within: .seconds(60)) {
            try await self.calls().isEmpty ? true : nil
        }
    }

    private func calls() async throws -> [JSONValue] {
        try await rest.get("\(path)/calls").body?["items"]?.array ?? []
    }

    // MARK: Nodes

    /// Callers come, are answered, and every two of them are put into a node.
    func join(_ count: Int, rate: Int) async throws -> SIPpCrowd {
        let crowd = try await SIPpCrowd(count, rate: rate, dialling: number, in: environment)
        var joined: Set<String> = []
        while joined.count < count {
            let free: [String]
            do {
                free = try await eventually("two more callers", within: .seconds(20)) { [joined] in
                    let new = try await self.calls().compactMap { $0["id"]?.string }.filter { !joined.contains($0) }
                    return new.count >= 2 ? new : nil
                }
            } catch {
                // Fewer came than were asked for: the figure says how many.
                Bench.say("  no more than \(joined.count) came")
                break
            }
            for pair in stride(from: 0, to: free.count - 1, by: 2).map({ [free[$0], free[$0 + 1]] }) {
                for call in pair { _ = try await rest.put("\(path)/calls/\(call)/answer") }
                let answer = try await rest.post(
                    "\(path)/nodes",
                    ["calls": .array(pair.map { ["id": .string($0)] })]
                )
                guard answer.status == 201 else { throw BenchFailure("node: \(answer.status) \(answer.text)") }
                joined.formUnion(pair)
            }
        }
        return crowd
    }

    func callsInNodes() async throws -> Int {
        let nodes = try await rest.get("\(path)/nodes").body?["items"]?.array ?? []
        return nodes.reduce(0) { $0 + ($1["calls"]?.array?.count ?? 0) }
    }

    func residentMebibytes() async -> Double { await tandem.residentMegabytes ?? 0 }

    /// Rows of calls, and channels, that should not be there any more. The nodes are the program's, and are deleted.
    func leftBehind() async throws -> Figure {
        for node in try await rest.get("\(path)/nodes").body?["items"]?.array ?? [] {
            if let id = node["uuid"]?.string { _ = try await rest.delete("\(path)/nodes/\(id)") }
        }
        let database = database
        let left = try? await eventually("nothing is left", within: .seconds(30)) {
            try await database.value("select count(*) from gateway.aggregate where kind like 'application_%'") == "0"
                ? 0.0 : nil
        }
        return Figure("left behind: rows of calls and nodes", left ?? 1, .count, goal: .atMost(0))
    }
}
