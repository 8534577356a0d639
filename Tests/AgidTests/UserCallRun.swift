import Core
import Directory
import FastAGI
import Logging
import Synchronization

@testable import Agid

/// Somebody who is not there.
struct Unreachable: Error {}

/// A directory of users that is what a test makes it, or away.
struct FixedUsers: DialplanUserDirectory, OutgoingNumberDirectory, BlocklistDirectory, CallRightDirectory,
    OutcallDirectory
{
    var users: [DialplanUser] = []
    var callee: CalleeExtension?
    /// By category and object.
    var actions: [String: [String: DialAction]] = [:]
    var filter: CallFilter?
    var music: [String: String] = [:]
    var numbers: [OutgoingNumber] = []
    var blocked: [String: String] = [:]
    var rules: [CallRightRule] = []
    var outcall: OutcallRecord?
    var isAway = false
    /// Only the numbers and block lists are away: confd's part.
    var isConfdAway = false

    private func answer<Value>(_ value: Value) throws -> Value {
        if isAway { throw DatabaseFailure.unreachable("no\nconnection") }
        return value
    }

    func dialplanUser(_ id: Int) async throws -> DialplanUser? { try answer(users.first { $0.id == id }) }

    func dialplanUser(uuid: UserID) async throws -> DialplanUser? { try answer(users.first { $0.uuid == uuid }) }

    func dialplanUser(exten: String, context: String) async throws -> DialplanUser? {
        try answer(users.first { "\($0.uuid)" == "u-\(exten)@\(context)" })
    }

    func calleeExtension(of user: Int, id: Int?) async throws -> CalleeExtension? {
        try answer(users.contains { $0.id == user } && id ?? 50 == 50 ? callee : nil)
    }

    func dialActions(category: String, object: String) async throws -> [String: DialAction] {
        try answer(actions["\(category)/\(object)"] ?? [:])
    }

    func callFilter(boss: Int, caller: Int?) async throws -> CallFilter? { try answer(filter) }

    func musicClass(_ uuid: String) async throws -> String? { try answer(music[uuid]) }

    func outgoingNumbers(of user: UserID, tenant: TenantID) async throws -> [OutgoingNumber] {
        if isConfdAway { throw Unreachable() }
        return numbers
    }

    func blockedNumber(_ number: String, user: UserID, tenant: TenantID) async throws -> String? {
        if isConfdAway { throw Unreachable() }
        return blocked["\(number) \(user) \(tenant)"]
    }

    func callRightRules(user: Int?, outcall: Int?) async throws -> [CallRightRule] {
        try answer(rules.filter { $0.level == .outcall ? outcall != nil : user != nil })
    }

    func outcall(pattern id: Int) async throws -> OutcallRecord? { try answer(id == 9 ? outcall : nil) }
}

/// Writes down what is asked of recordings, or refuses it.
final class RecordingWitness: CallRecording {
    let requests = Mutex<[String]>([])
    let isAway: Bool

    init(isAway: Bool = false) { self.isAway = isAway }

    func request(_ request: RecordingRequest, call: String, tenant: String) async throws {
        if isAway { throw Unreachable() }
        requests.withLock { $0.append("\(request) \(call) \(tenant)") }
    }
}

/// Users with mobile applications, or an auth service that is away.
struct FixedMobiles: MobileSessions {
    var users: Set<UserID> = []
    var isAway = false

    func hasMobile(_ user: UserID) async throws -> Bool {
        if isAway { throw Unreachable() }
        return users.contains(user)
    }
}

/// Runs one of the handlers of users' calls against a channel in memory.
/// - Returns: The commands that were sent.
func runUserCall(
    _ script: String,
    _ users: FixedUsers = FixedUsers(),
    arguments: [String] = [],
    ringTones: String? = nil,
    mobiles: FixedMobiles = FixedMobiles(),
    recording: RecordingWitness = RecordingWitness(),
    on transcript: AGITranscript = AGITranscript()
) async throws -> [String] {
    let calls = UserCalls(
        directory: users,
        ringTones: RingToneFile(path: try ringTones.map(temporaryFile) ?? "/nonexistent", logger: .silent),
        mobiles: mobiles,
        recording: recording
    )
    guard let handler = calls.handlers.first(where: { $0.name == script }) else {
        throw HandlerFault("no handler \(script)")
    }
    var environment = ["agi_uniqueid": "17.1"]
    for (index, argument) in arguments.enumerated() { environment["agi_arg_\(index + 1)"] = argument }
    let session = AGISession(
        environment: AGIEnvironment(environment),
        transport: transcript,
        logger: .silent
    )
    try await handler.run(session)
    return transcript.commands
}

/// The lines that write a destination.
func setAction(_ key: String, _ action: String, _ argument1: String = "", _ argument2: String = "") -> [String] {
    [
        set("WAZO_FWD_\(key)_ACTION", action), set("WAZO_FWD_\(key)_ISDA", "1"),
        set("WAZO_FWD_\(key)_ACTIONARG1", argument1), set("WAZO_FWD_\(key)_ACTIONARG2", argument2),
    ]
}
