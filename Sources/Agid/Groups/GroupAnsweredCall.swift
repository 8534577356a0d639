import Core
import Directory
import FastAGI

/// `group_answered_call`: a member of a group answered (contract 41 §2).
struct GroupAnsweredCall: AGIHandler {
    let name = "group_answered_call"
    let answered: AnsweredCall
    let users: any DialplanUserDirectory

    func run(_ session: AGISession) async throws {
        try await answered.run(name, session, sharedFlag: "WAZO_RECORD_GROUP_CALLEE") { member in
            if member.context == "usersharedlines" { return try await users.dialplanUser(uuid: UserID(member.exten)) }
            return try await users.dialplanUser(exten: member.exten, context: member.context)
        }
    }
}
