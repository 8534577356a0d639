import ARI
import Core
import FastAGI
import Faxes
import Foundation
import Postgres
import Voicemails

/// The sections of the configuration file.
extension Settings {
    static func rest(_ reader: inout SettingsReader) -> REST {
        let cors = reader.section("cors") { ($0.boolean("enabled"), $0.strings("allow_headers")) }
        _ = reader.integer("min_threads", in: 0...10_000)
        let certificate = reader.optionalString("certificate")
        let privateKey = reader.optionalString("private_key")
        if (certificate == nil) != (privateKey == nil) {
            reader.fault(certificate == nil ? "certificate" : "private_key", "must be given with the other")
        }
        let isShareGiven = reader.optionalString("requests_per_token") != nil
        return REST(
            listen: reader.string("listen"),
            port: reader.integer("port", in: 0...65_535),
            certificate: certificate,
            privateKey: privateKey,
            corsEnabled: cors.0,
            corsHeaders: cors.1,
            maximumRequests: reader.integer("max_threads", in: 1...10_000),
            waitingRequests: reader.integer("waiting_requests", in: 0...100_000),
            bodyLimit: reader.integer("body_limit", in: 1_024...1_073_741_824),
            jsonLimit: reader.integer("json_limit", in: 1_024...16_777_216),
            requestsPerToken: isShareGiven ? reader.integer("requests_per_token", in: 1...10_000) : nil,
            slowRequests: reader.integer("slow_requests", in: 1...1_000),
            waitingSlowRequests: reader.integer("waiting_slow_requests", in: 0...10_000),
            connectionsPerPeer: reader.integer("connections_per_peer", in: 1...1_000_000),
            trustedProxies: addressRanges("trusted_proxies", &reader),
            healthListen: healthAddress(&reader)
        )
    }

