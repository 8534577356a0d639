import Core
import Directory
import FastAGI

/// `incoming_queue_set_features`: all that is needed to put a call into a queue (contract 41 §2).
///
/// A queue of another tenant than the channel's is as unknown as one that does not exist (contract 41 §7 row 6).
struct IncomingQueueSetFeatures: AGIHandler {
    let name = "incoming_queue_set_features"
    let queues: any CallQueueDirectory
    let users: any DialplanUserDirectory

    private static let read = ["WAZO_DSTID", "WAZO_FWD_REFERER", "WAZO_PATH", "WAZO_INCALL_ID", "WAZO_DSTNUM"]
    private static let events = ["congestion", "busy", "chanunavail", "qwaittime", "qwaitratio", "noanswer"]

    func run(_ session: AGISession) async throws {
        let entry = try await QueueEntry(session, reading: Self.read)
        guard let id = integer(entry.destination) else { throw DialplanBreak("Unknown queue '\(entry.destination)'") }
        async let known = queues.callQueue(id)
        async let actions = users.dialActions(category: "queue", object: String(id))
        guard let queue = try await known, queue.tenant.admits(entry.tenant) else {
            throw DialplanBreak("Unknown queue '\(entry.destination)'")
        }
        try await setIdentity(queue, session)
        try await setLimits(queue, session)
        let found = try await actions
        for event in Self.events {
            try await session.setDialAction(found[event], key: "QUEUE_\(event.uppercased())")
        }
        if ["voicemail", "sound"].contains(found["noanswer"]?.action) {
            try await session.setVariable("WAZO_QUEUELOG_EVENT", "REROUTEGUIDE")
        }
        if let rule = queue.callerID, entry.referer == "queue:\(id)" {
            try await session.rewriteCallerID(rule, isForced: false)
        }
        try await session.setVariable("WAZO_QUEUESTATUS", "ok")
        try await session.setPath("queue", id, entry)
        try await session.setVariable("WAZO_PICKUPGROUP", queue.pickups.map(String.init).joined(separator: ","))
        try await session.setVariable("WAZO_CALL_RECORD_SIDE", "caller")
        try await session.setMatchingUUID()
        try await session.setRedirecting(name: queue.name, number: queue.number, entry)
    }

    private func setIdentity(_ queue: CallQueue, _ session: AGISession) async throws {
        try await session.setVariable("WAZO_REAL_NUMBER", column: queue.number)
        try await session.setVariable("WAZO_REAL_CONTEXT", column: queue.context)
        try await session.setVariable("__WAZO_QUEUENAME", queue.name)
        try await session.setVariable("WAZO_QUEUEOPTIONS", Self.options(queue))
        try await session.setVariable("WAZO_QUEUENEEDANSWER", flag: !queue.ringsCaller)
        try await session.setVariable("WAZO_QUEUEURL", queue.url)
        try await session.setVariable("WAZO_QUEUEANNOUNCEOVERRIDE", queue.announceOverride)
        if let music = queue.music { try await session.setVariable("CHANNEL(musicclass)", music) }
    }

    private func setLimits(_ queue: CallQueue, _ session: AGISession) async throws {
        if queue.wrapUpSeconds > 0 { try await session.setVariable("__QUEUEWRAPUPTIME", String(queue.wrapUpSeconds)) }
        try await session.setVariable("__WAZO_QUEUE_DTMF_RECORD_TOGGLE_ENABLED", flag: queue.isRecordToggleEnabled)
        try await session.setVariable("WAZO_QUEUEPREPROCESS_SUBROUTINE", column: queue.preprocessSubroutine)
        try await session.setVariable("WAZO_QUEUETIMEOUT", seconds: queue.timeout ?? 0)
    }

    private static func options(_ queue: CallQueue) -> String {
        let letters: [(Bool, String)] = [
            (queue.isData, "d"), (queue.calleeMayHangUp, "h"), (queue.callerMayHangUp, "H"), (queue.hasNoRetries, "n"),
            (queue.ringsCaller, "r"),
        ]
        return letters.filter(\.0).map(\.1).joined() + queue.options.letters
            + (queue.options.marksAnsweredElsewhere ? "C" : "")
    }
}
