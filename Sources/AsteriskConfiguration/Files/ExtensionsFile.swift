/// The generated part of extensions.conf (contracts 44 §4, 42 §2): hints of users, contexts, feature codes,
/// applications, voice menus. What it calls is in the static dialplan.
struct ExtensionsFile {
    private let site: Site
    private(set) var remarks: [String] = []

    init(_ site: Site) { self.site = site }

    /// The sections in the order of the file.
    mutating func sections() -> [ConfigurationSection] {
        let hints = Hints(site)
        let contexts = writableContexts()
        let names = Set(contexts.map(\.name))
        var sections = trunkFormats()
        sections.append(hints.sharedLines())
        for context in contexts { sections.append(section(of: context, names: names, hints: hints)) }
        sections.append(FeatureCodes(site.featureCodes).section())
        // For an operator to add to; every internal context includes it.
        sections.append(ConfigurationSection("xivo-extrafeatures"))
        sections += site.applications.sorted(by: \.self).compactMap { application($0) }
        var menus = VoiceMenus(site)
        sections += menus.sections()
        remarks += hints.remarks + menus.remarks
        return sections
    }

    private mutating func writableContexts() -> [Context] {
        let contexts = site.contexts.sorted(by: \.name)
        return contexts.filter { context in
            if DialplanText.isWord(context.name) { return true }
            remarks.append(
                "context \"\(ConfigurationWriter.withoutControls(context.name))\" left out: its name cannot be written"
            )
            return false
        }
    }

    /// Format of the caller's number of each SIP trunk: the dialplan cannot read an endpoint's variables (42 §11).
    private func trunkFormats() -> [ConfigurationSection] {
        let names = Dictionary(site.endpoints.map { ($0.uuid, $0.name) }, uniquingKeysWith: { first, _ in first })
        let options = site.trunks.compactMap { trunk -> ConfigurationOption? in
            guard let name = trunk.sipEndpoint.flatMap({ names[$0] }), DialplanText.isWord(name) else { return nil }
            return ConfigurationOption("WAZO_PAI_FORMAT_\(name)", trunk.callerIDFormat)
        }
        if options.isEmpty { return [] }
        return [ConfigurationSection("globals", form: .addition, options.sorted(by: \.key))]
    }

    // MARK: Contexts

    private mutating func section(of context: Context, names: Set<String>, hints: Hints) -> ConfigurationSection {
        var section = DialplanContext(context.name, label: context.label)
        for name in includes(of: context, names: names) { section.include(name) }
        if let entry = Self.prologue(of: context) {
            for number in site.extensions.filter({ $0.context == context.name && $0.type != "parking" }).sorted(
                by: \.exten
            ) {
                guard let steps = steps(of: number) else { continue }
                section.add(number.exten, [entry] + steps)
            }
        }
        for hint in hints.hints(of: context.name) { section.hint(hint.exten, hint.devices) }
        return section.section
    }

    private mutating func includes(of context: Context, names: Set<String>) -> [String] {
        let own = site.includes.filter { $0.context == context.name }
            .sorted(by: \.include).sorted { $0.priority < $1.priority }.map(\.include)
        for name in own where !names.contains(name) {
            remarks.append(
                "context \(context.name) includes \(ConfigurationWriter.withoutControls(name)), which is not there"
            )
        }
        let known = own.filter(names.contains)
        switch context.type {
        case "internal":
            return ["xivo-features", "xivo-extrafeatures", "wazo-meeting-user"] + known + ["tandem-internal-rest"]
        case "incall": return known + ["tandem-incall-rest"]
        case "outcall": return known
        default: return known + ["tandem-other-rest"]
        }
    }

    /// The first step of every extension; `nil` for contexts whose numbers lead nowhere.
    private static func prologue(of context: Context) -> String? {
        guard ["internal", "incall", "outcall"].contains(context.type), DialplanText.isWord(context.tenant) else {
            return nil
        }
        return "Gosub(contextlib,\(context.type),1(\(context.tenant),${CONTEXT},${EXTEN}))"
    }

    private mutating func steps(of number: Extension) -> [String]? {
        guard DialplanText.isExtension(number.exten), DialplanText.isWord(number.target) else {
            remarks.append("extension \(number.id) left out: its number or its target cannot be written")
            return nil
        }
        switch number.type {
        case "user": return ["Gosub(user,s,1(\(number.target),,\(number.id)))", "Hangup()"]
        case "incall": return ["Gosub(did,s,1(\(number.target),))", "Hangup()"]
        case "group", "queue", "conference", "outcall":
            return ["Gosub(\(number.type),s,1(\(number.target),))", "Hangup()"]
        default:
            remarks.append("extension \(number.id) left out: nothing serves its type")
            return nil
        }
    }

    /// Asterisk makes such a context while the application is registered; this one is there also when Tandem is
    /// down (contract 44 §4).
    private mutating func application(_ uuid: String) -> ConfigurationSection? {
        guard DialplanText.isWord(uuid) else {
            remarks.append("an application left out: its uuid cannot be written")
            return nil
        }
        var context = DialplanContext("stasis-wazo-app-\(uuid)")
        // any extension; the shorter _. would draw a warning
        context.add(
            "_[!-~]!",
            [
                "Stasis(wazo-app-\(uuid))",
                "GotoIf($[\"${STASISSTATUS}\" = \"FAILED\" | \"${TANDEM_REFUSED}\" = \"1\"]?agi_fail,announce,1)",
                "Hangup()",
            ]
        )
        context.add("h", ["NoOp()"])
        return context.section
    }
}
