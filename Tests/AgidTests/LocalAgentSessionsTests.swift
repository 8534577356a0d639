import Core
import Directory
import Logging
import Synchronization
import Telephony
import Testing

@testable import Agid

/// Asterisk's queues and the tables of logins, in memory, which fail as they are told.
private final class AgentWorld: AgentLoginStoring, ManagerControlling {
    struct State {
        var login: AgentLogin?
        var situation = AgentLoginSituation(
            isLoggedIn: false,
            isPlaceTaken: false,
            isPlaceInTenant: true,
            phone: "PJSIP/own"
        )
        var queues = [AgentLogin.Queue(name: "a", penalty: 0), AgentLogin.Queue(name: "b", penalty: 3)]
        /// Members by queue, with the phone.
        var members: [String: String] = [:]
        var actions: [String] = []
        /// What fails, by the name of an action and its queue, or of a statement.
        var faults: [String: any Error] = [:]
        /// Runs at the beginning of every action.
        var onAction: (@Sendable (String) async -> Void)?
    }

    let state = Mutex(State())
    let isConnected = true

    private func step(_ text: String) async throws {
        let hook = state.withLock { state in
            state.actions.append(text)
            return state.onAction
        }
        await hook?(text)
        try state.withLock { if let fault = $0.faults[text] { throw fault } }
    }

    var actions: [String] { state.withLock { $0.actions } }
    var members: [String: String] { state.withLock { $0.members } }
    var isStored: Bool { state.withLock { $0.login != nil } }

    // MARK: Tables

    func loginSituation(
        of agent: Int,
        tenant: TenantID,
        exten: String,
        context: String
    ) async throws -> AgentLoginSituation? {
        try await step("look")
        return state.withLock { state in
            var situation = state.situation
            situation.isLoggedIn = situation.isLoggedIn || state.login != nil
            return agent == 3 ? situation : nil
        }
    }

    func storeLogin(
        of agent: Int,
        tenant: TenantID,
        exten: String,
        context: String,
        stateInterface: String
    ) async throws -> AgentLogin? {
        try await step("store")
        return state.withLock { state in
            if state.login != nil { return nil }
            state.login = AgentLogin(
                agent: agent,
                tenant: tenant,
                number: "801",
                interface: "Local/id-3@agentcallback",
                stateInterface: stateInterface,
                queues: state.queues
            )
            return state.login
        }
    }

    func login(of agent: Int, tenant: TenantID) async throws -> AgentLogin? {
        try await step("read")
        return state.withLock { $0.login }
    }

    func logins() async throws -> [AgentLogin] {
        try await step("list")
        return state.withLock { state in state.login.map { [$0] } ?? [] }
    }

    func removeLogin(of agent: Int) async throws {
        try await step("remove")
        state.withLock { $0.login = nil }
    }

    func isLoggedIn(_ agent: Int, tenant: TenantID) async throws -> Bool? {
        try await step("state")
        return agent == 3 ? isStored : nil
    }

    // MARK: Queues

    func send(_ action: ManagerAction) async throws -> [ManagerMessage] {
        let fields = Dictionary(action.fields.map { ($0.name, $0.value) }) { $1 }
        let queue = fields["Queue"] ?? ""
        try await step("\(action.name) \(queue)")
        return try state.withLock { state in
            if action.name == "QueueAdd" {
                guard state.members[queue] == nil else {
                    throw ManagerFailure.refused(message: "Unable to add interface: Already there", action: action.name)
                }
                let penalty = fields["Penalty"] ?? ""
                state.members[queue] =
                    "\(fields["Interface"] ?? "") \(fields["MemberName"] ?? "") \(fields["StateInterface"] ?? "") \(penalty)"
            } else if state.members.removeValue(forKey: queue) == nil {
                throw ManagerFailure.refused(message: "Unable to remove interface: Not there", action: action.name)
            }
            return [["Response": "Success"]]
        }
    }

    func command(_ line: String) async throws -> [String] { [] }
}

@Suite("Logins of agents without an agent daemon")
struct LocalAgentSessionsTests {
    private let world = AgentWorld()
    private let tenant = TenantID("t")
    private let place = AgentPlace(exten: "101", context: "inside")
    private var sessions: LocalAgentSessions { LocalAgentSessions(logins: world, manager: world, logger: .silent) }

