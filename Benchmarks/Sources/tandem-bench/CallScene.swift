import Bus
import Core
import Events
import Foundation
import TandemLab

/// Channels without phones on the lab's Asterisk, and `tandem serve` beside it.
final class CallScene: Sendable {
    let environment: LabEnvironment
    let tandem: TandemProcess
    let token: String
    let restPort: Int
    let ariPort: Int
    let ariAuthorization = "Basic " + Data("lab:lab".utf8).base64EncodedString()
    private let ari: ARIWitness
    private let requests: RESTClient
    private let rest: RESTClient

    static func start(in environment: LabEnvironment) async throws -> CallScene {
        let ari = ARIWitness(environment)
        try await ari.clear()
        let tandem = try TandemProcess(environment, overrides: ["log_level": "warning"])
        try await tandem.start()
        let token = try await tandem.createToken(tenant: Demo.tenant, user: Demo.bob, acl: ["calld.#"])
        let scene = CallScene(environment, tandem: tandem, token: token, ari: ari)
        _ = try await eventually("the event feed is connected", within: .seconds(30)) {
            try await scene.rest.get("/status").body?["ari"]?["status"] == "ok" ? true : nil
        }
        return scene
    }

    private init(_ environment: LabEnvironment, tandem: TandemProcess, token: String, ari: ARIWitness) {
        self.environment = environment
        self.tandem = tandem
        self.token = token
        self.ari = ari
        restPort = environment.restPort
        ariPort = environment.httpPort
        requests = RESTClient(
            "http://127.0.0.1:\(environment.httpPort)/ari",
            headers: ["Authorization": ariAuthorization]
        )
        rest = tandem.rest.with(token: token)
    }

    func stop() async {
        try? await ari.clear()
        await tandem.terminate()
    }

    private func count() async throws -> Int {
        try await rest.get("/calls").body?["items"]?.array?.count ?? 0
    }

    /// A channel that waits in the dialplan, of the demo's tenant and Bob.
    private func originate(_ endpoint: String, _ id: String) async throws {
        let place = "endpoint=\(endpoint)&channelId=\(id)&context=lab&extension=401&priority=1&formats=ulaw"
        let variables: JSONValue = [
            "_WAZO_TENANT_UUID": .string(Demo.tenant), "_WAZO_USERUUID": .string(Demo.bob), "_WAZO_ENTRY_EXTEN": "401",
        ]
        let answer = try await requests.post("/channels?\(place)", ["variables": variables])
        guard answer.status == 200 else { throw BenchFailure("originate: \(answer.status) \(answer.text)") }
    }

    // MARK: Lists

    /// Halves of Local channels, which wait.
    func fill(upTo wanted: Int) async throws {
        for number in 0..<(wanted - (try await count())) / 2 {
            try await originate("Local/401@lab", "fill-\(wanted)-\(number)")
        }
        _ = try await eventually("\(wanted) channels are listed", within: .seconds(60)) {
            try await self.count() == wanted ? true : nil
        }
    }

    /// Hangs everybody up.
    func empty() async throws {
        try await ari.hangUpAll()
        _ = try await eventually("no channel is left", within: .seconds(60)) { () -> Bool? in
            let channels = try await self.ari.channels()
            for channel in channels { try await self.ari.hangUp(channel["id"]?.string ?? "") }
            let listed = try await self.count()
            return channels.isEmpty && listed == 0 ? true : nil
        }
    }

    /// What eight hundred channels, listed, cost beside two hundred.
    func memory() async throws -> Figure {
        try await fill(upTo: 200)
        let before = await residentKibibytes()
        try await fill(upTo: 1_000)
        let after = await residentKibibytes()
        try await empty()
        return Figure(
            "resident memory of one channel, with its text",
            max(0, after - before) / 800,
            .kibibytes,
            goal: .atMost(4)
        )
    }

