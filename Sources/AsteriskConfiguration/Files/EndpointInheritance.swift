import Core

/// Resolves the options of an endpoint from its templates (contract 44 §2.1). Templates do not appear in the file.
struct EndpointInheritance {
    /// Templates above templates at most.
    static let deepest = 16

    /// An option and the endpoint or template that it comes from.
    struct Inherited {
        var option: ConfigurationOption
        var source: String
    }

    private let endpoints: [String: SIPEndpoint]
    private let transports: [String: String]

    init(_ site: Site) {
        endpoints = Dictionary(site.endpoints.map { ($0.uuid, $0) }, uniquingKeysWith: { first, _ in first })
        transports = Dictionary(site.transports.map { ($0.uuid, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// What parents and own rows say, weakest first.
    /// - Parameter ownRows: The endpoint's own rows, in place of those that are stored.
    func options(
        _ part: SIPEndpoint.Part,
        of endpoint: SIPEndpoint,
        ownRows: [ConfigurationOption]? = nil
    ) -> [Inherited] {
        inherited(part, of: endpoint, path: [], ownRows: ownRows)
    }

    /// Whether a template is above itself, or too far above.
    func isCircular(_ endpoint: SIPEndpoint, path: [String] = []) -> Bool {
        guard path.count <= Self.deepest, !path.contains(endpoint.uuid) else { return true }
        return endpoint.parents.compactMap { endpoints[$0] }.contains { isCircular($0, path: path + [endpoint.uuid]) }
    }

    private func inherited(
        _ part: SIPEndpoint.Part,
        of endpoint: SIPEndpoint,
        path: [String],
        ownRows: [ConfigurationOption]?
    ) -> [Inherited] {
        guard path.count <= Self.deepest, !path.contains(endpoint.uuid) else { return [] }
        var list: [Inherited] = []
        for parent in endpoint.parents.compactMap({ endpoints[$0] }) {
            if part == .endpoint {
                list.append(Inherited(option: .variable("__WAZO_TENANT_UUID", parent.tenant), source: parent.uuid))
            }
            list += inherited(part, of: parent, path: path + [endpoint.uuid], ownRows: nil)
        }
        let own = ownRows ?? endpoint.parts[part, default: []]
        list += own.map { Inherited(option: $0, source: endpoint.uuid) }
        guard part == .endpoint else { return list }
        if let transport = endpoint.transport.flatMap({ transports[$0] }) {
            list.append(Inherited(option: ConfigurationOption("transport", transport), source: endpoint.uuid))
        }
        if let callerID = list.last(where: { $0.option.key == "callerid" })?.option.value {
            list.append(Inherited(option: .variable("XIVO_ORIGINAL_CALLER_ID", callerID), source: endpoint.uuid))
        }
        return list
    }

    /// The list as it is written: the last value of each key, in the place of its first; then the variables, the
    /// last of each name, and the addresses. Of static contacts, all that the strongest source has.
    static func canonical(_ list: [Inherited]) -> [ConfigurationOption] {
        var keys: [String] = []
        var values: [String: String] = [:]
        var variables: [(name: String, option: ConfigurationOption)] = []
        var matches: [ConfigurationOption] = []
        for option in list.map(\.option) {
            switch option.key {
            case "set_var":
                let name = option.value.halves(at: "=")?.before ?? option.value
                variables.removeAll { $0.name == name }
                variables.append((name, option))
            case "match":
                if !matches.contains(option) { matches.append(option) }
            default:
                if values.updateValue(option.value, forKey: option.key) == nil { keys.append(option.key) }
            }
        }
        let source = list.last { $0.option.key == "contact" }?.source
        let contacts = list.filter { $0.option.key == "contact" && $0.source == source }.map(\.option)
        let plain = keys.flatMap { key in
            key == "contact" ? contacts : [ConfigurationOption(key, values[key] ?? "")]
        }
        return plain + variables.map(\.option) + matches
    }
}
