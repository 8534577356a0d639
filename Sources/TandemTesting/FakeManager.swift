import Synchronization
public import Telephony

/// A manager interface in memory: keeps a line for each action, and answers as told.
public final class FakeManager: ManagerControlling {
    private struct State {
        var actions: [ManagerAction] = []
        var failures: [String: ManagerFailure] = [:]
        var answers: [String: ManagerMessage] = [:]
        var places: Set<String>?
        var classes = ["default"]
        var commands: [String: [String]] = [:]
    }
    private let state = Mutex(State())
    private let onRedirect: @Sendable ([ManagerAction.Field]) -> Void

    /// A manager whose dialplan has every extension.
    /// - Parameter onRedirect: Called with the fields of each `Redirect` that is accepted.
    public init(onRedirect: @escaping @Sendable ([ManagerAction.Field]) -> Void = { _ in }) {
        self.onRedirect = onRedirect
    }

    /// Actions so far, for instance `Redirect Channel=1 Context=default`; commands as `Command <line>`.
    public var lines: [String] {
        state.withLock { state in
            state.actions.map { ([$0.name] + $0.fields.map { "\($0.name)=\($0.value)" }).joined(separator: " ") }
        }
    }
    /// Actions so far.
    public var actions: [ManagerAction] { state.withLock { $0.actions } }

    /// Actions of this name (`Command` too) fail, until it is set to `nil`.
    public func fail(_ action: String, with failure: ManagerFailure?) {
        state.withLock { $0.failures[action] = failure }
    }
    /// The success of actions of this name is followed by this message.
    public func answer(_ action: String, with message: ManagerMessage) {
        state.withLock { $0.answers[action] = message }
    }
    /// From now on the dialplan has only these extensions, each as `exten@context`.
    public func setExtensions(_ places: Set<String>) { state.withLock { $0.places = places } }
    /// Music classes that `moh show classes` names.
    public func setMusicClasses(_ names: [String]) { state.withLock { $0.classes = names } }

    /// What a command answers.
    public func answer(command line: String, with lines: [String]) { state.withLock { $0.commands[line] = lines } }

    /// Always.
    public var isConnected: Bool { true }

    /// Keeps the action; `ShowDialplan` is answered with the known extensions, all others with success.
    public func send(_ action: ManagerAction) async throws -> [ManagerMessage] {
        func field(_ name: String) -> String { action.fields.first { $0.name == name }?.value ?? "" }
        let isThere = try state.withLock { state in
            state.actions.append(action)
            if let failure = state.failures[action.name] { throw failure }
            return state.places?.contains("\(field("Extension"))@\(field("Context"))") ?? true
        }
        if action.name == "Redirect" { onRedirect(action.fields) }
        var answer: [ManagerMessage] = [["Response": "Success"]]
        if let more = state.withLock({ $0.answers[action.name] }) { answer.append(more) }
        if action.name == "ShowDialplan", isThere { answer.append(["Event": "ListDialplan", "Priority": "1"]) }
        return answer
    }

    /// Keeps the line; knows `moh show classes`, and what it was told to answer.
    public func command(_ line: String) async throws -> [String] {
        try state.withLock { state in
            state.actions.append(ManagerAction("Command", ["Command": line]))
            if let failure = state.failures["Command"] { throw failure }
            if let lines = state.commands[line] { return lines }
            return line == "moh show classes" ? state.classes.flatMap { ["Class: \($0)", "\tMode: files"] } : []
        }
    }
}