    private func residentKibibytes() async -> Double {
        guard let process = await tandem.processID,
            let text = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return 0 }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_024
    }

    // MARK: Events

    /// Channels that need no far end: each is answered at once and hung up after half a second.
    func make(_ count: Int, rate: Int) async throws -> (ids: Set<String>, rate: Double) {
        let start = ContinuousClock.now
        let made = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<count {
                try await Task.sleep(until: start + .seconds(1) * number / rate, clock: .continuous)
                group.addTask {
                    let id = "bench-\(rate)-\(number)"
                    try await self.originate("UnicastRTP/127.0.0.1:9", id)
                    try await Task.sleep(for: .milliseconds(500))
                    try await self.ari.hangUp(id)
                    return id
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        return (made, Double(count) / ((ContinuousClock.now - start) / .seconds(1)))
    }
}

/// Hears every event of calls on the bus, with the moment of its arrival.
final class CallWitness: Sendable {
    struct Outcome: Sendable {
        /// Milliseconds.
        var middle: Double
        /// Milliseconds.
        var late: Double
        var lost: Int
        var disordered: Int
        var events: Int
    }
    private struct Heard: Sendable {
        var name: String
        var call: String
        var delay: Double
    }

    private let running: Task<Void, any Error>
    private let log: WitnessLog<Heard>

    static func listen(_ lab: LabEnvironment) async throws -> CallWitness {
        let consumer = RabbitMQConsumer(
            configuration: BusConfiguration(host: "127.0.0.1", port: lab.amqpPort),
            bindings: [[:]],
            queue: .exclusive,
            logger: CachedIdentity.silent
        )
        let witness = CallWitness(consumer)
        await consumer.waitUntilBound()
        return witness
    }

    private init(_ consumer: RabbitMQConsumer) {
        let log = WitnessLog<Heard>()
        self.log = log
        running = Task { try await consumer.run() }
        Task {
            while let delivery = await consumer.next() {
                let now = Date()
                guard let name = delivery.name, name.hasPrefix("call_"), let data = delivery.data,
                    let call = data["call_id"]?.string
                else { continue }
                let made = Self.date(data["creation_time"]?.string)
                await log.append(Heard(name: name, call: call, delay: made.map(now.timeIntervalSince) ?? 0))
            }
        }
    }

    func stop() { running.cancel() }

    /// Asterisk writes milliseconds, cut off: half a millisecond of each delay is not real, on the average.
    private static func date(_ text: String?) -> Date? {
        guard let text else { return nil }
        return try? Date(text.prefix(23) + "Z", strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// What was heard of these calls, once nothing more comes.
    func outcome(of ids: Set<String>) async throws -> Outcome {
        var heard: [Heard] = []
        repeat {
            try await Task.sleep(for: .seconds(2))
            let all = await log.entries.filter { ids.contains($0.call) }
            if all.count == heard.count { break }
            heard = all
        } while true
        let delays = heard.filter { $0.name == "call_created" }.map { $0.delay * 1_000 }.sorted()
        guard !delays.isEmpty else { throw BenchFailure("no event of these calls was heard") }
        let stories = Dictionary(grouping: heard, by: \.call).mapValues { $0.map(\.name) }
        let lost = ids.filter { id in
            let story = stories[id] ?? []
            return !["call_created", "call_updated", "call_answered", "call_ended"].allSatisfy(story.contains)
        }
        let disordered = stories.values.filter { story in
            guard story.first == "call_created", story.last == "call_ended" else { return true }
            return story.count { $0 == "call_created" || $0 == "call_ended" } != 2
                || story.firstIndex(of: "call_updated") ?? 0 > story.firstIndex(of: "call_answered") ?? .max
        }
        return Outcome(
            middle: delays[delays.count / 2],
            late: delays[min(delays.count - 1, delays.count * 99 / 100)],
            lost: lost.count,
            disordered: disordered.count,
            events: heard.count
        )
    }
}
