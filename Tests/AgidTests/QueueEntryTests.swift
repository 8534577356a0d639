import Core
import Directory
import FastAGI
import Testing

@testable import Agid

@Suite("Before a call enters its queue")
struct QueueEntryTests {
    private let reads = [get("WAZO_DSTID"), get("WAZO_TENANT_UUID")]

    private func queue(_ holdTime: Int? = nil, _ ratio: Double? = nil, announces: Bool = false) -> FixedQueues {
        var queue = CallQueue(id: 4, tenant: TenantID("t"), name: "orders")
        queue.divertingHoldTime = holdTime
        queue.divertingRatio = ratio
        queue.announcesHoldTime = announces
        return FixedQueues(queue: queue)
    }

    private func variables(_ more: [String: String] = [:]) -> AGITranscript {
        AGITranscript(variables: ["WAZO_DSTID": "4", "WAZO_TENANT_UUID": "t"].merging(more) { $1 })
    }

    // MARK: check_diversion

    private let waiting = "QUEUE_WAITING_COUNT(orders)"
    private let logged = "QUEUE_MEMBER(orders,logged)"

    /// One case: what the queue has, what Asterisk tells, which event, and how many reads beyond the first three.
    struct Case: Sendable {
        var holdTime: Int?
        var ratio: Double?
        var waiting: String
        var hold = ""
        var agents = ""
        var event = ""
        var more: [String] = []
    }

