import ARI
import Agid
import Core
import FastAGI
import Foundation
import Glibc
import Identity
import ServiceClient
import Testing

@testable import tandem

@Suite("Configuration")
struct ConfigurationTests {
    private func withFiles(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tandem-\(UUID().uuidString)")
        let extra = folder.appendingPathComponent("conf.d")
        try FileManager.default.createDirectory(at: extra, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let text = text.replacing("@EXTRA@", with: extra.path)
            try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
        }
        try body(folder.appendingPathComponent("config.yml").path)
    }

    private static func tree(_ value: JSONValue) -> ConfigurationTree {
        var tree = ConfigurationTree()
        tree.add(value, from: "test")
        return tree
    }

    @Test("files of the directory are merged deeply over the main file, and the first by name wins")
    func order() throws {
        let files = [
            "config.yml": "extra_config_files: @EXTRA@\nbus: {host: main, port: 1, username: main}\nlog_level: error\n",
            "conf.d/10-first.yml": "bus: {host: first}\n",
            "conf.d/50-second.yml": "bus: {host: second, port: 2}\n",
            "conf.d/.hidden.yml": "bus: {host: hidden}\n",
            "conf.d/90-broken.yml": "bus: [\n",
            "conf.d/readme.txt": "bus: {host: text}\n",
        ]
        try withFiles(files) { path in
            let settings = try Settings(try ConfigurationFiles.tree(mainFile: path))
            #expect(settings.bus.host == "first")
            #expect(settings.bus.port == 2)
            #expect(settings.bus.username == "main")
            #expect(settings.logLevel == "error")
        }
    }

    @Test("the folders of faxes are absolute, and lose a slash at their end")
    func faxes() throws {
        let settings = try Settings(Self.tree(["faxes": ["spool": "/var/fax//"]]))
        #expect(settings.faxes.spool == "/var/fax")
        #expect(settings.faxes.receivedFolder == "/var/spool/asterisk/fax")
        #expect(settings.agi.faxFile == "/etc/xivo/asterisk/xivo_fax.conf")
        for path: JSONValue in ["fax", "/", ""] {
            #expect(throws: ConfigurationFaults.self) { try Settings(Self.tree(["faxes": ["spool": path]])) }
        }
    }

