/// A member that joins a queue while Asterisk runs.
public struct ManagerQueueMember: Sendable, Hashable {
    /// What the queue calls, for instance `Local/id-3@agentcallback`.
    public var interface: String
    /// Name in the queue's log and events, for instance `Agent/801`.
    public var name: String
    /// Whose state tells whether the member is free; `nil`: the interface's.
    public var stateInterface: String?
    /// Members of a lower one ring first.
    public var penalty: Int

    /// A member with all its parts.
    public init(interface: String, name: String, stateInterface: String? = nil, penalty: Int = 0) {
        self.interface = interface
        self.name = name
        self.stateInterface = stateInterface
        self.penalty = penalty
    }
}

extension ManagerControlling {
    /// Adds a member to a queue.
    /// - Returns: Whether it was added; `false` when the interface was a member already, and stays as it was.
    /// - Throws: ``ManagerFailure``, also when there is no such queue; `CancellationError`.
    @discardableResult
    public func addQueueMember(_ member: ManagerQueueMember, to queue: String) async throws -> Bool {
        var action = ManagerAction("QueueAdd", ["Queue": queue, "Interface": member.interface])
        action.add("MemberName", member.name)
        action.add("StateInterface", member.stateInterface)
        action.add("Penalty", "\(member.penalty)")
        do {
            _ = try await send(action)
            return true
        } catch ManagerFailure.refused(message: "Unable to add interface: Already there", action: _) {
            return false
        }
    }

    /// Takes a member out of a queue.
    /// - Returns: Whether it was one; `false` also when there is no such queue.
    /// - Throws: ``ManagerFailure``, also when the member is a configured one; `CancellationError`.
    @discardableResult
    public func removeQueueMember(_ interface: String, from queue: String) async throws -> Bool {
        do {
            _ = try await send(ManagerAction("QueueRemove", ["Queue": queue, "Interface": interface]))
            return true
        } catch ManagerFailure.refused(message: "Unable to remove interface: Not there", action: _) {
            return false
        } catch ManagerFailure.refused(message: "Unable to remove interface from queue: No such queue", action: _) {
            return false
        }
    }
}
