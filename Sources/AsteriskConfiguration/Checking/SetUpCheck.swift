import Core

/// Finds what a set-up of Asterisk lacks beside its dialplan: everything loads, and calls are wrong or silent.
public struct SetUpCheck: Sendable {
    /// What was asked of Asterisk, and what Tandem is configured to do. `nil`: it could not be found out, and is not
    /// checked.
    public struct Facts: Sendable {
        /// Global variables of the dialplan (`dialplan show globals`).
        public var globals: [String: String]?
        /// Where Tandem's FastAGI server listens.
        public var agi: (host: String, port: Int)
        /// Music classes, each with its mode and the number of its files.
        public var music: [String: (mode: String, files: Int)]?
        /// Variables that events of the manager interface carry (`manager show settings`).
        public var managerVariables: Set<String>?
        /// Variables that ARI's events carry (`channelvars` of `ari.conf`).
        public var ariVariables: Set<String>?

        /// Facts of which nothing is known yet.
        public init(agi: (host: String, port: Int)) { self.agi = agi }
    }

    /// Where the dialplan asks when the global names no port.
    public static let usualPort = 4573
    /// Variables that the manager interface's events must carry (contract 00 §7.4).
    public static let managerVariables: Set<String> = [
        "CHANNEL(linkedid)", "CHANNEL(videonativeformat)", "WAZO_ANSWER_TIME", "WAZO_CALL_RECORD_ACTIVE",
        "WAZO_CALL_RECORD_SIDE", "WAZO_CHANNEL_DIRECTION", "WAZO_CONVERSATION_DIRECTION", "WAZO_DEREFERENCED_USERUUID",
        "WAZO_ENTRY_CONTEXT", "WAZO_ENTRY_EXTEN", "WAZO_LINE_ID", "WAZO_LOCAL_CHAN_MATCH_UUID", "WAZO_RECORDING_PAUSED",
        "WAZO_SIP_CALL_ID", "WAZO_SWITCHBOARD_HOLD", "WAZO_SWITCHBOARD_QUEUE", "WAZO_TENANT_UUID", "WAZO_USERUUID",
        "XIVO_BASE_EXTEN", "XIVO_ON_HOLD",
    ]
    /// Variables that ARI's events must carry.
    public static let ariVariables: Set<String> = managerVariables.union([
        "CHANNEL(channeltype)", "WAZO_CALL_DIRECTION", "WAZO_CALL_MUTED", "WAZO_CALL_PARKED", "WAZO_GROUPNAME",
        "WAZO_GROUP_DTMF_RECORD_TOGGLE_ENABLED", "WAZO_QUEUENAME", "WAZO_QUEUE_DTMF_RECORD_TOGGLE_ENABLED",
        "WAZO_RECORDING_UUID", "WAZO_RECORD_GROUP_CALLEE", "WAZO_RECORD_PENDING", "WAZO_RECORD_QUEUE_CALLEE",
        "WAZO_USER_DTMF_RECORD_TOGGLE_ENABLED", "WAZO_USER_OUTGOING_CALL",
    ])

    private let facts: Facts

    /// A check of these facts.
    public init(_ facts: Facts) { self.facts = facts }

    /// One line for each thing that is missing, with what to do about it.
    public func problems() -> [String] {
        agiProblems + musicProblems
            + missing(Self.ariVariables, in: facts.ariVariables, of: "ari.conf")
            + missing(Self.managerVariables, in: facts.managerVariables, of: "manager.conf")
    }

    private var agiProblems: [String] {
        guard let globals = facts.globals else { return [] }
        guard let text = globals["WAZO_AGID_IP"], !text.isEmpty else {
            return [
                "global WAZO_AGID_IP is missing: the dialplan cannot ask Tandem; is dialplan/globals.conf included?"
            ]
        }
        let parts = text.parts(separatedBy: ":", most: 2)
        let port = parts.count == 2 ? Int(parts[1]) : Self.usualPort
        if port == facts.agi.port { return [] }
        return [
            "global WAZO_AGID_IP is \(text), and Tandem listens on port \(facts.agi.port) (agid.listen_port): "
                + "no handler is reached"
        ]
    }

    private var musicProblems: [String] {
        guard let music = facts.music else { return [] }
        guard music["default"] != nil else {
            return ["music class default is missing: who waits hears nothing; is its folder there?"]
        }
        return music.filter { $0.value.mode == "files" && $0.value.files == 0 }.map(\.key).sorted(by: \.self).map {
            "music class \($0) has no file: who waits hears nothing"
        }
    }

    private func missing(_ needed: Set<String>, in present: Set<String>?, of file: String) -> [String] {
        guard let present else { return [] }
        let missing = needed.subtracting(present).sorted(by: \.self)
        if missing.isEmpty { return [] }
        return [
            "\(missing.count == needed.count ? "all" : "some") channelvars are missing in \(file) "
                + "(deploy/asterisk/\(file)), what is told of calls is wrong: \(missing.joined(separator: ","))"
        ]
    }
}

extension SetUpCheck.Facts {
    /// Reads the output of `dialplan show globals`.
    public mutating func readGlobals(_ lines: [String]) {
        globals = Dictionary(
            lines.compactMap { line in
                String(scalars: line.unicodeScalars.drop { $0 == " " }).halves(at: "=").map { ($0.before, $0.behind) }
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Reads the outputs of `moh show classes` and `moh show files`.
    public mutating func readMusic(classes: [String], files: [String]) {
        var found: [String: (mode: String, files: Int)] = [:]
        var name = ""
        for line in classes {
            if let value = Self.value(of: "Class", in: line) {
                name = value
                found[name] = ("", 0)
            } else if let mode = Self.value(of: "Mode", in: line) {
                found[name]?.mode = mode
            }
        }
        for line in files {
            if let value = Self.value(of: "Class", in: line) { name = value }
            if Self.value(of: "File", in: line) != nil { found[name]?.files += 1 }
        }
        music = found
    }

    /// Reads the output of `manager show settings`.
    public mutating func readManagerSettings(_ lines: [String]) {
        guard let list = lines.lazy.compactMap({ Self.value(of: "Channel vars", in: $0) }).first else { return }
        managerVariables = Self.variables(list)
    }

    /// Reads the lines of section `general` of `ari.conf`, each `name=value`.
    public mutating func readARISection(_ lines: [String]) {
        let lists = lines.compactMap { $0.suffix(after: "channelvars=") }
        // The last one counts.
        ariVariables = Self.variables(lists.last ?? "")
    }

    private static func value(of name: String, in line: String) -> String? {
        let text = line.trimmed { $0 == " " || $0 == "\t" }
        return text.suffix(after: "\(name):")?.trimmed { $0 == " " }
    }

    private static func variables(_ list: String) -> Set<String> {
        Set(list.parts(separatedBy: ",").map { $0.without(" ") })
    }
}
