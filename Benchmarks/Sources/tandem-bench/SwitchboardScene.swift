import Bus
import Core
import Foundation
import Synchronization
import TandemLab

/// What one answer took, in milliseconds.
struct AnswerTimes: Sendable {
    /// From the request to the operator's channel in Asterisk.
    var toRing: Double
    /// From the operator's answer to both in the bridge.
    var toBridged: Double
}

/// Switchboard A of the demo with Bob's phone, which answers at once; Asterisk's events tell when things happened.
final class SwitchboardScene: Sendable {
    struct Outcome: Sendable {
        var bridged = 0
        /// Refused, or not bridged within 10 s.
        var failed = 0
        /// The first of the failures.
        var failure: String?
        /// Request to bridged, in milliseconds.
        var times: [Double] = []
    }

    let tandem: TandemProcess
    let token: String
    let restPort: Int
    private let environment: LabEnvironment
    private let rest: RESTClient
    private let ari: ARIWitness
    private let database: SQLWitness
    private let phone: SIPpPhone
    private let operatorRun: SIPpRun
    private let events: StasisWitness
    private let moments: AnswerMoments
    /// What the bus tells.
    private let told = AnswerMoments()
    private let kept = Mutex<[SIPpCrowd]>([])

    let queuePath = "/switchboards/\(Demo.switchboardA)/calls/queued"

    static func start(in environment: LabEnvironment) async throws -> SwitchboardScene {
        let ari = ARIWitness(environment)
        try await ari.clear()
        let tandem = try TandemProcess(environment, overrides: ["log_level": "info"])
        try await tandem.start()
        let token = try await tandem.createToken(tenant: Demo.tenant, user: Demo.bob, acl: ["calld.#"])
        _ = try await eventually("the event feed is connected", within: .seconds(30)) {
            try await tandem.rest.with(token: token).get("/status").body?["ari"]?["status"] == "ok" ? true : nil
        }
        let phone = try await SIPpPhone("bob", isMeasured: true, in: environment)
        try await phone.register()
        let moments = AnswerMoments()
        let events = try await StasisWitness.register("tandem-bench", in: environment) { moments.take($0) }
        try await ari.subscribe("tandem-bench", to: "channel:,bridge:")
        return SwitchboardScene(
            environment,
            tandem: tandem,
            token: token,
            phone: phone,
            operatorRun: try phone.answer(afterRinging: .zero, calls: 100_000),
            events: events,
            moments: moments,
            ari: ari
        )
    }

    private init(
        _ environment: LabEnvironment,
        tandem: TandemProcess,
        token: String,
        phone: SIPpPhone,
        operatorRun: SIPpRun,
        events: StasisWitness,
        moments: AnswerMoments,
        ari: ARIWitness
    ) {
        self.environment = environment
        self.tandem = tandem
        self.token = token
        self.phone = phone
        self.operatorRun = operatorRun
        self.events = events
        self.moments = moments
        self.ari = ari
        database = SQLWitness(environment)
        restPort = environment.restPort
        rest = tandem.rest.with(token: token)
    }

    func stop() async {
        try? await ari.clear()
        operatorRun.stop()
        for crowd in kept.withLock({ $0 }) { await crowd.close() }
        await phone.close()
        events.close()
        await tandem.terminate()
    }

    // MARK: Callers

    /// Callers who come into the queue.
    func call(_ count: Int, rate: Int) async throws -> SIPpCrowd {
        try await SIPpCrowd(count, rate: rate, dialling: Demo.didOfSwitchboardA, isMeasured: true, in: environment)
    }

    /// They stay until the end.
    func keep(_ crowd: SIPpCrowd) { kept.withLock { $0.append(crowd) } }

    func ends(_ crowd: SIPpCrowd) async throws {
        try await ari.hangUpAll()
        _ = await crowd.finished()
        await crowd.close()
    }

    func queued() async throws -> [String] {
        let answer = try await rest.get(queuePath)
        guard answer.status == 200 else { throw BenchFailure("queued: \(answer.status) \(answer.text)") }
        return answer.body?["items"]?.array?.compactMap { $0["id"]?.string } ?? []
    }

    func waits(for count: Int) async throws {
        _ = try await eventually("\(count) are queued", within: .seconds(90)) {
            try await self.queued().count >= count ? true : nil
        }
    }

    // MARK: Answers

    /// Takes the first caller, waits until both talk, and hangs up.
    func answerFirst() async throws -> AnswerTimes {
        guard let call = try await queued().first else { throw BenchFailure("nobody is queued") }
        let asked = Date()
        let leg = try await take(call)
        let moments = try await talk(leg, as: self.moments)
        guard let created = moments.created, let answered = moments.answered, let bridged = moments.bridged else {
            throw BenchFailure("events of \(leg) are missing")
        }
        return AnswerTimes(
            toRing: created.timeIntervalSince(asked) * 1_000,
            toBridged: bridged.timeIntervalSince(answered) * 1_000
        )
    }

    /// Asterisk writes no more events for us: what follows is told by the bus.
    func stopWatching() { events.close() }