    private func member(_ phone: String, _ penalty: Int) -> String {
        "Local/id-3@agentcallback Agent/801 \(phone) \(penalty)"
    }

    private let away = ManagerFailure.unreachable("no connection")

    @Test("a login is stored, then the agent is in his queues with the state of his phone; a logoff is the reverse")
    func session() async throws {
        try await sessions.logIn(3, tenant: tenant, at: place)
        #expect(world.members == ["a": member("PJSIP/own", 0), "b": member("PJSIP/own", 3)])
        #expect(world.actions == ["look", "store", "QueueAdd a", "QueueAdd b"])
        let isIn = try await sessions.isLoggedIn(3, tenant: tenant)
        #expect(isIn)
        try await sessions.logOff(3, tenant: tenant)
        #expect(world.actions.suffix(4) == ["read", "QueueRemove a", "QueueRemove b", "remove"])
        #expect(world.members.isEmpty && !world.isStored)
        let isStillIn = try await sessions.isLoggedIn(3, tenant: tenant)
        #expect(!isStillIn)
    }

    @Test("the phone that is said comes before the number's")
    func phone() async throws {
        try await sessions.logIn(3, tenant: tenant, at: AgentPlace(exten: "1", context: "c", endpoint: "SCCP/x"))
        #expect(world.members["a"] == member("SCCP/x", 0))
    }

    @Test("a member that was left behind gets the new phone")
    func leftover() async throws {
        world.state.withLock { $0.members["b"] = "old" }
        try await sessions.logIn(3, tenant: tenant, at: place)
        #expect(world.members["b"] == member("PJSIP/own", 3))
        #expect(world.actions.suffix(3) == ["QueueAdd b", "QueueRemove b", "QueueAdd b"])
    }

    @Test("a queue that has lost its member does not keep an agent from leaving")
    func lostMember() async throws {
        try await sessions.logIn(3, tenant: tenant, at: place)
        world.state.withLock { $0.members["a"] = nil }
        try await sessions.logOff(3, tenant: tenant)
        #expect(!world.isStored && world.members.isEmpty)
    }

