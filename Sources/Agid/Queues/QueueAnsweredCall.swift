import Core
import Directory
import FastAGI

/// `queue_answered_call`: an agent or another member of a queue answered (contract 41 §2).
struct QueueAnsweredCall: AGIHandler {
    let name = "queue_answered_call"
    let answered: AnsweredCall
    let users: any DialplanUserDirectory
    let agents: any AgentDirectory

    func run(_ session: AGISession) async throws {
        try await answered.run(name, session, sharedFlag: "WAZO_RECORD_QUEUE_CALLEE") { member in
            switch member.context {
            case "agentcallback":
                guard let id = member.exten.suffix(after: "id-").flatMap({ Int($0) }) else { return nil }
                return try await agents.dialplanUser(agent: id)
            case "usersharedlines": return try await users.dialplanUser(uuid: UserID(member.exten))
            default: return nil
            }
        }
    }
}