    /// `127.0.0.1:9501` or `[::1]:9501`.
    private static func healthAddress(_ reader: inout SettingsReader) -> (host: String, port: Int)? {
        guard let text = reader.optionalString("health_listen") else { return nil }
        let colon = text.utf8.lastIndex(of: UInt8(ascii: ":"))
        var host = colon.map { String(text[..<$0]) } ?? ""
        let digits = colon.map { text[text.utf8.index(after: $0)...] } ?? ""
        if host.utf8.first == UInt8(ascii: "["), host.utf8.last == UInt8(ascii: "]") {
            host = String(host.dropFirst().dropLast())
        } else if host.utf8.contains(UInt8(ascii: ":")) {
            host = ""
        }
        guard !host.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits),
            (0...65_535).contains(port)
        else {
            reader.fault("health_listen", "must be an address and a port, such as 127.0.0.1:9501 or [::1]:9501")
            return nil
        }
        return (host, port)
    }

    static func ari(_ reader: inout SettingsReader, threads: Int, delay: Double) -> ARIConfiguration {
        let text = reader.string("base_url")
        var url = URL(string: text)
        if url?.host == nil || url?.scheme != "http" {
            reader.fault("base_url", "must be a URL such as http://localhost:5039")
            url = nil
        }
        let isPoolGiven = reader.optionalString("pool_size") != nil
        return ARIConfiguration(
            baseURL: url ?? URL(filePath: "/"),
            username: reader.string("username"),
            password: reader.string("password"),
            // Null: as many as requests are served at once (contract 00 §2.1).
            poolSize: isPoolGiven ? reader.integer("pool_size", in: 1...1_000) : min(threads, 1_000),
            requestTimeout: reader.seconds("request_timeout", in: 0.1...60),
            reconnectionDelayLimit: delay
        )
    }

    /// - Parameter isNeeded: Whether a part consumes the bus.
    static func bus(_ reader: inout SettingsReader, isNeeded: Bool) -> Bus {
        let isEnabled = reader.boolean("enabled")
        if isNeeded, !isEnabled { reader.fault("enabled", "must be true where a part hears of things over the bus") }
        return Bus(
            isEnabled: isEnabled,
            host: reader.string("host"),
            port: reader.integer("port", in: 1...65_535),
            username: reader.string("username"),
            password: reader.string("password"),
            virtualHost: reader.string("vhost"),
            exchangeName: reader.string("exchange_name"),
            exchangeType: reader.string("exchange_type")
        )
    }

    static func database(_ reader: inout SettingsReader) -> Database {
        let uri = reader.string("db_uri")
        let readURI = reader.optionalString("db_read_uri") ?? uri
        for (key, text) in ["db_uri": uri, "db_read_uri": readURI == uri ? "" : readURI] where !isConnection(text) {
            // Not the text: it may hold a password.
            reader.fault(key, "must be a connection URI such as postgresql://user:password@localhost/asterisk")
        }
        return reader.section("database") { section in
            Database(
                uri: uri,
                readURI: readURI,
                readConnections: section.integer("read_connections", in: 2...16),
                stateConnections: section.integer("state_connections", in: 2...16),
                statementTimeout: section.seconds("statement_timeout", in: 0.1...60)
            )
        }
    }

    /// Whether libpq can read it.
    private static func isConnection(_ uri: String) -> Bool {
        (try? PostgresConfiguration(uri: uri, applicationName: "tandem")) != nil
    }

    static func agi(_ reader: inout SettingsReader) -> AGI {
        AGI(
            listenAddress: reader.string("listen_address"),
            listenPort: reader.integer("listen_port", in: 0...65_535),
            listenBacklog: reader.integer("listen_backlog", in: 1...65_535),
            allowedPeers: addressRanges("allowed_peers", &reader),
            unknownCallRights: reader.choice("unknown_call_rights"),
            callbacks: reader.choice("callbacks"),
            maximumSessions: reader.integer("maximum_sessions", in: 1...65_536),
            maximumHandlers: reader.integer("maximum_handlers", in: 1...4_096),
            inCallerIDFile: reader.string("in_callerid_file"),
            ringToneFile: reader.string("ring_tone_file"),
            faxFile: reader.string("fax_file")
        )
    }

    static func applications(_ reader: inout SettingsReader) -> Applications {
        let folders = reader.strings("media_folders")
        for folder in folders where !folder.begins(with: "/") || folder == "/" || folder.holds("..") {
            reader.fault("media_folders", "\(folder) is not the absolute path of a folder, or is /")
        }
        return Applications(mediaFolders: folders)
    }

    static func recordings(_ reader: inout SettingsReader) -> Recordings {
        Recordings(folder: folder("folder", &reader))
    }

    static func faxes(_ reader: inout SettingsReader) -> Faxes {
        Faxes(
            spool: folder("spool", &reader),
            receivedFolder: folder("received_folder", &reader),
            receivedKeep: reader.seconds("received_keep", in: 0...31_536_000),
            undeliveredKeep: reader.seconds("undelivered_keep", in: 0...315_360_000),
            sending: SentFaxConfiguration(
                folder: folder("sent_folder", &reader),
                converter: reader.string("converter"),
                mostPages: reader.integer("maximum_pages", in: 1...9_999),
                conversionLimit: reader.seconds("conversion_timeout", in: 1...3_600),
                retries: reader.integer("retries", in: 0...20),
                retryPause: reader.seconds("retry_pause", in: 1...86_400),
                keep: reader.seconds("keep", in: 0...31_536_000)
            )
        )
    }

    static func voicemails(_ reader: inout SettingsReader) -> VoicemailConfiguration {
        VoicemailConfiguration(
            spool: folder("spool", &reader),
            sweepInterval: reader.seconds("sweep_interval", in: 1...86_400),
            longestGreeting: reader.integer("longest_greeting", in: 1...3_600),
            converter: reader.string("converter")
        )
    }

    /// A folder's path, without a slash at its end.
    private static func folder(_ key: String, _ reader: inout SettingsReader) -> String {
        let text = reader.string(key)
        let path = String(scalars: text.unicodeScalars.reversed().drop { $0 == "/" }.reversed())
        if !path.begins(with: "/") { reader.fault(key, "must be the absolute path of a folder, and not /") }
        return path
    }

    private static func addressRanges(_ key: String, _ reader: inout SettingsReader) -> [AddressRange] {
        reader.strings(key).compactMap { text in
            let range = AddressRange(text)
            if range == nil { reader.fault(key, "\(text) is no address and no range like 192.0.2.0/24") }
            return range
        }
    }
}