    @Test(
        "a call is diverted when others wait too long, or are too many for the agents",
        arguments: [
            Case(holdTime: nil, ratio: nil, waiting: "5"),
            Case(holdTime: 60, ratio: 2, waiting: "0"),
            Case(holdTime: 60, ratio: 2, waiting: ""),
            Case(holdTime: 60, waiting: "1", hold: "60", more: ["QUEUEHOLDTIME"]),
            Case(holdTime: 60, waiting: "1", hold: "61", event: "DIVERT_HOLDTIME", more: ["QUEUEHOLDTIME"]),
            Case(holdTime: 60, waiting: "1", hold: "", more: ["QUEUEHOLDTIME"]),
            Case(ratio: 2, waiting: "3", agents: "2", more: ["QUEUE_MEMBER(orders,logged)"]),
            Case(ratio: 2, waiting: "4", agents: "2", event: "DIVERT_CA_RATIO", more: ["QUEUE_MEMBER(orders,logged)"]),
            Case(ratio: 2, waiting: "1", agents: "0", event: "DIVERT_CA_RATIO", more: ["QUEUE_MEMBER(orders,logged)"]),
            Case(ratio: 2, waiting: "1", agents: "", event: "DIVERT_CA_RATIO", more: ["QUEUE_MEMBER(orders,logged)"]),
            Case(
                holdTime: 60,
                ratio: 0.5,
                waiting: "1",
                hold: "5",
                agents: "3",
                event: "DIVERT_CA_RATIO",
                more: ["QUEUEHOLDTIME", "QUEUE_MEMBER(orders,logged)"]
            ),
            // 0 is a limit; null alone is none.
            Case(holdTime: 0, ratio: 0, waiting: "5", hold: "1", event: "DIVERT_HOLDTIME", more: ["QUEUEHOLDTIME"]),
            Case(holdTime: 0, waiting: "5", hold: "0", more: ["QUEUEHOLDTIME"]),
            Case(ratio: 0, waiting: "1", agents: "9", event: "DIVERT_CA_RATIO", more: ["QUEUE_MEMBER(orders,logged)"]),
        ]
    )
    func diversion(_ one: Case) async throws {
        let commands = try await runQueueCall(
            "check_diversion",
            queue(one.holdTime, one.ratio),
            on: variables([waiting: one.waiting, "QUEUEHOLDTIME": one.hold, logged: one.agents])
        )
        let type = ["DIVERT_HOLDTIME": "QUEUE_QWAITTIME", "DIVERT_CA_RATIO": "QUEUE_QWAITRATIO"][one.event] ?? "QUEUE_"
        #expect(
            commands == reads + [get(waiting)] + one.more.map(get) + [
                set("WAZO_DIVERT_EVENT", one.event), set("WAZO_FWD_TYPE", type),
            ]
        )
    }

    @Test("a directory that is away diverts nobody")
    func diversionAway() async throws {
        var away = queue(1, 1)
        away.isAway = true
        let commands = try await runQueueCall("check_diversion", away, on: variables())
        #expect(commands[2].hasPrefix("VERBOSE"))
        #expect(commands.dropFirst(3) == [set("WAZO_DIVERT_EVENT", ""), set("WAZO_FWD_TYPE", "QUEUE_")])
    }

    @Test(
        "no such queue and another tenant's are a break",
        arguments: ["check_diversion", "holdtime_announce"],
        [["WAZO_DSTID": "5"], ["WAZO_DSTID": ""], ["WAZO_TENANT_UUID": "u"]]
    )
    func breaks(script: String, wrong: [String: String]) async throws {
        await #expect(throws: DialplanBreak.self) {
            try await runQueueCall(script, queue(), on: variables(wrong))
        }
    }

    // MARK: holdtime_announce

    @Test(
        "the likely wait is told in whole minutes, one at least",
        arguments: [
            ("", "1\" \"\" f"), ("0", "1\" \"\" f"), ("60", "1\" \"\" f"), ("61", "2\" \"\""), ("600", "10\" \"\""),
        ]
    )
    func holdTime(seconds: String, said: String) async throws {
        let commands = try await runQueueCall(
            "holdtime_announce",
            queue(announces: true),
            on: variables(["QUEUEHOLDTIME": seconds])
        )
        #expect(
            commands == reads + [
                get("QUEUEHOLDTIME"), "ANSWER", "STREAM FILE queue-holdtime \"\" 0",
                "STREAM FILE queue-less-than \"\" 0", "SAY NUMBER \"\(said)", "STREAM FILE queue-minutes \"\" 0",
            ]
        )
    }

    @Test("a queue that does not announce is silent; a sound that is missing and a directory that is away cost nothing")
    func noHoldTime() async throws {
        #expect(try await runQueueCall("holdtime_announce", queue(), on: variables()) == reads)
        var away = queue(announces: true)
        away.isAway = true
        let silent = try await runQueueCall("holdtime_announce", away, on: variables())
        #expect(silent.count == 3 && silent[2].hasPrefix("VERBOSE"))
        let missing = AGITranscript(
            variables: ["WAZO_DSTID": "4"],
            replies: ["STREAM FILE queue-holdtime \"\" 0": ["200 result=-1 endpos=0"]]
        )
        let commands = try await runQueueCall("holdtime_announce", queue(announces: true), on: missing)
        #expect(commands.last?.hasPrefix("VERBOSE") == true)
        #expect(!commands.contains { $0.hasPrefix("SAY") })
    }

    // MARK: queue_skill_rule_set

    private func skills(_ argument: String, _ rules: FixedQueues? = nil, tenant: String = "t") async throws -> [String]
    {
        try await runQueueCall(
            "queue_skill_rule_set",
            rules ?? FixedQueues(skillRules: [5: TenantID("t")]),
            on: AGITranscript(
                variables: ["ARG2": argument, "WAZO_QUEUESKILLRULESET": "old", "WAZO_TENANT_UUID": tenant]
            )
        )
    }

    @Test(
        "a rule is written with its variables, and the time limit by itself",
        arguments: [
            ("", "old", ""), ("30", "old", "30"), ("5;", "skillrule-5()", ""), ("20;5;", "skillrule-5()", "20"),
            ("30;5;{}", "skillrule-5()", "30"),
            ("30;;", "old", "30"), (";;", "old", ""), ("30;6;{}", "old", "30"),
            ("5;{\"b\":2|\"a\":\"x y\"|\"c\":true}", "skillrule-5(b=2,a=x y,c=True)", ""),
            ("30;5;{\"a\":\"x;y\"|\"b\":\"(1,2)\"|\"c\":1.5}", "skillrule-5(c=1.5)", "30"),
            ("5;{\"b\":1|\"a\":2}", "skillrule-5(b=1,a=2)", ""),
            ("5;{\"a\":null|\"b\":false}", "skillrule-5(a=None,b=False)", ""),
            ("5;{\"b\": \"x: y\" | \"a\" :\"\\\"b\\\"\"|\"c\":{\"d\":1}|\"b\":3}", "skillrule-5(b=3)", ""),
            ("30;5;nonsense", "old", "30"), ("30;5;[1]", "old", "30"), ("30;x;{}", "old", "30"),
        ]
    )
    func skillRule(argument: String, rule: String, timeout: String) async throws {
        let commands = try await skills(argument)
        #expect(commands.prefix(2) == [get("ARG2"), get("WAZO_QUEUESKILLRULESET")])
        #expect(commands.suffix(2) == [set("WAZO_QUEUESKILLRULESET", rule), set("ARG2_TIMEOUT", timeout)])
    }

    @Test("another tenant's rule, and a directory that is away, leave the rule as it was")
    func noSkillRule() async throws {
        let kept = [set("WAZO_QUEUESKILLRULESET", "old"), set("ARG2_TIMEOUT", "30")]
        #expect(try await skills("30;5;{}", tenant: "u").suffix(2) == kept)
        #expect(try await skills("30;5;{}", FixedQueues(isAway: true)).suffix(2) == kept)
        #expect(
            try await skills("30;5;{}", tenant: "").suffix(2).first == set("WAZO_QUEUESKILLRULESET", "skillrule-5()")
        )
    }
}
