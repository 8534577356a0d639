import Foundation
import Testing

@testable import AsteriskConfiguration

@Suite("Check of Asterisk's set-up")
struct SetUpCheckTests {
    private func facts(_ change: (inout SetUpCheck.Facts) -> Void = { _ in }) -> SetUpCheck.Facts {
        var facts = SetUpCheck.Facts(agi: ("127.0.0.1", 4573))
        facts.readGlobals(["   WAZO_AGID_IP=127.0.0.1", "   TANDEM_FALLBACK_DESTINATION=", "", "    -- 2 variables"])
        facts.readMusic(
            classes: ["Class: default", "\tMode: files", "\tDirectory: moh"],
            files: ["Class: default", "\tFile: /moh/a", "\tFile: /moh/b"]
        )
        facts.readManagerSettings([
            "  Channel vars:              \(SetUpCheck.managerVariables.joined(separator: ","))  "
        ])
        facts.readARISection([
            "enabled=yes", "channelvars=X", "channelvars=\(SetUpCheck.ariVariables.joined(separator: ","))",
        ])
        change(&facts)
        return facts
    }

    @Test("a set-up that is whole has no problem, and what is not known is not checked")
    func whole() {
        #expect(SetUpCheck(facts()).problems() == [])
        #expect(SetUpCheck(SetUpCheck.Facts(agi: ("127.0.0.1", 1))).problems() == [])
    }

    @Test(
        "the dialplan must ask the port that Tandem listens on",
        arguments: [
            ("127.0.0.1", 4573, true), ("127.0.0.1:5000", 5000, true), ("127.0.0.1", 5000, false),
            ("127.0.0.1:4573", 5000, false), ("127.0.0.1:none", 4573, false), ("", 4573, false),
        ]
    )
    func port(text: String, port: Int, fits: Bool) {
        let problems = SetUpCheck(
            facts {
                $0.agi.port = port
                $0.globals = ["WAZO_AGID_IP": text]
            }
        ).problems()
        #expect(problems.isEmpty == fits)
        if !fits { #expect(problems.first?.contains("WAZO_AGID_IP") == true) }
    }

    @Test("music that is missing or empty is named by its class; a program that plays needs no file")
    func music() {
        let none = facts { $0.readMusic(classes: [], files: []) }
        #expect(SetUpCheck(none).problems().map { $0.prefix(28) } == ["music class default is missi"])
        let empty = facts {
            $0.readMusic(
                classes: [
                    "Class: default", "\tMode: files", "Class: jazz", "\tMode: files", "Class: radio", "\tMode: custom",
                ],
                files: ["Class: default", "\tFile: /moh/a", "Class: jazz"]
            )
        }
        #expect(SetUpCheck(empty).problems() == ["music class jazz has no file: who waits hears nothing"])
    }

    @Test("variables that events lack are named with the file; the last list of a section counts")
    func variables() {
        let ari = facts { $0.readARISection(["enabled=yes"]) }
        let all = SetUpCheck(ari).problems()
        #expect(all.count == 1 && all[0].hasPrefix("all channelvars are missing in ari.conf"))
        let manager = facts {
            $0.readManagerSettings([
                "  Channel vars: \(SetUpCheck.managerVariables.subtracting(["WAZO_USERUUID"]).joined(separator: ", "))"
            ])
        }
        let some = SetUpCheck(manager).problems()
        #expect(some.count == 1 && some[0].hasPrefix("some channelvars are missing in manager.conf"))
        #expect(some[0].hasSuffix(": WAZO_USERUUID"))
    }

    @Test("the shipped snippets carry just the variables that are checked", arguments: ["ari", "manager"])
    func snippets(name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../deploy/asterisk/\(name).conf"
        )
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let list = try #require(lines.first { $0.hasPrefix("channelvars = ") }).dropFirst(14)
        let expected = name == "ari" ? SetUpCheck.ariVariables : SetUpCheck.managerVariables
        #expect(Set(list.split(separator: ",").map(String.init)) == expected)
        #expect(!lines.contains("[general]"), "a second [general] would be ignored")
    }
}
