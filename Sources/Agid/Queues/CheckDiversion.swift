import Core
import Directory
import FastAGI

/// `check_diversion`: whether a queue is too busy for one more call (contract 41 §2).
///
/// When that cannot be found out the call enters the queue (contract 41 §7 row 1).
struct CheckDiversion: AGIHandler {
    let name = "check_diversion"
    let queues: any CallQueueDirectory

    /// Why a call is diverted, with the key of the destination.
    private enum Diversion: String {
        case holdTime = "DIVERT_HOLDTIME"
        case ratio = "DIVERT_CA_RATIO"

        var event: String { self == .holdTime ? "QWAITTIME" : "QWAITRATIO" }
    }

    func run(_ session: AGISession) async throws {
        try await BestEffort.handler(name, session) { try await serve(session) }
    }

    private func serve(_ session: AGISession) async throws {
        var found: Diversion?
        if let queue = try await session.bestEffortQueue(queues, name) {
            found = try await BestEffort.run(name, session) { try await diversion(queue, session) } ?? nil
        }
        try await session.setVariable("WAZO_DIVERT_EVENT", found?.rawValue ?? "")
        try await session.setVariable("WAZO_FWD_TYPE", "QUEUE_\(found?.event ?? "")")
    }

    /// A limit of 0 is one; only null is none. Functions of a queue that Asterisk does not know are empty: 0 (contract 41 §7 row 14).
    private func diversion(_ queue: CallQueue, _ session: AGISession) async throws -> Diversion? {
        let waiting = try await number("QUEUE_WAITING_COUNT(\(queue.name))", session)
        guard waiting > 0 else { return nil }
        if let limit = queue.divertingHoldTime, try await number("QUEUEHOLDTIME", session) > limit {
            return .holdTime
        }
        guard let limit = queue.divertingRatio else { return nil }
        let agents = try await number("QUEUE_MEMBER(\(queue.name),logged)", session)
        return agents <= 0 || Double(waiting) + 1 > limit * Double(agents) ? .ratio : nil
    }

    private func number(_ name: String, _ session: AGISession) async throws -> Int {
        integer(try await session.getVariable(name)) ?? 0
    }
}
