import Core
import Directory
import FastAGI
import Synchronization
import Telephony
import Testing

@testable import Agid

@Suite("Agents")
struct AgentHandlerTests {
    private let agents = FixedQueues(
        agents: [
            AgentRecord(id: 3, number: "801", password: "12\"3", language: "fr_FR"),
            AgentRecord(id: 4, number: "802", password: nil, language: nil),
        ],
        called: [3: CalledAgent(interface: "PJSIP/k3f9q2", preprocessSubroutine: nil)]
    )

    // MARK: agent_get_options

    @Test("an agent is found by number or id, with password and language", arguments: ["801", "*3"])
    func options(dialled: String) async throws {
        #expect(
            try await runQueueCall("agent_get_options", agents, arguments: ["t", dialled]) == [
                set("WAZO_AGENTEXISTS", "0"), set("WAZO_AGENTEXISTS", "1"), set("WAZO_AGENTPASSWD", "12\\\"3"),
                set("WAZO_AGENTID", "3"), set("WAZO_AGENTNUM", "801"), set("CHANNEL(language)", "fr_FR"),
            ]
        )
    }

    @Test("an agent without password and language")
    func plainOptions() async throws {
        #expect(
            try await runQueueCall("agent_get_options", agents, arguments: ["t", "802"]) == [
                set("WAZO_AGENTEXISTS", "0"), set("WAZO_AGENTEXISTS", "1"), set("WAZO_AGENTPASSWD", ""),
                set("WAZO_AGENTID", "4"), set("WAZO_AGENTNUM", "802"),
            ]
        )
    }

    @Test(
        "an agent who is not there, or not said, does not exist",
        arguments: [["t", "803"], ["t", "*9"], ["t", "*"], ["t", "*x"], ["u", "801"], ["t", "8'--"], ["t"], []]
    )
    func noOptions(arguments: [String]) async throws {
        let commands = try await runQueueCall("agent_get_options", agents, arguments: arguments)
        #expect(commands.count == 2)
        #expect(commands.first == set("WAZO_AGENTEXISTS", "0"))
        #expect(commands.last?.hasPrefix("VERBOSE") == true)
    }

    @Test("a directory that is away is a fault")
    func optionsAway() async throws {
        var away = agents
        away.isAway = true
        await #expect(throws: DatabaseFailure.self) {
            try await runQueueCall("agent_get_options", away, arguments: ["t", "801"])
        }
    }

    // MARK: agent_login, agent_logoff, agent_get_status

    @Test(
        "a login tells how it went",
        arguments: [
            (nil, "logged"), (.alreadyLoggedIn, "already_logged"), (.placeTaken, "already_in_use"),
        ] as [(AgentSessionFailure?, String)]
    )
    func login(failure: AgentSessionFailure?, status: String) async throws {
        let sessions = SessionWitness(failure: failure)
        let commands = try await runQueueCall(
            "agent_login",
            arguments: ["t", "3", "101", "inside", "PJSIP/a"],
            sessions: sessions
        )
        #expect(commands == [set("WAZO_AGENTSTATUS", status)])
        #expect(sessions.requests.withLock { $0 } == ["in 3 t 101@inside PJSIP/a"])
    }

    @Test(
        "a login without a phone leaves it to the number",
        arguments: [["t", "3", "101", "in"], ["t", "3", "101", "in", ""]]
    )
    func loginWithoutPhone(arguments: [String]) async throws {
        let sessions = SessionWitness()
        _ = try await runQueueCall("agent_login", arguments: arguments, sessions: sessions)
        #expect(sessions.requests.withLock { $0 } == ["in 3 t 101@in -"])
    }

    @Test(
        "a logoff is silent, also of one who was not there",
        arguments: [nil, .notLoggedIn] as [AgentSessionFailure?]
    )
    func logoff(failure: AgentSessionFailure?) async throws {
        let sessions = SessionWitness(failure: failure)
        #expect(try await runQueueCall("agent_logoff", arguments: ["t", "3"], sessions: sessions) == [])
        #expect(sessions.requests.withLock { $0 } == ["off 3 t"])
    }

    @Test("the status of an agent", arguments: [(true, "logged_in"), (false, "logged_out")])
    func status(isLoggedIn: Bool, text: String) async throws {
        let sessions = SessionWitness(isLoggedIn: isLoggedIn)
        let commands = try await runQueueCall("agent_get_status", arguments: ["t", "3"], sessions: sessions)
        #expect(commands == [set("WAZO_AGENT_LOGIN_STATUS", text)])
        #expect(sessions.requests.withLock { $0 } == ["status 3 t"])
    }

    @Test(
        "every other failure is a break",
        arguments: ["agent_login", "agent_logoff", "agent_get_status"],
        [AgentSessionFailure.other("agentd: no answer within the time limit"), .notLoggedIn, .alreadyLoggedIn]
    )
    func failures(script: String, failure: AgentSessionFailure) async throws {
        if script == "agent_logoff" && failure == .notLoggedIn { return }
        if script == "agent_login" && failure == .alreadyLoggedIn { return }
        await #expect(throws: DialplanBreak.self) {
            try await runQueueCall(
                script,
                arguments: ["t", "3", "101", "inside"],
                sessions: SessionWitness(failure: failure)
            )
        }
    }

    @Test(
        "missing or odd arguments are a break and ask nobody",
        arguments: [
            ("agent_login", ["t", "3", "101"]), ("agent_login", ["t", "x", "101", "in"]), ("agent_login", []),
            ("agent_logoff", ["t"]), ("agent_logoff", ["", "3"]), ("agent_get_status", ["t", ""]),
        ] as [(String, [String])]
    )
    func arguments(script: String, arguments: [String]) async throws {
        let sessions = SessionWitness()
        await #expect(throws: DialplanBreak.self) {
            try await runQueueCall(script, arguments: arguments, sessions: sessions)
        }
        #expect(sessions.requests.withLock { $0.isEmpty })
    }

    // MARK: incoming_agent_set_features

    @Test(
        "a queue reaches the agent's phone with the options that Dial has too",
        arguments: [
            ("hitTwxk", "hitwxk"), ("dhHn", "h"), ("", ""), ("b(hit^w)tC(x(k)h)i", "ti"), ("t)h(", "th"),
        ]
    )
    func incoming(options: String, kept: String) async throws {
        let commands = try await runQueueCall(
            "incoming_agent_set_features",
            agents,
            arguments: ["3"],
            on: AGITranscript(variables: ["WAZO_QUEUEOPTIONS": options])
        )
        #expect(
            commands == [
                set("WAZO_AGENT_INTERFACE", "PJSIP/k3f9q2"), set("WAZO_AGENTPREPROCESS_SUBROUTINE", ""),
                get("WAZO_QUEUEOPTIONS"), set("WAZO_QUEUECALLOPTIONS", kept),
            ]
        )
    }

    @Test("an agent who is not logged in, or not said, is a break", arguments: [["4"], ["x"], [""], []])
    func notLoggedIn(arguments: [String]) async throws {
        await #expect(throws: DialplanBreak.self) {
            try await runQueueCall("incoming_agent_set_features", agents, arguments: arguments)
        }
    }

    @Test("every handler has a name of its own")
    func names() {
        let calls = QueueCalls(directory: FixedQueues(), sessions: SessionWitness(), clock: FixedClock())
        let names = calls.handlers.map(\.name).sorted()
        #expect(
            names == [
                "agent_get_options", "agent_get_status", "agent_login", "agent_logoff", "check_diversion",
                "group_answered_call", "group_member_add", "group_member_present", "group_member_remove",
                "holdtime_announce", "incoming_agent_set_features", "incoming_group_set_features",
                "incoming_queue_set_features", "linear_group_check_timeout", "linear_group_get_interfaces",
                "queue_answered_call", "queue_skill_rule_set",
            ]
        )
    }
}
