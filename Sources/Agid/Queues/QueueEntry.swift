import Core
import Directory
import FastAGI
import Foundation

/// What a channel tells when it enters a group or a queue.
struct QueueEntry {
    let destination: String
    let referer: String
    let incall: String
    let dialled: String
    let path: String
    let tenant: String

    /// Reads `names` in this order, which the two handlers have each their own, then the tenant.
    init(_ session: AGISession, reading names: [String]) async throws {
        var values: [String: String] = [:]
        for name in names { values[name] = try await session.getVariable(name) }
        tenant = try await session.getVariable("WAZO_TENANT_UUID")
        destination = values["WAZO_DSTID"] ?? ""
        referer = values["WAZO_FWD_REFERER"] ?? ""
        incall = values["WAZO_INCALL_ID"] ?? ""
        dialled = values["WAZO_DSTNUM"] ?? ""
        path = values["WAZO_PATH"] ?? ""
    }

    /// The number that was dialled from outside; `nil` when the call does not come from there.
    var dialledFromOutside: String? { incall.isEmpty || dialled.isEmpty ? nil : dialled }
}

extension TenantID {
    /// Whether a channel with this `WAZO_TENANT_UUID` may use what belongs to the tenant: one without any may
    /// (contract 41 §7 row 6).
    func admits(_ channel: String) -> Bool { channel.isEmpty || channel == rawValue }
}

extension AGISession {
    /// Who is named to those that the call is forwarded to.
    func setRedirecting(name: String, number: String?, _ entry: QueueEntry) async throws {
        let outside = entry.dialledFromOutside
        try await setVariable("WAZO_DST_REDIRECTING_NAME", name)
        try await setVariable("WAZO_DST_REDIRECTING_NUM", column: outside ?? number)
        try await setVariable("WAZO_DST_REDIRECTING_EXTERN_NAME", column: outside)
        try await setVariable("WAZO_DST_REDIRECTING_EXTERN_NUM", column: outside)
    }

    /// Makes the object the first of the chain that is asked for its opening hours, unless there is one.
    func setPath(_ kind: String, _ id: Int, _ entry: QueueEntry) async throws {
        guard entry.path.isEmpty else { return }
        try await setVariable("WAZO_PATH", kind)
        try await setVariable("WAZO_PATH_ID", String(id))
    }

    /// Marks the two channels of each member's call as belonging together.
    func setMatchingUUID() async throws {
        try await setVariable("__WAZO_LOCAL_CHAN_MATCH_UUID", UUID().uuidString.lowercased())
    }
}

extension QueueCallOptions {
    /// The letters of Asterisk's application Queue for keys and forwards, in the order of the contract.
    var letters: String {
        let letters: [(Bool, String)] = [
            (calleeMayTransfer, "t"), (callerMayTransfer, "T"), (calleeMayRecord, "x"), (callerMayRecord, "X"),
            (ignoresForwards, "i"),
        ]
        return letters.filter(\.0).map(\.1).joined()
    }
}

extension AGISession {
    /// The queue of `WAZO_DSTID`; `nil` when the directory cannot be asked, which is told to Asterisk's log.
    /// - Throws: `DialplanBreak` when there is no such queue in the channel's tenant.
    func bestEffortQueue(_ queues: any CallQueueDirectory, _ name: String) async throws -> CallQueue? {
        let text = try await getVariable("WAZO_DSTID")
        let tenant = try await getVariable("WAZO_TENANT_UUID")
        guard let id = integer(text) else { throw DialplanBreak("Unknown queue '\(text)'") }
        // The lookup's own `nil` is an unknown queue, that of the best effort a directory that is away.
        let answer: CallQueue?? = try await BestEffort.run(name, self) { try await queues.callQueue(id) }
        guard let known = answer else { return nil }
        guard let queue = known, queue.tenant.admits(tenant) else { throw DialplanBreak("Unknown queue '\(text)'") }
        return queue
    }
}
