public import Core
public import Directory
public import FastAGI
public import Telephony

/// What the handlers of groups, queues and agents ask, and the handlers over it.
public struct QueueCalls: Sendable {
    /// Ring groups.
    public var groups: any CallGroupDirectory
    /// Names of groups: confd, or the tables.
    public var groupNames: any GroupDirectory
    /// Queues.
    public var queues: any CallQueueDirectory
    /// Agents.
    public var agents: any AgentDirectory
    /// Users and destinations.
    public var users: any DialplanUserDirectory
    /// Logins of agents: the agent daemon, or our own.
    public var sessions: any AgentSessions
    /// Recordings.
    public var recording: any CallRecording
    /// The time that groups' limits are counted by.
    public var clock: any WallClock

    /// Handlers over one directory that answers everything itself, with the services that are there.
    /// - Parameter groupNames: `nil`: the directory.
    public init(
        directory: any CallGroupDirectory & CallQueueDirectory & AgentDirectory & DialplanUserDirectory
            & GroupDirectory,
        groupNames: (any GroupDirectory)? = nil,
        sessions: any AgentSessions,
        recording: any CallRecording = NoCallRecording(),
        clock: any WallClock
    ) {
        groups = directory
        self.groupNames = groupNames ?? directory
        queues = directory
        agents = directory
        users = directory
        self.sessions = sessions
        self.recording = recording
        self.clock = clock
    }

    /// One handler per script name.
    public var handlers: [any AGIHandler] {
        let answered = AnsweredCall(recording: recording)
        let forGroups: [any AGIHandler] =
            [
                IncomingGroupSetFeatures(groups: groups, users: users),
                LinearGroupGetInterfaces(groups: groups),
                LinearGroupCheckTimeout(clock: clock),
                GroupAnsweredCall(answered: answered, users: users),
            ] + GroupMembership.Action.allCases.map { GroupMembership(action: $0, groups: groupNames) }
        let forQueues: [any AGIHandler] = [
            IncomingQueueSetFeatures(queues: queues, users: users),
            CheckDiversion(queues: queues),
            QueueSkillRuleSet(queues: queues),
            HoldtimeAnnounce(queues: queues),
            QueueAnsweredCall(answered: answered, users: users, agents: agents),
        ]
        let forAgents: [any AGIHandler] = [
            AgentGetOptions(agents: agents), AgentLogIn(sessions: sessions), AgentLogOff(sessions: sessions),
            AgentGetStatus(sessions: sessions), IncomingAgentSetFeatures(agents: agents),
        ]
        return forGroups + forQueues + forAgents
    }
}
