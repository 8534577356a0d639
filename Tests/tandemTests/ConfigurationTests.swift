import Core
import Foundation
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
            let settings = try Settings(tree: try ConfigurationFiles.tree(mainFile: path))
            #expect(settings.bus.host == "first")
            #expect(settings.bus.port == 2)
            #expect(settings.bus.username == "main")
            #expect(settings.logLevel == "error")
        }
    }

    @Test("a missing main file counts as empty, a broken one is fatal")
    func mainFile() throws {
        try withFiles(["config.yml": "a: [\n"]) { path in
            #expect(throws: ConfigurationFaults.self) { try ConfigurationFiles.tree(mainFile: path) }
        }
        let tree = try ConfigurationFiles.tree(mainFile: "/nonexistent/config.yml")
        #expect(tree["bus"] == nil)
    }

    @Test("a quoted number is a text, a plain one a number")
    func scalars() throws {
        let text = "extra_config_files: @EXTRA@\nbus: {password: '0123', host: \"1\"}\nlog_filename: ~\n"
        try withFiles(["config.yml": text]) { path in
            let settings = try Settings(tree: try ConfigurationFiles.tree(mainFile: path))
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
            _ = try Settings(tree: tree)
            Issue.record("accepted")
        } catch let faults as ConfigurationFaults {
            #expect(faults.faults.count == 3)
            #expect(faults.description.contains("ari.connection.base_url"))
        }
    }

    @Test("the printed configuration hides every secret")
    func masked() throws {
        let tree: JSONValue = [
            "db_uri": "postgresql://me:geheim@db/asterisk?password=geheim&x=1",
            "db_read_uri": "host=db password=geheim",
            "bus": ["password": "geheim"], "ari": ["connection": ["password": "geheim"]],
        ]
        let text = try Settings(tree: tree).maskedYAML()
        #expect(!text.contains("geheim"))
        #expect(text.contains("postgresql://me:********@db/asterisk"))
    }

    @Test("the example configuration file is valid and shows the defaults")
    func example() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/tandem.yml")
        let text = try String(contentsOf: url, encoding: .utf8)
        // Every key is commented out: without the signs the file must say what the defaults say.
        let uncommented = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.firstMatch(of: /^# ( *[a-z_]+:.*)$/).map { String($0.1) } ?? ""
        }
        let keys = uncommented.joined(separator: "\n").replacing("/etc/tandem/conf.d", with: "@EXTRA@")
        try withFiles(["config.yml": keys]) { path in
            let shown = try Settings(tree: try ConfigurationFiles.tree(mainFile: path))
            let defaults = try Settings(tree: [:])
            #expect(try shown.maskedYAML() == defaults.maskedYAML())
        }
    }
}