    @Test("what forbids a login is told, and nothing is stored")
    func refusals() async throws {
        func expect(_ failure: AgentSessionFailure, agent: Int = 3, _ change: (inout AgentLoginSituation) -> Void)
            async
        {
            let before = world.state.withLock { $0.situation }
            world.state.withLock { change(&$0.situation) }
            await #expect(throws: failure) { try await sessions.logIn(agent, tenant: tenant, at: place) }
            world.state.withLock { $0.situation = before }
        }
        await expect(.alreadyLoggedIn) { $0.isLoggedIn = true }
        await expect(.placeTaken) { $0.isPlaceTaken = true }
        await expect(.other("agent and context are not in the same tenant")) { $0.isPlaceInTenant = false }
        await expect(.other("no such extension and context")) { $0.phone = nil }
        await expect(.other("no such agent"), agent: 4) { _ in }
        await #expect(throws: AgentSessionFailure.notLoggedIn) { try await sessions.logOff(3, tenant: tenant) }
        await #expect(throws: AgentSessionFailure.other("no such agent")) {
            try await sessions.isLoggedIn(4, tenant: tenant)
        }
        #expect(!world.actions.contains("store") && !world.isStored)
    }

    @Test("a queue that cannot be joined takes everything back", arguments: ["QueueAdd a", "QueueAdd b"])
    func failedLogin(step: String) async throws {
        world.state.withLock { $0.faults[step] = away }
        await #expect(throws: AgentSessionFailure.other("no connection")) {
            try await sessions.logIn(3, tenant: tenant, at: place)
        }
        #expect(world.members.isEmpty && !world.isStored)
        world.state.withLock { $0.faults = [:] }
        try await sessions.logIn(3, tenant: tenant, at: place)
        #expect(world.members.count == 2)
    }

    @Test(
        "a logoff that fails in the middle leaves the agent logged in, in all of his queues",
        arguments: ["QueueRemove a", "QueueRemove b", "remove"]
    )
    func failedLogoff(step: String) async throws {
        try await sessions.logIn(3, tenant: tenant, at: place)
        let fault: any Error = step == "remove" ? DatabaseFailure.unreachable("gone") : away
        world.state.withLock { $0.faults[step] = fault }
        await #expect(throws: AgentSessionFailure.self) { try await sessions.logOff(3, tenant: tenant) }
        #expect(world.isStored)
        // A member that was there is removed and added again where it could not be told.
        #expect(Set(world.members.keys) == ["a", "b"])
    }

    @Test("a database that is away is the typed failure", arguments: ["look", "store", "read", "state"])
    func databaseAway(step: String) async throws {
        world.state.withLock { $0.faults[step] = DatabaseFailure.unreachable("gone") }
        await #expect(throws: AgentSessionFailure.self) {
            if step == "read" { return try await sessions.logOff(3, tenant: tenant) }
            if step == "state" { return _ = try await sessions.isLoggedIn(3, tenant: tenant) }
            try await sessions.logIn(3, tenant: tenant, at: place)
        }
        #expect(world.members.isEmpty && !world.isStored)
    }

    @Test("an agent who hangs up in the middle is logged in whole", .timeLimit(.minutes(1)))
    func hangUp() async throws {
        let sessions = sessions
        let (started, start) = AsyncStream<Void>.makeStream()
        let (released, release) = AsyncStream<Void>.makeStream()
        world.state.withLock { state in
            state.onAction = { action in
                guard action == "QueueAdd a" else { return }
                start.finish()
                for await _ in released {}
            }
        }
        let login = Task { try await sessions.logIn(3, tenant: tenant, at: place) }
        for await _ in started {}
        login.cancel()
        release.finish()
        try? await login.value
        #expect(world.isStored && world.members.count == 2)
    }

    @Test("login and logoff of one agent at once come one after the other", .timeLimit(.minutes(1)))
    func turns() async throws {
        let sessions = sessions
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    do {
                        if number.isMultiple(of: 2) {
                            try await sessions.logIn(3, tenant: tenant, at: place)
                        } else {
                            try await sessions.logOff(3, tenant: tenant)
                        }
                    } catch AgentSessionFailure.alreadyLoggedIn, AgentSessionFailure.notLoggedIn {}
                }
            }
            try await group.waitForAll()
        }
        #expect(world.isStored == (world.members.count == 2))
        #expect(world.isStored || world.members.isEmpty)
        // No step of another request comes between those of one.
        var wanted: [String] = []
        for action in world.actions {
            if wanted.first == action {
                wanted.removeFirst()
                continue
            }
            // A request is over: whole, or refused after its first look.
            #expect(wanted.isEmpty || wanted.count == 3)
            #expect(["look", "read"].contains(action))
            wanted =
                action == "look"
                ? ["store", "QueueAdd a", "QueueAdd b"] : ["QueueRemove a", "QueueRemove b", "remove"]
        }
    }

    @Test("after a start of Asterisk agents are back in their queues, and members that are there are left alone")
    func restoration() async throws {
        let nobody = await sessions.restore()
        #expect(nobody && world.actions == ["list"])
        try await sessions.logIn(3, tenant: tenant, at: place)
        world.state.withLock { $0.members = ["b": "as it is"] }
        let isDone = await sessions.restore()
        #expect(isDone)
        #expect(world.members == ["a": member("PJSIP/own", 0), "b": "as it is"])
    }

    @Test("what cannot be restored now is tried again; a queue that is gone keeps nobody from the others")
    func failedRestoration() async throws {
        try await sessions.logIn(3, tenant: tenant, at: place)
        for (step, fault) in [
            ("list", DatabaseFailure.unreachable("gone")), ("state", DatabaseFailure.unreachable("gone")),
            ("QueueAdd a", away),
        ] as [(String, any Error)] {
            world.state.withLock { $0.faults = [step: fault] }
            let isDone = await sessions.restore()
            #expect(!isDone)
        }
        world.state.withLock { state in
            state.members = [:]
            state.faults = ["QueueAdd a": ManagerFailure.refused(message: "No such queue", action: "QueueAdd")]
        }
        let isDone = await sessions.restore()
        #expect(isDone && Set(world.members.keys) == ["b"])
    }
}
