/// Hints: which devices a number stands for (contract 44 §4).
struct Hints {
    struct Hint: Hashable {
        var exten: String
        var devices: String
    }

    private let site: Site
    private let linesByID: [Int: Line]
    private let extensionsByID: [Int: Extension]
    private let extensionsOfLine: [Int: [LineExtension]]
    private let linesOfUser: [Int: [UserLine]]
    private let endpointNames: [String: String]
    private var byContext: [String: [Hint]] = [:]
    private(set) var remarks: [String] = []

    init(_ site: Site) {
        self.site = site
        linesByID = Dictionary(site.lines.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        extensionsByID = Dictionary(site.extensions.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        extensionsOfLine = Dictionary(grouping: site.lineExtensions, by: \.line)
        linesOfUser = Dictionary(grouping: site.userLines, by: \.user).mapValues { links in
            links.sorted { ($0.isMainLine ? 0 : 1, $0.line) < ($1.isMainLine ? 0 : 1, $1.line) }
        }
        endpointNames = Dictionary(site.endpoints.map { ($0.uuid, $0.name) }, uniquingKeysWith: { first, _ in first })
        collect()
    }

    /// The hints of a context, in the order of their kinds; the first for an extension counts.
    func hints(of context: String) -> [Hint] { byContext[context, default: []] }

    /// All devices of each user, the mobile first, for members of groups and queues.
    func sharedLines() -> ConfigurationSection {
        var context = DialplanContext("usersharedlines")
        for user in site.users.sorted(by: \.uuid) where DialplanText.isWord(user.uuid) {
            let devices = linesOfUser[user.id, default: []].compactMap { linesByID[$0.line].flatMap(device) }
            context.hint(user.uuid, (["Custom:\(user.uuid)-mobile"] + devices).joined(separator: "&"))
        }
        return context.section
    }

    // MARK: Collecting

    private mutating func collect() {
        var kinds = [userHints(), conferenceHints()]
        kinds += functionKeyHints()
        var taken: [String: Set<String>] = [:]
        for kind in kinds {
            for (context, hint) in kind.sorted(by: \.1.exten) {
                guard taken[context, default: []].insert(hint.exten).inserted else { continue }
                byContext[context, default: []].append(hint)
            }
        }
    }

    private func device(_ line: Line) -> String? {
        let name: String?
        if let endpoint = line.sipEndpoint {
            name = endpointNames[endpoint].map { "PJSIP/\($0)" }
        } else if let sccp = line.sccp {
            name = site.sccpNames[sccp].map { "SCCP/\($0)" }
        } else {
            name = line.custom.flatMap { site.customInterfaces[$0] }
        }
        return name.flatMap { DialplanText.isWord($0) ? $0 : nil }
    }

    private func userHints() -> [(String, Hint)] {
        site.users.filter(\.hasHint).flatMap { user -> [(String, Hint)] in
            let lines = linesOfUser[user.id, default: []].filter(\.isMainUser).compactMap { linesByID[$0.line] }
            let devices = lines.filter(\.isEnabled).compactMap(device).joined(separator: "&")
            guard !devices.isEmpty else { return [] }
            let numbers = lines.flatMap { extensionsOfLine[$0.id, default: []] }.filter(\.isMain)
                .compactMap { extensionsByID[$0.extension] }
            return numbers.filter { DialplanText.isExtension($0.exten) }
                .map { ($0.context, Hint(exten: $0.exten, devices: devices)) }
        }
    }

    private func conferenceHints() -> [(String, Hint)] {
        site.extensions.filter {
            $0.type == "conference" && DialplanText.isExtension($0.exten) && DialplanText.isWord($0.target)
        }
        // the name that the dialplan gives the room
        .map { ($0.context, Hint(exten: $0.exten, devices: "confbridge:wazo-conference-\($0.target)")) }
    }

    // MARK: Function keys

    /// Hints by kind: service, forward, group member, agent, filter, custom.
    private mutating func functionKeyHints() -> [[(String, Hint)]] {
        let codes = Dictionary(
            site.featureCodes.map { ($0.feature, DialplanText.code(of: $0.exten)) },
            uniquingKeysWith: { first, _ in first }
        )
        let owners = Dictionary(site.users.map { ($0.template, $0) }, uniquingKeysWith: { first, _ in first })
        var kinds = [[(String, Hint)]](repeating: [], count: 6)
        for key in site.functionKeys {
            guard let owner = owners[key.template] else { continue }
            if case .callFilter(let member) = key.target {
                if let hint = filterHint(member, code: codes["bsfilter"]) { kinds[4].append(hint) }
                continue
            }
            guard key.lights, let place = mainContext(of: owner.id) else { continue }
            if case .custom(let exten) = key.target {
                if DialplanText.isExtension(exten) {
                    kinds[5].append((place, Hint(exten: exten, devices: "Custom:\(exten)")))
                }
                continue
            }
            guard let prefix = codes["phoneprogfunckey"] else {
                remarks.append("function keys have no hints: there is no feature code phoneprogfunckey")
                break
            }
            let (kind, parts) = Self.parts(key.target)
            let exten = DialplanText.functionKey(prefix: prefix, ["\(owner.id)"] + parts)
            if DialplanText.isExtension(exten) {
                kinds[kind].append((place, Hint(exten: exten, devices: "Custom:\(exten)")))
            }
        }
        return kinds
    }

    private static func parts(_ target: FunctionKey.Target) -> (kind: Int, parts: [String]) {
        switch target {
        case .service(let code): (0, [code])
        case .forward(let code, let number): (1, number.isEmpty ? [code] : [code, number])
        case .groupMember(let code, let group): (2, [code, "\(group)"])
        case .agent(let code, let agent): (3, [code, "*\(agent)"])
        case .callFilter(let member): (4, ["\(member)"])
        case .custom(let exten): (5, [exten])
        }
    }

    /// In the context of the secretary, whom the filter's member is.
    private func filterHint(_ id: Int, code: String?) -> (String, Hint)? {
        guard let code, let member = site.callFilterMembers.first(where: { $0.id == id }),
            site.callFilters.contains(member.filter), let place = mainContext(of: member.user)
        else { return nil }
        return (place, Hint(exten: "\(code)\(id)", devices: "Custom:\(code)\(id)"))
    }

    /// The context of the main extension of a user's main line.
    private func mainContext(of user: Int) -> String? {
        guard let link = linesOfUser[user, default: []].first(where: { $0.isMainUser && $0.isMainLine }) else {
            return nil
        }
        return extensionsOfLine[link.line, default: []].filter(\.isMain).lazy
            .compactMap { extensionsByID[$0.extension]?.context }.first
    }
}
