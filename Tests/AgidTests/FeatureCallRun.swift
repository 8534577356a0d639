import Core
import Directory
import FastAGI
import Foundation

@testable import Agid

/// A directory of features, boxes and rooms that is what a test makes it, or away.
struct FixedFeatures: DialplanUserDirectory, FunctionKeyDirectory, PagingDirectory, DialplanVoicemailDirectory,
    DialplanRoomDirectory
{
    var users = FixedUsers()
    /// Features by code.
    var codes: [String: String] = [:]
    /// Codes by feature.
    var prefixes: [String: FunctionKeyPrefix] = [:]
    /// By `number caller tenant`.
    var pagings: [String: PagingRecord] = [:]
    /// By id, `number@context`, `user <id>` or `of number@context`.
    var boxes: [String: DialplanVoicemail] = [:]
    /// By `id tenant`.
    var conferences: [String: DialplanConference] = [:]
    /// By `number tenant` or `uuid tenant`.
    var meetings: [String: DialplanMeeting] = [:]
    var isAway = false

    private func answer<Value>(_ value: Value) throws -> Value {
        if isAway { throw DatabaseFailure.unreachable("no\nconnection") }
        return value
    }

    func dialplanUser(_ id: Int) async throws -> DialplanUser? { try await users.dialplanUser(id) }
    func dialplanUser(uuid: UserID) async throws -> DialplanUser? { try await users.dialplanUser(uuid: uuid) }
    func dialplanUser(exten: String, context: String) async throws -> DialplanUser? { nil }
    func calleeExtension(of user: Int, id: Int?) async throws -> CalleeExtension? { nil }
    func dialActions(category: String, object: String) async throws -> [String: DialAction] { [:] }
    func callFilter(boss: Int, caller: Int?) async throws -> CallFilter? { nil }
    func musicClass(_ uuid: String) async throws -> String? { nil }

    func keyFeature(code: String) async throws -> String? { try answer(codes[code]) }
    func keyPrefix(feature: String) async throws -> FunctionKeyPrefix? { try answer(prefixes[feature]) }

    func paging(number: String, caller: Int, tenant: TenantID?) async throws -> PagingRecord? {
        try answer(pagings["\(number) \(caller) \(tenant?.rawValue ?? "any")"])
    }

    func dialplanVoicemail(_ id: Int) async throws -> DialplanVoicemail? { try answer(boxes["\(id)"]) }
    func dialplanVoicemail(number: String, context: String) async throws -> DialplanVoicemail? {
        try answer(boxes["\(number)@\(context)"])
    }
    func dialplanVoicemail(of user: Int) async throws -> DialplanVoicemail? { try answer(boxes["user \(user)"]) }
    func dialplanVoicemail(ofExtension exten: String, context: String) async throws -> DialplanVoicemail? {
        try answer(boxes["of \(exten)@\(context)"])
    }

    func dialplanConference(_ id: Int, tenant: TenantID?) async throws -> DialplanConference? {
        try answer(conferences["\(id) \(tenant?.rawValue ?? "any")"])
    }
    func dialplanMeeting(number: String, tenant: TenantID) async throws -> DialplanMeeting? {
        try answer(meetings["\(number) \(tenant)"])
    }
    func dialplanMeeting(uuid: String, tenant: TenantID) async throws -> DialplanMeeting? {
        try answer(meetings["\(uuid) \(tenant)"])
    }
}

/// Runs one of the handlers of features, boxes and rooms against a channel in memory.
/// - Returns: The commands that were sent.
@discardableResult
func runFeature(
    _ script: String,
    _ arguments: [String] = [],
    _ directory: FixedFeatures = FixedFeatures(),
    callback: CallbackMode? = nil,
    provisioning: (any PhoneProvisioning)? = nil,
    clock: FixedClock = FixedClock(),
    on transcript: AGITranscript = AGITranscript()
) async throws -> [String] {
    let calls = FeatureCalls(
        directory: directory,
        callback: callback,
        provisioning: provisioning,
        clock: clock
    )
    guard let handler = calls.handlers.first(where: { $0.name == script }) else {
        throw HandlerFault("no handler \(script)")
    }
    var environment: [String: String] = [:]
    for (index, argument) in arguments.enumerated() { environment["agi_arg_\(index + 1)"] = argument }
    let session = AGISession(
        environment: AGIEnvironment(environment),
        transport: transcript,
        logger: .silent
    )
    try await handler.run(session)
    return transcript.commands
}

/// A message for Asterisk's log.
func verbose(_ text: String) -> String { "VERBOSE \"\(text)\" 1" }
