public import Core
public import Directory
import Logging

extension ConfdDirectory {
    /// A line by id. One of an unknown protocol is there, and cannot be dialled.
    public func line(_ id: Int, tenant: TenantID?) async throws -> LineRecord? {
        try await item(["lines", "\(id)"], tenant: tenant) { [logger] body in
            guard let record = LineRecord(body) else { return nil }
            if !LineRecord.hasKnownProtocol(body) {
                logger.warning("line of an unknown protocol", metadata: ["id": "\(record.id)"])
            }
            return record
        }
    }

    /// All lines of all tenants, ordered by id; those of an unknown protocol are left out.
    public func lines() async throws -> [LineRecord] {
        try await pagedList(["lines"]) { body in LineRecord.hasKnownProtocol(body) ? LineRecord(body) : nil }
            .sorted { $0.id < $1.id }
    }

    /// All trunks of all tenants that have an endpoint, ordered by id.
    public func trunks() async throws -> [TrunkRecord] {
        try await pagedList(["trunks"], Trunk.init).compactMap(\.record).sorted { $0.id < $1.id }
    }

    private struct Trunk: Sendable {
        /// `nil` for a trunk without an endpoint, which is nothing to tell about.
        var record: TrunkRecord?

        init?(_ body: JSONValue) {
            guard let id = body["id"]?.number, let tenant = body.tenant else { return nil }
            record = TrunkRecord.Endpoint(body).map { TrunkRecord(id: id, tenant: tenant, endpoint: $0) }
        }
    }
}

extension LineRecord {
    fileprivate init?(_ body: JSONValue) {
        guard let id = body["id"]?.number else { return nil }
        var endpoint: Endpoint?
        if let name = body["name"]?.filledText {
            switch body["protocol"]?.string {
            case "sip": endpoint = .sip(name: name)
            case "sccp": endpoint = .sccp(name: name)
            case "custom": endpoint = .custom(interface: name)
            default: break
            }
        }
        self.init(id: id, context: body["context"]?.string ?? "", endpoint: endpoint, tenant: body.tenant)
    }

    /// Also for a line without an endpoint, which has none.
    fileprivate static func hasKnownProtocol(_ body: JSONValue) -> Bool {
        guard let text = body["protocol"]?.string else { return true }
        return ["sip", "sccp", "custom"].contains(text)
    }
}

extension TrunkRecord.Endpoint {
    /// The first that is there.
    fileprivate init?(_ trunk: JSONValue) {
        if let name = trunk["endpoint_sip"]?["name"]?.filledText {
            self = .sip(name: name, registration: Self.registration(trunk["endpoint_sip"]))
        } else if let name = trunk["endpoint_iax"]?["name"]?.filledText {
            self = .iax(name: name)
        } else if let interface = trunk["endpoint_custom"]?["interface"]?.filledText {
            self = .custom(interface: interface)
        } else {
            return nil
        }
    }

    /// Value of `client_uri` in the pairs of the registration section.
    private static func registration(_ endpoint: JSONValue?) -> String? {
        for option in endpoint?["registration_section_options"]?.array ?? [] {
            if let pair = option.array, pair.count == 2, pair[0].string == "client_uri" { return pair[1].filledText }
        }
        return nil
    }
}