    /// Answers one after the other at an even pace, whatever the answers before do; each conversation is short.
    func answer(_ count: Int, rate: Int) async throws -> Outcome {
        let consumer = RabbitMQConsumer(
            configuration: BusConfiguration(host: "127.0.0.1", port: environment.amqpPort),
            bindings: [[:]],
            queue: .exclusive,
            logger: CachedIdentity.silent
        )
        let running = Task { try await consumer.run() }
        let listening = Task { await told.listen(to: consumer) }
        defer {
            running.cancel()
            listening.cancel()
        }
        await consumer.waitUntilBound()
        let start = ContinuousClock.now
        return await withTaskGroup(of: Result<Double, any Error>.self) { group in
            // Fetched in bulk: an operator's console keeps the list from the events.
            var calls: [String] = []
            var taken: Set<String> = []
            for number in 0..<count {
                if calls.isEmpty { calls = (try? await queued().filter { !taken.contains($0) }) ?? [] }
                try? await Task.sleep(until: start + .seconds(1) * number / rate, clock: .continuous)
                guard !calls.isEmpty else { continue }
                let call = calls.removeFirst()
                taken.insert(call)
                group.addTask {
                    do { return .success(try await self.conversation(call)) } catch { return .failure(error) }
                }
            }
            return await group.reduce(into: Outcome()) { outcome, result in
                switch result {
                case .success(let time):
                    outcome.bridged += 1
                    outcome.times.append(time)
                case .failure(let error):
                    outcome.failed += 1
                    outcome.failure = outcome.failure ?? "\(error)"
                }
            }
        }
    }

    /// - Returns: Milliseconds from request to bridged.
    private func conversation(_ call: String) async throws -> Double {
        let asked = Date()
        guard let bridged = try await talk(take(call), as: told).bridged else { throw BenchFailure("not bridged") }
        return bridged.timeIntervalSince(asked) * 1_000
    }

    private func take(_ call: String) async throws -> String {
        let answer = try await rest.put("\(queuePath)/\(call)/answer")
        guard answer.status == 200, let leg = answer.body?["call_id"]?.string else {
            throw BenchFailure("the answer of \(call): \(answer.status) \(answer.text)")
        }
        return leg
    }

    private func talk(_ leg: String, as witness: AnswerMoments) async throws -> AnswerMoments.Moments {
        let moments = await witness.bridged(leg)
        try await ari.hangUp(leg)
        guard let moments else { throw BenchFailure("\(leg) was not bridged within 10 s") }
        return moments
    }

    /// When Asterisk says that an event happened.
    static func date(_ event: JSONValue) throws -> Date {
        let format = Date.VerbatimFormatStyle(
            format: """
                \(year: .defaultDigits)-\(month: .twoDigits)-\(day: .twoDigits)T\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\
                :\(minute: .twoDigits):\(second: .twoDigits).\(secondFraction: .fractional(3))\(timeZone: .iso8601(.short))
                """,
            timeZone: .gmt,
            calendar: Calendar(identifier: .gregorian)
        )
        guard let text = event["timestamp"]?.string, let date = try? Date(text, strategy: format.parseStrategy) else {
            throw BenchFailure("a time stamp that cannot be read: \(event["timestamp"]?.text ?? "none")")
        }
        return date
    }

    // MARK: Afterwards

    /// What part of a processor Asterisk takes over three seconds in which nothing happens but music.
    func asteriskWhileWaiting() async throws -> Double {
        let before = try processorSeconds()
        try await Task.sleep(for: .seconds(3))
        return (try processorSeconds() - before) / 3
    }

    private func processorSeconds() throws -> Double {
        let file = environment.state.appendingPathComponent("asterisk.pid")
        let process = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        let fields = text.split(separator: ")").last?.split(separator: " ").compactMap { Double($0) } ?? []
        // After the name: state (no number), then ten numbers, then user and system time.
        guard fields.count > 11 else { throw BenchFailure("the times of Asterisk cannot be read") }
        return (fields[10] + fields[11]) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    func residentMebibytes() async -> Double {
        guard let process = await tandem.processID,
            let text = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return 0 }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
    }

    /// Everybody hangs up.
    func drained() async throws {
        // Some who were to call may only be coming now.
        _ = try await eventually("no channel is left", within: .seconds(60)) { () -> Bool? in
            try await self.ari.hangUpAll()
            return try await self.ari.channels().isEmpty ? true : nil
        }
        _ = try await eventually("the queue is empty", within: .seconds(60)) {
            try await self.queued().isEmpty ? true : nil
        }
    }

    /// Channels, bridges and rows that should not be there any more.
    func leftBehind() async throws -> Figure {
        let count = try? await eventually("nothing is left", within: .seconds(30)) {
            try await self.count() == 0 ? 0 : nil
        }
        let left: Int
        if let count { left = count } else { left = try await self.count() }
        return Figure("left behind: channels, bridges of conversations, rows", Double(left), .count, goal: .atMost(0))
    }

    private func count() async throws -> Int {
        let statement = "select count(*) from gateway.aggregate where kind like 'switchboard%'"
        let rows = Int(try await database.value(statement) ?? "") ?? 0
        return try await ari.channels().count + ari.bridges().count { $0["bridge_type"] == "mixing" } + rows
    }
}
