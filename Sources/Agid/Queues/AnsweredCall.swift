import Core
import Directory
import FastAGI
import Logging

/// What happens when a member of a group or a queue answers: recordings that somebody wants begin (contract 41 §2
/// `group_answered_call`). It runs on the `;1` side of the Local channel that the member was called through.
struct AnsweredCall: Sendable {
    /// Local channels that a callee may be behind.
    private static let mostHops = 16
    let recording: any CallRecording

    /// Best effort: the call goes on without a recording (contract 41 §7 row 1).
    /// - Parameters:
    ///   - sharedFlag: Variable that marks the callee's channel.
    ///   - callee: The user behind the Local channel; `nil` when there is none.
    func run(
        _ name: String,
        _ session: AGISession,
        sharedFlag: String,
        callee: (LocalChannel) async throws -> DialplanUser?
    ) async throws {
        _ = try await BestEffort.run(name, session) {
            let isPending = try await session.getVariable("WAZO_RECORD_PENDING") == "1"
            let isActive = try await session.getVariable("WAZO_CALL_RECORD_ACTIVE") == "1"
            // Before the member is looked for: the caller's recording does not depend on him (41 §7 row 10).
            if isPending, !isActive, try await startPending(name, session) { return }
            guard let member = LocalChannel(session.environment.channel), let user = try await callee(member) else {
                throw HandlerFault("No user behind channel '\(session.environment.channel)'")
            }
            if isActive { return }
            let isExternal = try await session.getVariable("WAZO_CALLORIGIN") == "extern"
            let isWanted =
                isExternal
                ? user.recording.isIncomingExternalEnabled : user.recording.isIncomingInternalEnabled
            guard isWanted else { return }
            try await startCallee(of: user, session, sharedFlag: sharedFlag)
        }
    }

    /// Starts the recording that the caller wants.
    /// - Returns: Whether it was started.
    private func startPending(_ name: String, _ session: AGISession) async throws -> Bool {
        let target = try await session.getVariable("WAZO_RECORD_TARGET_CHANNEL")
        let tenant = try await session.getVariable("WAZO_TENANT_UUID")
        let call = target.isEmpty ? session.environment.uniqueID : target
        let started: Void? = try await BestEffort.run(name, session) {
            try await recording.request(.start, call: call, tenant: tenant)
        }
        guard started != nil else { return false }
        try await session.setVariable("__WAZO_RECORD_PENDING", "")
        return true
    }

    private func startCallee(of user: DialplanUser, _ session: AGISession, sharedFlag: String) async throws {
        let channel = try await calleeChannel(session)
        let call = try await session.getFullVariable("${CHANNEL(uniqueid)}", channel: channel)
        if call.isEmpty { throw HandlerFault("Channel '\(channel)' is gone") }
        try await session.setVariable("SHARED(\(sharedFlag),\(channel))", "1")
        try await recording.request(.start, call: call, tenant: user.tenant.rawValue)
    }

    /// The phone's channel, behind one Local channel or several.
    private func calleeChannel(_ session: AGISession) async throws -> String {
        var channel = session.environment.channel
        for _ in 0..<Self.mostHops {
            guard channel.begins(with: "Local/"), channel.ends(with: ";1") else { return channel }
            let other = String(scalars: channel.unicodeScalars.dropLast()) + "2"
            channel = try await session.getFullVariable("${BRIDGEPEER}", channel: other)
            if channel.isEmpty { throw HandlerFault("Nobody is bridged to '\(other)'") }
        }
        throw HandlerFault("Too many Local channels before '\(channel)'")
    }
}

/// What the name of a Local channel's first side tells: `Local/<exten>@<context>-<hex>;1`.
struct LocalChannel: Hashable {
    var exten: String
    var context: String

    /// `nil` for the name of another channel.
    init?(_ name: String) {
        guard let (place, number) = name.suffix(after: "Local/")?.halves(atLast: "-"), number.ends(with: ";1"),
            number.unicodeScalars.dropLast(2).allSatisfy(\.isHexadecimal), number.utf8.count > 2,
            let (exten, context) = place.halves(atLast: "@"), !exten.isEmpty, !context.isEmpty
        else { return nil }
        self.exten = exten
        self.context = context
    }
}
