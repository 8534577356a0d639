import Core

/// A tree of wazo-agid (`/etc/wazo-agid/config.yml` and its `conf.d`, contract 41 §0), read in Tandem's terms.
///
/// It lies under Tandem's own files: what those say wins. Keys of no meaning here (`connection_pool_size`,
/// `call_recording`, `calld`, which is Tandem itself) are left out.
enum AgidConfiguration {
    private static let services = ["agentd", "auth", "confd", "dird"]
    private static let serviceKeys = ["host", "port", "prefix", "https", "timeout", "key_file", "username", "password"]

    /// The tree's values under Tandem's names.
    /// - Parameter mode: How Tandem runs unless its own files say so: who has that tree has a platform.
    static func translated(_ agid: JSONValue, mode: Settings.Mode) -> JSONValue {
        var result: [String: JSONValue] = ["mode": .string(mode.rawValue)]
        for key in ["user", "debug", "db_uri"] { result[key] = agid[key] }
        result["log_filename"] = agid["logfile"]
        var server: [String: JSONValue] = [:]
        for key in ["listen_address", "listen_port", "listen_backlog"] { server[key] = agid[key] }
        if !server.isEmpty { result["agid"] = .object(server) }
        for service in services {
            let known = (agid[service]?.object ?? [:]).filter { serviceKeys.contains($0.key) }
            if !known.isEmpty { result[service] = .object(known) }
        }
        return .object(result)
    }
}
