extension SiteTables {
    func readDialplan(into site: inout Site) throws {
        site.contexts = try rows(Self.context).filter(\.isEnabled).map { row in
            Context(
                name: row["name"],
                tenant: row["tenant_uuid"],
                type: row["contexttype"],
                label: row["displayname"]
            )
        }
        site.includes = try rows(Self.contextInclude).map {
            ContextInclude(context: $0["context"], include: $0["include"], priority: $0.number("priority"))
        }
        let enabledLines = Set(site.lines.filter(\.isEnabled).map(\.id))
        let linesOfExtension = Dictionary(grouping: site.lineExtensions, by: \.extension)
        site.extensions = try rows(Self.extensions).compactMap { row in
            let id = row.number("id")
            guard row.isEnabled, row["typeval"] != "0", !row["typeval"].isEmpty else { return nil }
            // On lines of which none is enabled: nobody is there.
            if let links = linesOfExtension[id], !links.contains(where: { enabledLines.contains($0.line) }) {
                return nil
            }
            return Extension(
                id: id,
                context: row["context"],
                exten: row["exten"],
                type: row["type"],
                target: row["typeval"]
            )
        }
        site.applications = try rows(Self.application).map { $0["uuid"] }
        try readCodes(into: &site)
        try readVoiceMenus(into: &site)
    }

    private func readCodes(into site: inout Site) throws {
        site.featureCodes = try rows(Self.featureExtension).map { row in
            FeatureCode(
                uuid: row["uuid"],
                exten: row["exten"],
                feature: row["feature"],
                isEnabled: row.optional("enabled") == nil || row.flag("enabled")
            )
        }
        site.features = try fileOptions(Self.features, file: "features.conf")
    }

    private func readVoiceMenus(into site: inout Site) throws {
        let choices = Dictionary(grouping: try rows(Self.ivrChoice)) { $0.number("ivr_id") }
        site.voiceMenus = try rows(Self.ivr).map { row in
            VoiceMenu(
                id: row.number("id"),
                label: row["name"],
                greetingSound: row["greeting_sound"],
                menuSound: row["menu_sound"],
                invalidSound: row["invalid_sound"],
                abortSound: row["abort_sound"],
                timeout: row.integer("timeout") ?? 5,
                maximumTries: row.integer("max_tries") ?? 3,
                choices: choices[row.number("id"), default: []].map {
                    VoiceMenu.Choice(id: $0.number("id"), exten: $0["exten"])
                }
            )
        }
        site.destinations = try rows(Self.dialAction).filter { ["ivr", "ivr_choice"].contains($0["category"]) }.map {
            row in
            Destination(
                event: row["event"],
                category: row["category"],
                object: row["categoryval"],
                action: row["action"],
                argument1: row["actionarg1"],
                argument2: row["actionarg2"]
            )
        }
    }

    func readFunctionKeys(into site: inout Site) throws {
        site.callFilters = Set(try rows(Self.callFilter).filter(\.isEnabled).map { $0.number("id") })
        site.callFilterMembers = try rows(Self.callFilterMember).filter { $0["type"] == "user" }.compactMap { row in
            row.integer("typeval").map {
                CallFilterMember(id: row.number("id"), filter: row.number("callfilterid"), user: $0)
            }
        }
        let codes = Dictionary(
            site.featureCodes.map { ($0.uuid, DialplanText.code(of: $0.exten)) },
            uniquingKeysWith: { first, _ in first }
        )
        var targets: [Int: FunctionKey.Target] = [:]
        func add(_ table: SiteTable, _ target: (SiteRow, String) -> FunctionKey.Target?) throws {
            for row in try rows(table) {
                let code = codes[row["feature_extension_uuid"]] ?? ""
                if row.optional("feature_extension_uuid") != nil, code.isEmpty { continue }
                targets[row.number("func_key_id")] = target(row, code)
            }
        }
        try add(Self.keyService) { .service(code: $1) }
        try add(Self.keyForward) { .forward(code: $1, number: $0["number"]) }
        try add(Self.keyGroupMember) { .groupMember(code: $1, group: $0.number("group_id")) }
        try add(Self.keyAgent) { .agent(code: $1, agent: $0.number("agent_id")) }
        try add(Self.keyFilter) { row, _ in .callFilter(member: row.number("filtermember_id")) }
        try add(Self.keyCustom) { row, _ in .custom(exten: row["exten"]) }
        site.functionKeys = try rows(Self.keyMapping).compactMap { row in
            targets[row.number("func_key_id")].map { target in
                FunctionKey(
                    template: row.number("template_id"),
                    lights: row.optional("blf") == nil || row.flag("blf"),
                    target: target
                )
            }
        }
    }
}