    @Test("a main file that is named must be there and be YAML; it is named in the fault")
    func mainFile() throws {
        try withFiles(["config.yml": "a: [\n"]) { path in
            #expect(throws: ConfigurationFaults.self) { try ConfigurationFiles.tree(mainFile: path) }
        }
        do {
            _ = try ConfigurationFiles.tree(mainFile: "/nonexistent/config.yml")
            Issue.record("accepted")
        } catch let faults as ConfigurationFaults {
            #expect(faults.faults == ["/nonexistent/config.yml: No such file or directory"])
        }
        #expect(throws: ConfigurationFaults.self) { try ConfigurationFiles.tree(mainFile: "/") }
        try withFiles(["config.yml": "debug: true\n"]) { path in
            #expect(throws: ConfigurationFaults.self) {
                try ConfigurationFiles.tree(mainFile: path, agidFile: "/nonexistent/agid.yml")
            }
        }
    }

    @Test(
        "a file that may not be read is a fault, wherever it is",
        .disabled(if: getuid() == 0, "root may read everything"),
        arguments: ["config.yml", "conf.d/50-bus.yml", "conf.d"]
    )
    func unreadable(name: String) throws {
        try withFiles(["config.yml": "debug: true\n", "conf.d/50-bus.yml": "bus: {port: 1}\n"]) { path in
            let file = URL(filePath: path).deletingLastPathComponent().appending(path: name).path
            chmod(file, 0)
            defer { chmod(file, 0o755) }
            do {
                _ = try ConfigurationFiles.tree(mainFile: path)
                Issue.record("accepted")
            } catch let faults as ConfigurationFaults {
                #expect(faults.faults == ["\(file): Permission denied"])
            }
        }
    }

    @Test("a connection URI that libpq cannot read is a fault, without the password that it may hold")
    func connection() throws {
        for key in ["db_uri", "db_read_uri"] {
            do {
                _ = try Settings(Self.tree([key: "postgresql//me:geheim@db/asterisk"]))
                Issue.record("accepted")
            } catch let faults as ConfigurationFaults {
                #expect(faults.faults.count == 1 && faults.faults[0].contains("\(key): must be a connection URI"))
                #expect(!"\(faults)".contains("geheim"))
            }
        }
    }

    @Test("a site without a broker says so; where a part hears of things over the bus that is a fault")
    func noBroker() throws {
        #expect(try Settings(ConfigurationTree()).bus.isEnabled)
        #expect(try !Settings(Self.tree(["bus": ["enabled": false]])).bus.isEnabled)
        for part: JSONValue in [["stasis_events": "amqp"], ["manager": "amid"], ["directory": "confd"]] {
            #expect(throws: ConfigurationFaults.self) {
                try Settings(Self.tree(["bus": ["enabled": false], "mode": "standalone", "parts": part]))
            }
        }
    }

    @Test("users, passwords and ports of the examples for Asterisk are the defaults, and are warned of")
    func examples() throws {
        let settings = try Settings(ConfigurationTree())
        func snippet(_ name: String) throws -> String {
            let url = URL(filePath: #filePath).deletingLastPathComponent()
            return try String(contentsOf: url.appending(path: "../../deploy/asterisk/\(name).conf"), encoding: .utf8)
        }
        let (ari, manager) = (try snippet("ari"), try snippet("manager"))
        #expect(
            ari.contains("\n[\(settings.ari.username)]\n") && ari.contains("\npassword = \(settings.ari.password)\n")
        )
        #expect(manager.contains("\n[\(settings.ami.username)]\n"))
        #expect(
            manager.contains("\nsecret = \(settings.ami.secret)\n")
                && manager.contains("\nport = \(settings.ami.port)\n")
        )
        #expect(try snippet("http").contains("\nbindport = \(settings.ari.baseURL.port ?? 0)\n"))
        #expect(settings.warnings.count == 2 && settings.warnings.allSatisfy { $0.contains("everybody knows") })
        let platform = try Settings(Self.tree(["mode": "platform"]))
        #expect(platform.ari.username == "xivo" && platform.ari.password == "opensesame")
    }

    @Test("a tree of wazo-agid counts where ours says nothing, with its own extra files")
    func agidTree() throws {
        let files = [
            "config.yml": "listen_port: 1\nlisten_address: 192.0.2.1\nlisten_backlog: 7\nlogfile: /tmp/agid.log\n"
                + "db_uri: postgresql://agid@localhost/asterisk\nconfd: {host: confd.agid, port: 1}\n"
                + "call_recording: {filename_template: x}\nconnection_pool_size: 10\ncalld: {host: calld}\n",
            "conf.d/10-port.yml": "listen_port: 4574\n",
        ]
        try withFiles(files) { agid in
            try withFiles(["config.yml": "confd: {host: confd.ours}\nlog_filename: null\n"]) { ours in
                let tree = try ConfigurationFiles.tree(mainFile: ours, agidFile: agid)
                let settings = try Settings(tree)
                #expect(settings.mode == .platform)
                #expect(settings.agi.listenAddress == "192.0.2.1")
                #expect(settings.agi.listenPort == 4574)
                #expect(settings.agi.listenBacklog == 7)
                #expect(settings.database.uri == "postgresql://agid@localhost/asterisk")
                #expect(tree.value["confd"] == ["host": "confd.ours", "port": 1])
                #expect(settings.logFilename == nil)
                #expect(tree.origin(of: "agid.listen_port") == agid)
                #expect(tree.origin(of: "confd.host") == ours)
                #expect(tree.value["calld"] == nil)
            }
            try withFiles(["config.yml": ""]) { empty in
                let tree = try ConfigurationFiles.tree(mainFile: empty, agidFile: agid)
                #expect(try Settings(tree).mode == .platform)
            }
        }
    }

    @Test("FastAGI's policies are named, and another name is a fault")
    func policies() throws {
        let settings = try Settings(
            Self.tree(["agid": ["unknown_call_rights": "allow", "callbacks": "file"]])
        )
        #expect(settings.agi.unknownCallRights == .allow)
        #expect(settings.agi.callbacks == .file)
        for key in ["unknown_call_rights", "callbacks"] {
            #expect(throws: ConfigurationFaults.self) { try Settings(Self.tree(["agid": [key: "perhaps"]])) }
        }
    }

    @Test("peers of FastAGI: ranges are read, what is none is a fault")
    func allowedPeers() throws {
        let settings = try Settings(Self.tree(["agid": ["allowed_peers": ["192.0.2.0/24", "::1"]]]))
        #expect(settings.agiConfiguration.allowedPeers.count == 2)
        for text in ["localhost", "192.0.2.0/33", "192.0.2.0/x", "::1/129", ""] {
            #expect(throws: ConfigurationFaults.self, "\(text)") {
                try Settings(Self.tree(["agid": ["allowed_peers": [.string(text)]]]))
            }
        }
    }

    @Test("a quoted number is a text, a plain one a number")
    func scalars() throws {
        let text = "extra_config_files: @EXTRA@\nbus: {password: '0123', host: \"1\"}\nlog_filename: ~\n"
        try withFiles(["config.yml": text]) { path in
            let settings = try Settings(try ConfigurationFiles.tree(mainFile: path))
            #expect(settings.bus.password == "0123")
            #expect(settings.logFilename == nil)
        }
    }

    @Test("every fault is told at once, with its key")
    func faults() throws {
        let tree: JSONValue = [
            "log_level": "loud", "rest_api": ["port": "many"], "ari": ["connection": ["base_url": "ftp://x"]],
        ]
        do {
            _ = try Settings(Self.tree(tree))
            Issue.record("accepted")
        } catch let faults as ConfigurationFaults {
            #expect(
                faults.faults.sorted() == [
                    "test: ari.connection.base_url: must be a URL such as http://localhost:5039",
                    "test: log_level: must be critical, error, warning, info or debug",
                    "test: rest_api.port: must be an integer from 0 to 65535",
                ]
            )
        }
    }

    @Test("the printed configuration hides every secret")
    func masked() throws {
        let tree: JSONValue = [
            "db_uri": "postgresql://me:geheim@db/asterisk?password=geheim&connect_timeout=1",
            "db_read_uri": "host=db password=geheim",
            "bus": ["password": "geheim"], "ari": ["connection": ["password": "geheim"]],
        ]
        let text = try Settings(Self.tree(tree)).maskedYAML()
        #expect(!text.contains("geheim"))
        #expect(text.contains("postgresql://me:********@db/asterisk"))
    }

    @Test("a fault names the file that the key is in")
    func faultyFile() throws {
        let files = ["config.yml": "rest_api: {port: x}\n", "conf.d/50-bus.yml": "bus: {port: [1]}\namid: 5\n"]
        try withFiles(files) { path in
            do {
                _ = try Settings(try ConfigurationFiles.tree(mainFile: path))
                Issue.record("accepted")
            } catch let faults as ConfigurationFaults {
                let folder = URL(filePath: path).deletingLastPathComponent().path
                #expect(
                    faults.faults.sorted() == [
                        "\(folder)/conf.d/50-bus.yml: amid: must be a map",
                        "\(folder)/conf.d/50-bus.yml: bus.port: must be an integer from 1 to 65535",
                        "\(folder)/config.yml: rest_api.port: must be an integer from 0 to 65535",
                    ]
                )
            }
        }
    }

    @Test("a tree that names the platform's services is a platform tree; ours make it standalone; mode decides")
    func mode() throws {
        let platform = try Settings(Self.tree(["confd": ["port": 1], "enabled_plugins": ["faxes": false]]))
        #expect(platform.mode == .platform)
        #expect(
            platform.parts.tree == [
                "stasis_events": "amqp", "manager": "amid", "directory": "confd", "identity": "wazo-auth",
            ]
        )
        #expect(platform.logFilename == "/var/log/wazo-calld.log" && platform.user == "www-data")
        #expect(!platform.enabledFeatures.contains("faxes") && platform.enabledFeatures.contains("calls"))
        let own = try Settings(Self.tree(["rest_api": ["port": 1], "agid": [:]]))
        #expect(own.mode == .standalone)
        #expect(
            own.parts.tree == [
                "stasis_events": "websocket", "manager": "ami", "directory": "postgresql", "identity": "local",
            ]
        )
        #expect(own.logFilename == nil && own.user == nil && !own.parts.needServiceToken)
        #expect(try Settings(ConfigurationTree()).mode == .standalone)
        let mixed = try Settings(Self.tree(["mode": "platform", "parts": ["stasis_events": "websocket"]]))
        #expect(mixed.parts.stasisEvents == .websocket && mixed.parts.manager == .amid)
    }

    @Test("a whole tree of the platform is read: sections, key file, null for files, pool by threads")
    func platformTree() throws {
        let files = [
            "config.yml": """
            extra_config_files: @EXTRA@
            user: null
            log_filename: null
            rest_api: {listen: 0.0.0.0, max_threads: 25, cors: {enabled: false}}
            auth: {host: auth.example, prefix: api/auth, https: true, key_file: @EXTRA@/key, master_tenant_uuid: M}
            ari: {connection: {base_url: 'http://ast:5039', username: xivo, password: p, pool_size: null}}
            service_discovery: {enabled: true, extra_tags: [a, b]}
            consul: {scheme: https, port: 8501, token: t}
            """,
            "conf.d/key": "service_id: calld\nservice_key: geheim\n",
        ]
        try withFiles(files) { path in
            let settings = try Settings(try ConfigurationFiles.tree(mainFile: path))
            #expect(settings.mode == .platform)
            #expect(settings.siblings.auth.baseURL == "https://auth.example:9497/api/auth/0.1")
            #expect(settings.siblings.masterTenant?.rawValue == "M")
            #expect(settings.ari.poolSize == 25 && settings.user == nil && settings.logFilename == nil)
            #expect(!settings.rest.corsEnabled && settings.rest.maximumRequests == 25)
            #expect(settings.discovery.isEnabled && settings.discovery.extraTags == ["a", "b"])
            let credentials = try #require(try settings.serviceCredentials)
            #expect(credentials.username == "calld" && credentials.password == "geheim")
        }
    }

    @Test("a missing key file is fatal where a token is needed, and of no concern elsewhere")
    func keyFile() throws {
        let needed = try Settings(Self.tree(["mode": "platform", "auth": ["key_file": "/nonexistent"]]))
        #expect(throws: ConfigurationFaults.self) { try needed.serviceCredentials }
        #expect(try Settings(ConfigurationTree()).serviceCredentials == nil)
    }

    @Test("!exec is replaced by what the command prints")
    func exec() throws {
        let text = "bus: {password: !exec {command: 'echo geheim'}, port: !exec {command: echo 5673}}\n"
        try withFiles(["config.yml": text]) { path in
            let settings = try Settings(try ConfigurationFiles.tree(mainFile: path))
            #expect(settings.bus.password == "geheim" && settings.bus.port == 5673)
        }
        try withFiles(["config.yml": "bus: {port: !exec {command: 'false'}}\n"]) { path in
            #expect(throws: ConfigurationFaults.self) { try ConfigurationFiles.tree(mainFile: path) }
        }
    }

    @Test("the example configuration file is valid and shows the defaults")
    func example() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/tandem.yml")
        let text = try String(contentsOf: url, encoding: .utf8)
        // Every key is commented out: without the signs the file must say what the defaults say.
        let uncommented = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.firstMatch(of: /^# ( *[a-z_]+:.*)$/).map { String($0.1) } ?? ""
        }
        let keys = uncommented.filter { !$0.hasPrefix("extra_config_files") }.joined(separator: "\n")
        try withFiles(["config.yml": keys]) { path in
            let shown = try Settings(try ConfigurationFiles.tree(mainFile: path))
            let defaults = try Settings(ConfigurationTree())
            #expect(try shown.maskedYAML() == defaults.maskedYAML())
        }
    }
}
