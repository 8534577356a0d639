import Directory
import FastAGI

/// `holdtime_announce`: tells the caller how long he is likely to wait, in minutes (contract 41 §2).
struct HoldtimeAnnounce: AGIHandler {
    let name = "holdtime_announce"
    let queues: any CallQueueDirectory

    func run(_ session: AGISession) async throws {
        try await BestEffort.handler(name, session) { try await serve(session) }
    }

    private func serve(_ session: AGISession) async throws {
        guard let queue = try await session.bestEffortQueue(queues, name), queue.announcesHoldTime else { return }
        _ = try await BestEffort.run(name, session) {
            let seconds = integer(try await session.getVariable("QUEUEHOLDTIME")) ?? 0
            let minutes = max(1, seconds / 60 + (seconds % 60 > 0 ? 1 : 0))
            try await session.answer()
            try await session.streamFile("queue-holdtime")
            try await session.streamFile("queue-less-than")
            // One minute is feminine where languages tell.
            try await session.sayNumber(minutes, gender: minutes == 1 ? "f" : nil)
            try await session.streamFile("queue-minutes")
        }
    }
}
