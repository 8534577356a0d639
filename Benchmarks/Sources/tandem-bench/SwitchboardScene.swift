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
        var refused = 0
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
    private let kept = Mutex<[SIPpCrowd]>([])

    let queuePath = "/switchboards/\(Demo.switchboardA)/calls/queued"

    static func start(in environment: LabEnvironment) async throws -> SwitchboardScene {
        let ari = ARIWitness(environment)
        try await ari.clear()
        let tandem = try TandemProcess(environment, overrides: ["log_level": "info"])
        try await tandem.start()
        let token = try await tandem.createToken(tenant: Demo.tenant, user: Demo.bob, acl: ["calld.#"])
        let phone = try await SIPpPhone("bob", in: environment)
        try await phone.register()
        let events = try await StasisWitness.register("tandem-bench", in: environment)
        try await ari.subscribe("tandem-bench", to: "channel:,bridge:")
        return SwitchboardScene(
            environment,
            tandem: tandem,
            token: token,
            phone: phone,
            operatorRun: try phone.answer(afterRinging: .zero, calls: 100_000),
            events: events,
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
        ari: ARIWitness
    ) {
        self.environment = environment
        self.tandem = tandem
        self.token = token
        self.phone = phone
        self.operatorRun = operatorRun
        self.events = events
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
        try await SIPpCrowd(count, rate: rate, dialling: Demo.didOfSwitchboardA, in: environment)
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
        guard let leg else { throw BenchFailure("the answer of \(call) was refused") }
        let bridged = try await times(of: leg, with: call)
        try await ari.hangUp(leg)
        return AnswerTimes(
            toRing: bridged.created.timeIntervalSince(asked) * 1_000,
            toBridged: bridged.bridged.timeIntervalSince(bridged.answered) * 1_000
        )
    }

    /// Answers one after the other at an even pace, whatever the answers before do; each conversation is short.
    func answer(_ count: Int, rate: Int) async throws -> Outcome {
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup(of: Double?.self) { group in
            // Fetched in bulk: an operator's console keeps the list from the events.
            var calls: [String] = []
            var taken: Set<String> = []
            for number in 0..<count {
                if calls.isEmpty { calls = try await queued().filter { !taken.contains($0) } }
                guard !calls.isEmpty else { continue }
                let call = calls.removeFirst()
                taken.insert(call)
                try await Task.sleep(until: start + .seconds(1) * number / rate, clock: .continuous)
                group.addTask { try await self.talk(call) }
            }
            return try await group.reduce(into: Outcome()) { outcome, time in
                if let time {
                    outcome.bridged += 1
                    outcome.times.append(time)
                } else {
                    outcome.refused += 1
                }
            }
        }
    }

    /// - Returns: Milliseconds from request to bridged; nothing when it was refused.
    private func talk(_ call: String) async throws -> Double? {
        let asked = Date()
        guard let leg = try await take(call) else { return nil }
        let bridged = try await times(of: leg, with: call).bridged
        try await ari.hangUp(leg)
        return bridged.timeIntervalSince(asked) * 1_000
    }

    private func take(_ call: String) async throws -> String? {
        let answer = try await rest.put("\(queuePath)/\(call)/answer")
        return answer.status == 200 ? answer.body?["call_id"]?.string : nil
    }

    private struct Moments {
        var created: Date
        var answered: Date
        var bridged: Date
    }

    private func times(of leg: String, with call: String) async throws -> Moments {
        func moment(
            _ what: String,
            _ matches: @escaping @Sendable (JSONValue) -> Bool
        ) async throws -> JSONValue {
            guard let event = await events.events.first(within: .seconds(20), where: matches) else {
                throw BenchFailure("no \(what) of \(leg)")
            }
            return event
        }
        let created = try await moment("ChannelCreated") {
            $0["type"] == "ChannelCreated" && $0["channel"]?["id"]?.string == leg
        }
        let answered = try await moment("answer") {
            $0["type"] == "ChannelStateChange" && $0["channel"]?["id"]?.string == leg && $0["channel"]?["state"] == "Up"
        }
        let bridged = try await moment("bridge") { event in
            guard event["type"] == "ChannelEnteredBridge" else { return false }
            let members = Set(event["bridge"]?["channels"]?.array?.compactMap(\.string) ?? [])
            return members == [leg, call]
        }
        return Moments(
            created: try Self.date(created),
            answered: try Self.date(answered),
            bridged: try Self.date(bridged)
        )
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

    func residentMebibytes() async -> Double {
        guard let process = await tandem.processID,
            let text = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return 0 }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
    }

    /// Everybody hangs up.
    func drained() async throws {
        try await ari.hangUpAll()
        _ = try await eventually("no channel is left", within: .seconds(60)) {
            try await self.ari.channels().isEmpty ? true : nil
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
