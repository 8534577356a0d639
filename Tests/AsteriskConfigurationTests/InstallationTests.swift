import Foundation
import Testing

@testable import AsteriskConfiguration

@Suite("Files in their folder")
struct InstallationTests {
    private func withFolder(_ body: (ConfigurationFolder) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("tandem-site-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: path) }
        try body(ConfigurationFolder(path: path.path))
    }

    private func attributes(_ folder: ConfigurationFolder, _ name: String) throws -> [FileAttributeKey: Any] {
        try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")
    }

    @Test("only what changed is written, readable by owner and group; a second run finds nothing to do")
    func changes() throws {
        try withFolder { folder in
            let first = GeneratedConfiguration(Site())
            let all = try folder.changes(to: first)
            #expect(all.map(\.name) == first.files.filter(\.isNeeded).map(\.name))
            #expect(all.allSatisfy { $0.old == nil })
            for change in all { try folder.install(change) }
            #expect(try attributes(folder, "pjsip.conf")[.posixPermissions] as? Int == 0o640)
            #expect(try folder.changes(to: first).isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == all.count)

            var site = Site()
            site.applications = ["A"]
            let before = try attributes(folder, "pjsip.conf")[.systemFileNumber] as? Int
            for change in try folder.changes(to: GeneratedConfiguration(site)) {
                #expect(change.name == "extensions.conf")
                try folder.install(change)
            }
            #expect(try attributes(folder, "pjsip.conf")[.systemFileNumber] as? Int == before)
        }
    }

    @Test("a file that is not ours is neither read as ours nor overwritten")
    func foreign() throws {
        try withFolder { folder in
            try "[general]\n".write(toFile: "\(folder.path)/queues.conf", atomically: true, encoding: .utf8)
            let change = try #require(
                try folder.changes(to: GeneratedConfiguration(Site())).first { $0.name == "queues.conf" }
            )
            #expect(throws: ConfigurationFolder.Failure.self) { try folder.install(change) }
            #expect(try String(contentsOfFile: "\(folder.path)/queues.conf", encoding: .utf8) == "[general]\n")
        }
    }

    @Test("a folder that is not there is said, and nothing is left behind")
    func missingFolder() throws {
        let folder = ConfigurationFolder(path: "/nowhere/at/all")
        let change = ConfigurationFolder.Change(name: "a.conf", old: nil, new: "x")
        #expect(
            throws: ConfigurationFolder.Failure(
                description: "/nowhere/at/all/.a.conf.\(getpid()): No such file or directory"
            )
        ) {
            try folder.install(change)
        }
    }

    @Test("iax.conf without trunks is emptied when it is there, and not made when it is not")
    func unneeded() throws {
        try withFolder { folder in
            var site = Site()
            site.trunks = [Trunk(id: 1, iaxEndpoint: 3)]
            for change in try folder.changes(to: GeneratedConfiguration(site)) { try folder.install(change) }
            let changes = try folder.changes(to: GeneratedConfiguration(Site()))
            #expect(changes.map(\.name) == ["iax.conf"])
            #expect(changes.first?.new == ConfigurationWriter.header + "\n")
        }
    }

    @Test("the difference names sections and shows no secret")
    func difference() {
        let change = ConfigurationFolder.Change(
            name: "pjsip.conf",
            old: "; h\n\n[a]\nx = 1\npassword = old\n\n[b]\nx = 1\n1 => 77,Ann,a@b\nregister => u:p@h\n",
            new: "; h\n\n[a]\nx = 1\npassword = new\n\n[b]\nx = 2\n1 => 78,Ann,a@b\nregister => u:q@h\n[c]\n"
        )
        #expect(
            change.difference == [
                "  [a]", "- password = …", "+ password = …", "  [b]", "- x = 1", "- 1 => …,Ann,a@b", "- register => …",
                "+ x = 2", "+ 1 => …,Ann,a@b", "+ register => …", "+ [c]",
            ]
        )
    }

    @Test("a PIN in a destination is not shown")
    func pin() {
        let line = " same => n,Gosub(forward,s,1(application:password,1234,))"
        #expect(ConfigurationFolder.Change.masked(line[...]) == " same => n,Gosub(forward,s,1(application:password,…")
    }

    @Test(
        "a secret is not shown, whatever stands before and behind it",
        arguments: [
            ("secret = abc", "secret = …"), ("secret =\u{301}abc", "secret = …"), (" secret\t= abc", " secret\t= abc"),
            ("100 => 1234,Name,,", "100 => …,Name,,"), ("100 =>\u{301}1234,Name", "100 => …,Name"),
            ("register => a:b@c", "register => …"), ("exten => 1,1,NoOp()", "exten => 1,1,NoOp()"),
        ]
    )
    func secret(line: String, shown: String) {
        #expect(ConfigurationFolder.Change.masked(line[...]) == shown)
    }

    @Test("every file has its command")
    func reload() {
        let names = GeneratedConfiguration(Site()).files.map(\.name)
        #expect(AsteriskReload.commands(for: names).count == names.count)
        #expect(AsteriskReload.commands(for: ["other.conf"]).isEmpty)
    }
}
