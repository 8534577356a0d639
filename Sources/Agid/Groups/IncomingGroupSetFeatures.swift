import Core
import Directory
import FastAGI

/// `incoming_group_set_features`: all that is needed to ring a group (contract 41 §2).
///
/// A group of another tenant than the channel's is as unknown as one that does not exist (contract 41 §7 row 6).
struct IncomingGroupSetFeatures: AGIHandler {
    let name = "incoming_group_set_features"
    let groups: any CallGroupDirectory
    let users: any DialplanUserDirectory

    private static let read = ["WAZO_DSTID", "WAZO_FWD_REFERER", "WAZO_INCALL_ID", "WAZO_DSTNUM", "WAZO_PATH"]

    func run(_ session: AGISession) async throws {
        let entry = try await QueueEntry(session, reading: Self.read)
        guard let id = integer(entry.destination) else { throw HandlerFault("Unknown group '\(entry.destination)'") }
        async let known = groups.callGroup(id)
        async let actions = users.dialActions(category: "group", object: String(id))
        guard let group = try await known, group.tenant.admits(entry.tenant) else {
            throw HandlerFault("Unknown group '\(entry.destination)'")
        }
        try await session.verbose("Calling group \"\(group.label)\" from tenant \"\(group.tenant)\"")
        try await setOptions(group, session)
        try await setIdentity(group, session)
        try await session.setRedirecting(name: group.label, number: group.exten, entry)
        try await setLimits(group, session)
        let found = try await actions
        for event in ["noanswer", "congestion", "busy", "chanunavail"] {
            try await session.setDialAction(found[event], key: "GROUP_\(event.uppercased())")
        }
        try await session.setPath("group", id, entry)
        if let rule = group.callerID, entry.referer == "group:\(id)" {
            try await session.rewriteCallerID(rule, isForced: false)
        }
        try await session.setVariable("WAZO_CALL_RECORD_SIDE", "caller")
        try await session.setMatchingUUID()
        try await session.setVariable("__WAZO_GROUP_DTMF_RECORD_TOGGLE_ENABLED", flag: group.isRecordToggleEnabled)
    }

    private func setOptions(_ group: CallGroup, _ session: AGISession) async throws {
        let isLinear = group.strategy == "linear"
        var options = group.options.letters
        if group.music == nil { options += "r" } else if isLinear { options += "m" }
        if group.options.marksAnsweredElsewhere { options += isLinear ? "c" : "C" }
        try await session.setVariable("WAZO_GROUPOPTIONS", options)
        try await session.setVariable("WAZO_GROUPNEEDANSWER", flag: group.music != nil)
    }

    private func setIdentity(_ group: CallGroup, _ session: AGISession) async throws {
        try await session.setVariable("WAZO_REAL_NUMBER", column: group.exten)
        try await session.setVariable("WAZO_REAL_CONTEXT", column: group.context)
        try await session.setVariable("__WAZO_GROUPNAME", group.name)
        try await session.setVariable("WAZO_GROUP_LABEL", group.label)
        try await session.setVariable("WAZO_GROUP_STRATEGY", column: group.strategy)
        try await session.setVariable("WAZO_GROUP_MAX_CALLS", column: group.maximumCalls.map(String.init))
        if let music = group.music { try await session.setVariable("CHANNEL(musicclass)", music) }
    }

    private func setLimits(_ group: CallGroup, _ session: AGISession) async throws {
        if let subroutine = group.preprocessSubroutine {
            try await session.setVariable("WAZO_GROUPPREPROCESS_SUBROUTINE", subroutine)
        }
        try await session.setVariable("WAZO_GROUPTIMEOUT", seconds: group.timeout ?? 0)
        try await session.setVariable("WAZO_GROUP_USER_TIMEOUT", seconds: group.memberTimeout ?? 0)
        try await session.setVariable("__WAZO_RING_TIME", seconds: group.memberTimeout ?? 0)
        try await session.setVariable("WAZO_GROUP_RETRY_DELAY", String(group.retryDelay ?? 0))
    }
}
