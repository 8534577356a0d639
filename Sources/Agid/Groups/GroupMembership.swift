import Core
import Directory
import FastAGI
import Logging

/// `group_member_add`, `group_member_remove`, `group_member_present`: a user joins a group or leaves it with a key
/// (contract 41 §2). What goes wrong is told in a variable: the dialplan plays it.
struct GroupMembership: AGIHandler {
    /// What is done.
    enum Action: String, CaseIterable {
        case add = "group_member_add"
        case remove = "group_member_remove"
        case present = "group_member_present"
    }

    let action: Action
    let groups: any GroupDirectory
    var name: String { action.rawValue }

    func run(_ session: AGISession) async throws {
        let user: String
        let queue: String
        do {
            (user, queue) = try await member(session)
        } catch let fault as HandlerFault {
            session.logger.warning("member of a group not known", metadata: ["cause": "\(fault)"])
            try await session.setVariable("WAZO_GROUP_MEMBER_ERROR", "\(fault)")
            return
        }
        let interface = "Local/\(user)@usersharedlines"
        switch action {
        case .add:
            try await session.exec("AddQueueMember", "\(queue),\(interface),,,,hint:\(user)@usersharedlines")
        case .remove:
            try await session.exec("RemoveQueueMember", "\(queue),\(interface)")
        case .present:
            let members = try await session.getVariable("QUEUE_MEMBER_LIST(\(queue))").parts(separatedBy: ",")
            try await session.setVariable("WAZO_GROUP_MEMBER_PRESENT", flag: members.contains(interface))
        }
    }

    /// The user's uuid and the name of the group's Asterisk queue.
    /// - Throws: `HandlerFault` with what the dialplan may be told; `CancellationError`.
    private func member(_ session: AGISession) async throws -> (user: String, queue: String) {
        guard session.arguments.count >= 3, let group = integer(session.arguments[2]) else {
            throw HandlerFault("A tenant, a user and the id of a group are needed")
        }
        let (tenant, user) = (session.arguments[0], session.arguments[1])
        guard !tenant.isEmpty, Self.isWord(user) else { throw HandlerFault("No tenant, or not the uuid of a user") }
        let queue: String?
        do {
            queue = try await groups.groupName(group, tenant: TenantID(tenant))
        } catch let error as CancellationError {
            throw error
        } catch {
            session.logger.warning("group not known", metadata: ["cause": "\(error)", "group": "\(group)"])
            throw HandlerFault("Group \(group) cannot be looked up")
        }
        guard let queue else { throw HandlerFault("Unknown group \(group)") }
        // A comma would begin another argument of the application.
        guard !queue.holds(anyOf: ",") else {
            throw HandlerFault("Group \(group) has a name that Asterisk cannot have")
        }
        return (user, queue)
    }

    private static func isWord(_ text: String) -> Bool {
        text.consists { $0 == "-" || $0.isWordOfASCII }
    }
}
