/// pjsip.conf (contract 44 §2): raw sections, transports, lines, trunks, guests of meetings.
struct PJSIPFile {
    /// What an endpoint is there for.
    enum Kind {
        case line(Line)
        case trunk(Trunk)
        case guest(Meeting)

        /// The parts that are written for it, in this order.
        var parts: [SIPEndpoint.Part] {
            switch self {
            case .line, .guest: [.endpoint, .aor, .auth, .outboundAuth]
            case .trunk:
                [.endpoint, .aor, .auth, .identify, .outboundAuth, .registration, .registrationOutboundAuth]
            }
        }
    }

    private let site: Site
    private let inheritance: EndpointInheritance
    private let facts: LineFacts
    private let doubts: EndpointDoubts
    private(set) var remarks: [String] = []

    init(_ site: Site) {
        self.site = site
        inheritance = EndpointInheritance(site)
        facts = LineFacts(site)
        doubts = EndpointDoubts(site)
    }

    /// The sections in the order of the file.
    mutating func sections() -> [ConfigurationSection] {
        var sections = rawSections()
        var taken = Set(sections.map(\.name))
        for transport in site.transports.sorted(by: \.name) where taken.insert(transport.name).inserted {
            let options = [ConfigurationOption("type", "transport")] + transport.options.filter { $0.key != "type" }
            sections.append(ConfigurationSection(transport.name, options))
        }
        for (endpoint, kind) in endpointsInUse() {
            guard taken.insert(endpoint.name).inserted else {
                remarks.append("endpoint \(endpoint.name) left out: the name is taken")
                continue
            }
            let own = self.sections(of: endpoint, kind)
            remarks += doubts.remarks(endpoint.name, own)
            sections += own
        }
        return sections
    }

    private func rawSections() -> [ConfigurationSection] {
        var raw = site.rawFiles["pjsip.conf"] ?? Seeds.pjsip
        for name in ["system", "global"] where !raw.contains(where: { $0.name == name }) {
            raw.insert(RawSection(name: name), at: 0)
        }
        return raw.map { section in
            var options = section.options
            if ["global", "system"].contains(section.name), !options.contains(where: { $0.key == "type" }) {
                options.insert(ConfigurationOption("type", section.name), at: 0)
            }
            return ConfigurationSection(section.name, options)
        }
    }

    private mutating func endpointsInUse() -> [(SIPEndpoint, Kind)] {
        let known = Dictionary(site.endpoints.map { ($0.uuid, $0) }, uniquingKeysWith: { first, _ in first })
        func sorted(_ pairs: [(String?, Kind)]) -> [(SIPEndpoint, Kind)] {
            pairs.compactMap { uuid, kind in uuid.flatMap { known[$0] }.map { ($0, kind) } }.sorted(by: \.0.name)
        }
        let all =
            sorted(site.lines.filter(\.isEnabled).map { ($0.sipEndpoint, .line($0)) })
            + sorted(site.trunks.map { ($0.sipEndpoint, .trunk($0)) })
            + sorted(site.meetings.map { ($0.guestEndpoint, .guest($0)) })
        return all.filter { endpoint, _ in
            guard !endpoint.name.unicodeScalars.contains(","), ConfigurationWriter.isSectionName(endpoint.name) else {
                remarks.append("endpoint \(endpoint.uuid) left out: its name cannot be written")
                return false
            }
            if inheritance.isCircular(endpoint) {
                remarks.append("endpoint \(endpoint.name): its templates go round in a circle, or are too many")
            }
            return true
        }
    }

    // MARK: One endpoint

    private mutating func sections(of endpoint: SIPEndpoint, _ kind: Kind) -> [ConfigurationSection] {
        var lists: [SIPEndpoint.Part: [ConfigurationOption]] = [:]
        for part in kind.parts where part != .endpoint {
            let list = defaults(part, kind) + inheritance.options(part, of: endpoint)
            if !list.isEmpty { lists[part] = EndpointInheritance.canonical(list) }
            warnOfRepeated(part, of: endpoint)
        }
        warnOfRepeated(.endpoint, of: endpoint)
        lists[.endpoint] = endpointOptions(endpoint, kind, parts: Set(lists.keys))
        return kind.parts.compactMap { part in
            lists[part].map { options in
                let closing = Self.closing(part, endpoint.name, beside: lists)
                return ConfigurationSection(
                    Self.sectionName(part, endpoint.name),
                    label: part == .endpoint ? endpoint.label : "",
                    options.filter { option in !closing.contains { $0.key == option.key } } + closing
                )
            }
        }
    }

