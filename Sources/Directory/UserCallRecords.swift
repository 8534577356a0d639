/// Who calls which user, at which of his extensions.
public struct UserCallQuestion: Sendable, Hashable {
    /// The calling user, if it is one.
    public var caller: Int?
    /// The called user.
    public var callee: Int
    /// The dialled extension; `nil`: the main one.
    public var extensionID: Int?

    /// A question.
    public init(caller: Int?, callee: Int, extensionID: Int?) {
        self.caller = caller
        self.callee = callee
        self.extensionID = extensionID
    }
}

/// What a call to a user needs of the directory, in one answer. A class: a session holds it while it waits for
/// Asterisk, and copies of records this large would make its memory.
public final class UserCallRecords: Sendable {
    /// The calling user, if enabled.
    public let caller: DialplanUser?
    /// The called user, if enabled.
    public let callee: DialplanUser?
    /// The extension with its lines.
    public let number: CalleeExtension?
    /// The callee's destinations, by event.
    public let actions: [String: DialAction]
    /// The callee's filter, as it concerns the caller.
    public let filter: CallFilter?

    /// Records.
    public init(
        caller: DialplanUser?,
        callee: DialplanUser?,
        number: CalleeExtension?,
        actions: [String: DialAction],
        filter: CallFilter?
    ) {
        self.caller = caller
        self.callee = callee
        self.number = number
        self.actions = actions
        self.filter = filter
    }
}

extension DialplanUserDirectory {
    /// Asks one question after the other.
    public func userCall(_ question: UserCallQuestion) async throws -> UserCallRecords {
        let parties = try await callParties(caller: question.caller, callee: question.callee)
        return UserCallRecords(
            caller: parties.caller,
            callee: parties.callee,
            number: try await calleeExtension(of: question.callee, id: question.extensionID),
            actions: try await dialActions(category: "user", object: String(question.callee)),
            filter: try await callFilter(boss: question.callee, caller: question.caller)
        )
    }
}
