import Core

/// Which way of running a configuration asks for, and why: the first line of the log says both, since the two ways talk
/// to different servers.
struct ModeChoice: Equatable {
    var mode: Settings.Mode
    /// Half a sentence for the log.
    var reason: String

    /// - Parameter besideAgid: Whether a tree of wazo-agid lies under this one: who has one has a platform.
    init(_ tree: ConfigurationTree, besideAgid: Bool = false) {
        let keys = tree.value.object ?? [:]
        if let mode = tree.value["mode"]?.string.flatMap(Settings.Mode.init(rawValue:)) {
            self.init(mode: mode, reason: tree.modeReason ?? "key mode says so")
        } else if let file = tree.mainFile, file.begins(with: "/etc/wazo-calld/") {
            self.init(mode: .platform, reason: "\(file) is the platform's file")
        } else if let own = keys.keys.sorted().first(where: ConfigurationDefaults.ownKeys.contains) {
            self.init(mode: .standalone, reason: "key \(own) is none of the platform's")
        } else if let service = Self.services.first(where: { Self.isTold(keys[$0], of: $0) }) {
            self.init(mode: .platform, reason: "key \(service) names a service of the platform")
        } else if tree.value["extra_config_files"]?.string?.begins(with: "/etc/wazo-calld/") == true {
            self.init(mode: .platform, reason: "extra_config_files is the platform's directory")
        } else if besideAgid {
            self.init(mode: .platform, reason: "a configuration of wazo-agid is given")
        } else {
            self.init(mode: .standalone, reason: "no key names a service of the platform")
        }
    }

    private init(mode: Settings.Mode, reason: String) {
        self.mode = mode
        self.reason = reason
    }

    private static let services = ["amid", "auth", "call_logd", "confd", "phoned", "remote_credentials"]
    /// Keys of a service that count without the service too.
    private static let neutral: Set<String> = ["cache_seconds"]

    private static func isTold(_ section: JSONValue?, of service: String) -> Bool {
        guard let section else { return false }
        return !Set((section.object ?? ["?": .null]).keys).subtracting(neutral).isEmpty
    }
}