    private func endpointOptions(
        _ endpoint: SIPEndpoint,
        _ kind: Kind,
        parts: Set<SIPEndpoint.Part>
    ) -> [ConfigurationOption] {
        var own = endpoint.parts[.endpoint, default: []]
        // What confd writes there itself whenever a line, user or number changes.
        if case .line(let line) = kind, !own.contains(where: { $0.key == "callerid" }),
            let callerID = facts.callerID(of: line)
        {
            own.append(ConfigurationOption("callerid", callerID))
        }
        var generated: [ConfigurationOption] = []
        if parts.contains(.aor) { generated.append(ConfigurationOption("aors", endpoint.name)) }
        if parts.contains(.auth) { generated.append(ConfigurationOption("auth", endpoint.name)) }
        if parts.contains(.outboundAuth) {
            generated.append(ConfigurationOption("outbound_auth", "outbound_auth_\(endpoint.name)"))
        }
        func from(_ source: String, _ options: [ConfigurationOption]) -> [EndpointInheritance.Inherited] {
            options.map { EndpointInheritance.Inherited(option: $0, source: source) }
        }
        return EndpointInheritance.canonical(
            from("", endpointDefaults(endpoint, kind)) + inheritance.options(.endpoint, of: endpoint, ownRows: own)
                + from(endpoint.uuid, generated)
        )
    }

    /// What the kind says, weaker than all templates.
    private func endpointDefaults(_ endpoint: SIPEndpoint, _ kind: Kind) -> [ConfigurationOption] {
        var defaults = [ConfigurationOption.variable("__WAZO_TENANT_UUID", endpoint.tenant)]
        switch kind {
        case .line(let line):
            defaults += facts.options(of: line) + recordingSounds(endpoint.tenant)
            defaults += facts.groupsAndMailboxes(of: line)
        case .trunk(let trunk):
            defaults.append(.variable("WAZO_PAI_FORMAT", trunk.callerIDFormat))
            if !trunk.context.isEmpty { defaults.append(ConfigurationOption("context", trunk.context)) }
            defaults += recordingSounds(endpoint.tenant)
        case .guest(let meeting):
            defaults += [
                .variable("WAZO_CHANNEL_DIRECTION", "from-wazo"), .variable("WAZO_MEETING_UUID", meeting.uuid),
                .variable("WAZO_MEETING_NAME", meeting.name),
            ]
            defaults += recordingSounds(endpoint.tenant)
        }
        return defaults
    }

    /// Options of other parts that the kind brings.
    private func defaults(_ part: SIPEndpoint.Part, _ kind: Kind) -> [EndpointInheritance.Inherited] {
        guard part == .aor, case .line(let line) = kind else { return [] }
        return facts.mailboxes(of: line).map { EndpointInheritance.Inherited(option: $0, source: "") }
    }

    private func recordingSounds(_ tenant: String) -> [ConfigurationOption] {
        guard let tenant = site.tenants.first(where: { $0.uuid == tenant }) else { return [] }
        return [
            ("__WAZO_RECORDING_START_SOUND", tenant.recordingStart),
            ("__WAZO_RECORDING_STOP_SOUND", tenant.recordingStop),
        ].filter { !$0.1.isEmpty }.map { .variable($0.0, $0.1) }
    }

    private mutating func warnOfRepeated(_ part: SIPEndpoint.Part, of endpoint: SIPEndpoint) {
        var seen: Set<String> = []
        for option in endpoint.parts[part, default: []] where !["set_var", "match", "contact"].contains(option.key) {
            if !seen.insert(option.key).inserted {
                remarks.append(
                    "endpoint \(endpoint.name): \(option.key) is there twice in its \(part.rawValue) section"
                )
            }
        }
    }

    private static func sectionName(_ part: SIPEndpoint.Part, _ name: String) -> String {
        switch part {
        case .outboundAuth: "outbound_auth_\(name)"
        case .registrationOutboundAuth: "auth_reg_\(name)"
        default: name
        }
    }

    /// What each section ends with, stronger than all else.
    private static func closing(
        _ part: SIPEndpoint.Part,
        _ name: String,
        beside lists: [SIPEndpoint.Part: [ConfigurationOption]]
    ) -> [ConfigurationOption] {
        switch part {
        case .endpoint: return [ConfigurationOption("type", "endpoint")]
        case .aor: return [ConfigurationOption("type", "aor")]
        case .auth, .outboundAuth, .registrationOutboundAuth: return [ConfigurationOption("type", "auth")]
        case .identify: return [ConfigurationOption("type", "identify"), ConfigurationOption("endpoint", name)]
        case .registration:
            var options = [ConfigurationOption("type", "registration")]
            // Asterisk 22 refuses a registration that names an endpoint without line support.
            let line = lists[part]?.first { $0.key == "line" }?.value
            if let line, ["yes", "true", "on", "1"].contains(line) {
                options.append(ConfigurationOption("endpoint", name))
            }
            if lists[.registrationOutboundAuth] != nil {
                options.append(ConfigurationOption("outbound_auth", "auth_reg_\(name)"))
            }
            return options
        }
    }
}
