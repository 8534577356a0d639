import Core
import Directory
import FastAGI
import Foundation
import Logging
import Synchronization
import Telephony

@testable import Agid

/// A directory of groups, queues and agents that is what a test makes it, or away.
struct FixedQueues: CallGroupDirectory, CallQueueDirectory, AgentDirectory, DialplanUserDirectory, GroupDirectory {
    var group: CallGroup?
    var members: CallGroupMembers?
    var queue: CallQueue?
    var skillRules: [Int: TenantID] = [:]
    var agents: [AgentRecord] = []
    var called: [Int: CalledAgent] = [:]
    /// By agent.
    var usersOfAgents: [Int: DialplanUser] = [:]
    var names: [Int: String] = [:]
    var users = FixedUsers()
    var isAway = false

    private func answer<Value>(_ value: Value) throws -> Value {
        if isAway { throw DatabaseFailure.unreachable("no\nconnection") }
        return value
    }

    func callGroup(_ id: Int) async throws -> CallGroup? { try answer(group.flatMap { $0.id == id ? $0 : nil }) }

    func callGroupMembers(_ id: Int) async throws -> CallGroupMembers? { try answer(id == 7 ? members : nil) }

    func callQueue(_ id: Int) async throws -> CallQueue? { try answer(queue.flatMap { $0.id == id ? $0 : nil }) }

    func tenant(ofSkillRule id: Int) async throws -> TenantID? { try answer(skillRules[id]) }

    func agent(number: String, tenant: TenantID) async throws -> AgentRecord? {
        try answer(tenant == TenantID("t") ? agents.first { $0.number == number } : nil)
    }

    func agent(_ id: Int, tenant: TenantID) async throws -> AgentRecord? {
        try answer(tenant == TenantID("t") ? agents.first { $0.id == id } : nil)
    }

    func calledAgent(_ id: Int) async throws -> CalledAgent? { try answer(called[id]) }

    func dialplanUser(agent id: Int) async throws -> DialplanUser? { try answer(usersOfAgents[id]) }

    func groupName(_ id: Int, tenant: TenantID?) async throws -> String? {
        try answer(tenant == TenantID("t") ? names[id] : nil)
    }

    func dialplanUser(_ id: Int) async throws -> DialplanUser? { try await users.dialplanUser(id) }

    func dialplanUser(uuid: UserID) async throws -> DialplanUser? { try await users.dialplanUser(uuid: uuid) }

    func dialplanUser(exten: String, context: String) async throws -> DialplanUser? {
        try await users.dialplanUser(exten: exten, context: context)
    }

    func calleeExtension(of user: Int, id: Int?) async throws -> CalleeExtension? {
        try await users.calleeExtension(of: user, id: id)
    }

    func dialActions(category: String, object: String) async throws -> [String: DialAction] {
        try answer(try await users.dialActions(category: category, object: object))
    }

    func callFilter(boss: Int, caller: Int?) async throws -> CallFilter? {
        try await users.callFilter(boss: boss, caller: caller)
    }

    func musicClass(_ uuid: String) async throws -> String? { try await users.musicClass(uuid) }
}

/// Writes down what is asked of agents' logins, and fails as it is told.
final class SessionWitness: AgentSessions {
    let requests = Mutex<[String]>([])
    let failure: AgentSessionFailure?
    let isLoggedIn: Bool

    init(failure: AgentSessionFailure? = nil, isLoggedIn: Bool = false) {
        self.failure = failure
        self.isLoggedIn = isLoggedIn
    }

    private func write(_ text: String) throws {
        requests.withLock { $0.append(text) }
        if let failure { throw failure }
    }

    func logIn(_ agent: Int, tenant: TenantID, at place: AgentPlace) async throws {
        try write("in \(agent) \(tenant) \(place.exten)@\(place.context) \(place.endpoint ?? "-")")
    }

    func logOff(_ agent: Int, tenant: TenantID) async throws { try write("off \(agent) \(tenant)") }

    func isLoggedIn(_ agent: Int, tenant: TenantID) async throws -> Bool {
        try write("status \(agent) \(tenant)")
        return isLoggedIn
    }
}

/// Runs one of the handlers of groups, queues and agents against a channel in memory.
/// - Returns: The commands that were sent, with `<uuid>` for each uuid that was made up.
func runQueueCall(
    _ script: String,
    _ directory: FixedQueues = FixedQueues(),
    arguments: [String] = [],
    channel: String = "PJSIP/a-1",
    sessions: SessionWitness = SessionWitness(),
    recording: any CallRecording = RecordingWitness(),
    now: Double = 1_000,
    on transcript: AGITranscript = AGITranscript()
) async throws -> [String] {
    let calls = QueueCalls(
        directory: directory,
        sessions: sessions,
        recording: recording,
        clock: FixedClock(Date(timeIntervalSince1970: now))
    )
    guard let handler = calls.handlers.first(where: { $0.name == script }) else {
        throw HandlerFault("no handler \(script)")
    }
    var environment = ["agi_uniqueid": "17.1", "agi_channel": channel]
    for (index, argument) in arguments.enumerated() { environment["agi_arg_\(index + 1)"] = argument }
    let session = AGISession(environment: AGIEnvironment(environment), transport: transcript, logger: .silent)
    try await handler.run(session)
    return transcript.commands.map { command in
        let pattern = /"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"$/
        return command.replacing(pattern, with: "\"<uuid>\"")
    }
}

/// The line that reads a function or expression in full.
func getFull(_ expression: String, _ channel: String) -> String {
    "GET FULL VARIABLE \"\(expression)\" \"\(channel)\""
}
