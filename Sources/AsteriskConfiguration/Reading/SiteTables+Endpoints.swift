import Core
import Foundation

extension SiteTables {
    func readUsersAndLines(into site: inout Site) throws {
        site.tenants = try rows(Self.tenant).map {
            Tenant(
                uuid: $0["uuid"],
                recordingStart: $0["record_start_announcement"],
                recordingStop: $0["record_stop_announcement"]
            )
        }
        site.users = try rows(Self.userFeatures).map { row in
            User(
                id: row.number("id"),
                uuid: row["uuid"],
                callerID: row["callerid"],
                mailbox: row.integer("voicemailid"),
                simultaneousCalls: row.integer("simultcalls") ?? 5,
                hasHint: row.integer("enablehint") ?? 1 == 1,
                recordsOnline: row.flag("enableonlinerec"),
                template: row.number("func_key_private_template_id")
            )
        }
        try readLines(into: &site)
    }

    private func readLines(into site: inout Site) throws {
        site.lines = try rows(Self.lineFeatures).map { row in
            Line(
                id: row.number("id"),
                context: row["context"],
                application: row.optional("application_uuid"),
                isEnabled: row.isEnabled,
                sipEndpoint: row.optional("endpoint_sip_uuid"),
                sccp: row.integer("endpoint_sccp_id"),
                custom: row.integer("endpoint_custom_id")
            )
        }
        site.userLines = try rows(Self.userLine).map { row in
            UserLine(
                user: row.number("user_id"),
                line: row.number("line_id"),
                isMainUser: row.flag("main_user"),
                isMainLine: row.flag("main_line")
            )
        }
        site.lineExtensions = try rows(Self.lineExtension).map { row in
            LineExtension(
                line: row.number("line_id"),
                extension: row.number("extension_id"),
                isMain: row.flag("main_extension")
            )
        }
        for row in try rows(Self.sccpLine) { site.sccpNames[row.number("id")] = row["name"] }
        for row in try rows(Self.userCustom) { site.customInterfaces[row.number("id")] = row["interface"] }
    }

    func readEndpoints(into site: inout Site) throws {
        let parents = Dictionary(grouping: try rows(Self.endpointTemplate)) { $0["child_uuid"] }
        let parts = Dictionary(grouping: try rows(Self.endpointSection)) { $0["endpoint_sip_uuid"] }
        let options = Dictionary(grouping: try rows(Self.endpointOption)) { $0["endpoint_sip_section_uuid"] }
        site.endpoints = try rows(Self.endpointSIP).map { row in
            var endpoint = SIPEndpoint(
                uuid: row["uuid"],
                name: row["name"],
                label: row["label"],
                tenant: row["tenant_uuid"]
            )
            endpoint.transport = row.optional("transport_uuid")
            endpoint.parents = parents[endpoint.uuid, default: []].map { $0["parent_uuid"] }
            for part in parts[endpoint.uuid, default: []] {
                guard let kind = SIPEndpoint.Part(rawValue: part["type"]) else { continue }
                endpoint.parts[kind] = options[part["uuid"], default: []]
                    .map { ConfigurationOption($0["key"], $0["value"]) }
                    .sorted(by: \.value).sorted(by: \.key)
            }
            return endpoint
        }
        let transportOptions = Dictionary(grouping: try rows(Self.transportOption)) { $0["pjsip_transport_uuid"] }
        site.transports = try rows(Self.transport).map { row in
            Transport(
                uuid: row["uuid"],
                name: row["name"],
                options: transportOptions[row["uuid"], default: []].map { ConfigurationOption($0["key"], $0["value"]) }
            )
        }
        try readTrunks(into: &site)
        try readIAX(into: &site)
    }

    private func readTrunks(into site: inout Site) throws {
        site.trunks = try rows(Self.trunkFeatures).map { row in
            Trunk(
                id: row.number("id"),
                sipEndpoint: row.optional("endpoint_sip_uuid"),
                iaxEndpoint: row.integer("endpoint_iax_id"),
                context: row["context"],
                callerIDFormat: row.optional("outgoing_caller_id_format") ?? "+E164"
            )
        }
        site.meetings = try rows(Self.meeting).map {
            Meeting(uuid: $0["uuid"], name: $0["name"], guestEndpoint: $0.optional("guest_endpoint_sip_uuid"))
        }
    }

    private func readIAX(into site: inout Site) throws {
        site.iax.general = try fileOptions(Self.staticIAX, file: "iax.conf")["general", default: []]
        site.iax.callLimits = try rows(Self.iaxLimits).map {
            IAXSite.CallLimit(network: "\($0["destination"])/\($0["netmask"])", calls: $0["calllimits"])
        }
        let words: Set = [
            "trunk", "adsi", "jitterbuffer", "forcejitterbuffer", "sendani", "qualifysmoothing", "immediate",
            "keyrotate",
        ]
        let left: Set = ["id", "name", "category", "commented", "options"]
        let columns = presentColumns(Self.userIAX).filter { !left.contains($0) }
        site.iax.peers = try rows(Self.userIAX).filter { $0.isEnabled && $0["category"] == "trunk" }.map { row in
            let options = columns.compactMap { column -> ConfigurationOption? in
                guard let value = row.optional(column), !value.isEmpty else { return nil }
                return ConfigurationOption(column, words.contains(column) ? (value == "0" ? "no" : "yes") : value)
            }
            return IAXSite.Peer(
                id: row.number("id"),
                name: row["name"],
                options: options + Self.pairs(row["options"])
            )
        }
    }

    /// Rows of a table that copies a file, by section: those that are enabled and have a value.
    func fileOptions(_ table: SiteTable, file: String) throws -> [String: [ConfigurationOption]] {
        var sections: [String: [ConfigurationOption]] = [:]
        for row in try rows(table) where row.isEnabled && (row["filename"] == file || row["filename"].isEmpty) {
            guard let value = row.optional("var_val"), !row["var_name"].isEmpty else { continue }
            sections[row["category"], default: []].append(ConfigurationOption(row["var_name"], value))
        }
        return sections
    }

    /// An array of `[key, value]` arrays, as JSON.
    static func pairs(_ json: String) -> [ConfigurationOption] {
        guard let list = try? JSONValue(parsing: Data(json.utf8)).array else { return [] }
        return list.compactMap { pair in
            guard let words = pair.array, words.count == 2, let key = words[0].string, let value = words[1].string
            else { return nil }
            return ConfigurationOption(key, value)
        }
    }
}
