import API
import Core
import Synchronization

/// The configuration of the running server: what `/1.0/config` shows and changes, and what SIGHUP reads again.
final class RunningConfiguration: ConfigurationShowing {
    private struct State {
        var settings: Settings
        var isDebugging: Bool
        var uuid: String?
    }
    private let state: Mutex<State>
    private let read: @Sendable () throws -> Settings
    private let level: LogLevel
    private let serviceName: String?
    private let log: LogOutput?

    /// - Parameters:
    ///   - log: Where the log goes.
    ///   - serviceName: Our name at wazo-auth, which the key file may have told.
    ///   - read: Reads the files and the command line again.
    init(
        _ settings: Settings,
        level: LogLevel,
        serviceName: String?,
        log: LogOutput? = nil,
        read: @escaping @Sendable () throws -> Settings
    ) {
        self.serviceName = serviceName
        self.log = log
        state = Mutex(State(settings: settings, isDebugging: settings.logLevel == "debug", uuid: settings.systemUUID))
        self.read = read
        self.level = level
    }

    /// The system's uuid, once it is known.
    func setUUID(_ uuid: String) { state.withLock { $0.uuid = uuid } }

    func tree() -> JSONValue {
        let (settings, isDebugging, uuid) = state.withLock { ($0.settings, $0.isDebugging, $0.uuid) }
        let level = isDebugging ? "debug" : settings.configuredLevel
        var tree = settings.maskedTree
        if let serviceName {
            tree = ConfigurationTree.merge(
                ["auth": ["username": .string(serviceName), "password": "********"]],
                over: tree
            )
        }
        return ConfigurationTree.merge(
            [
                "debug": .bool(isDebugging),
                "log_level": .integer(Settings.number(ofLevel: level)),
                "uuid": uuid.map(JSONValue.string) ?? .null,
            ],
            over: tree
        )
    }

    func setDebug(_ isOn: Bool) {
        state.withLock { $0.isDebugging = isOn }
        level.setDebug(isOn)
    }

    /// Opens the log's file anew: after a rotation the one that is open has another name.
    /// - Throws: `LogOutput.CannotWrite`; then the log goes where it went.
    func reopenLog() throws { try log?.reopen() }

    /// What is probably not meant, as it was read last.
    var warnings: [String] { state.withLock { $0.settings.warnings } }

    /// Reads the files again. The level of the log is taken over; everything else waits for a restart.
    /// - Returns: Keys at the top whose new values need a restart.
    /// - Throws: `ConfigurationFaults`; then nothing is changed.
    func reload() throws -> [String] {
        let new = try read()
        return state.withLock { state in
            let before = state.settings.effectiveTree.object ?? [:]
            let after = new.effectiveTree.object ?? [:]
            state.settings.logLevel = new.logLevel
            state.settings.warnings = new.warnings
            state.isDebugging = new.logLevel == "debug"
            level.configure(new.level)
            return Set(before.keys).union(after.keys).subtracting(["debug", "log_level"])
                .filter { before[$0] != after[$0] }.sorted()
        }
    }
}
