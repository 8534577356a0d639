import Core
import Testing

@testable import tandem

@Suite("Keys that nobody reads")
struct UnknownKeysTests {
    private func warnings(_ value: JSONValue) throws -> [String] {
        var tree = ConfigurationTree()
        tree.add(value, from: "file.yml")
        tree.add(["ami": ["secret": "s"], "ari": ["connection": ["password": "p"]]], from: "passwords.yml")
        return try Settings(tree).warnings
    }

    @Test(
        "a typing error is told with its file, and what was perhaps meant",
        arguments: [
            (["agdi": ["listen_port": 1]], "file.yml: agdi", "agid"),
            (["agid": ["listen_prt": 1]], "file.yml: agid.listen_prt", "agid.listen_port"),
            (["rest_api": ["listen_port": 1]], "file.yml: rest_api.listen_port", "agid.listen_port"),
            (
                ["ari": ["connection": ["passwort": "x"]]], "file.yml: ari.connection.passwort",
                "ari.connection.password"
            ),
            (["listen_port": 1], "file.yml: listen_port", "agid.listen_port"),
        ] as [(JSONValue, String, String)]
    )
    func typingErrors(tree: JSONValue, key: String, meant: String) throws {
        #expect(try warnings(tree) == ["\(key) is no key of Tandem, it is passed over; did you mean \(meant)?"])
    }

    @Test("a key that is like none has no suggestion; sections of the platform are known")
    func others() throws {
        #expect(
            try warnings([
                "zzzzzz": 1, "enabled_plugins": ["x": true], "remote_credentials": ["y": 1], "dial_mobile": [:],
            ])
                == ["file.yml: zzzzzz is no key of Tandem, it is passed over"]
        )
        #expect(
            try warnings(["extra_config_files": "/x", "user": nil, "log_filename": nil, "mode": "standalone"]) == []
        )
    }

    @Test(
        "distance counts what is put in, taken out, replaced and swapped",
        arguments: [
            ("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "abcd", 1), ("abc", "xbc", 1), ("", "ab", 2),
        ]
    )
    func distance(left: String, right: String, expected: Int) {
        #expect(UnknownKeys.distance(left, right) == expected)
        #expect(UnknownKeys.distance(right, left) == expected)
    }
}

@Suite("Which way of running a configuration asks for")
struct ModeChoiceTests {
    private func choice(_ value: JSONValue, file: String? = nil, besideAgid: Bool = false) -> ModeChoice {
        var tree = ConfigurationTree()
        tree.add(value, from: "test")
        tree.mainFile = file
        return ModeChoice(tree, besideAgid: besideAgid)
    }

    @Test("a file with one ARI password is standalone, and so is an empty one")
    func plain() {
        #expect(choice(["ari": ["connection": ["password": "x"]]]).mode == .standalone)
        #expect(choice([:], file: "/etc/tandem/config.yml").mode == .standalone)
        #expect(choice(["bus": ["host": "b"], "rest_api": ["port": 1]]).mode == .standalone)
        #expect(choice(["auth": ["cache_seconds": 1]]).mode == .standalone)
    }

    @Test("a tree of the platform is one whatever else it holds")
    func platform() {
        #expect(choice(["confd": ["host": "c"], "dial_mobile": ["x": 1]]).mode == .platform)
        #expect(choice(["ari": [:]], file: "/etc/wazo-calld/config.yml").mode == .platform)
        #expect(choice(["agid": [:]], file: "/etc/wazo-calld/config.yml").mode == .platform)
        #expect(choice(["extra_config_files": "/etc/wazo-calld/conf.d/"]).mode == .platform)
        #expect(choice(["ari": [:]], besideAgid: true).mode == .platform)
    }

    @Test("the reason names what decided")
    func reasons() {
        #expect(choice(["mode": "platform"]).reason == "key mode says so")
        #expect(choice(["agid": [:], "confd": ["host": "c"]]).reason == "key agid is none of the platform's")
        #expect(choice(["confd": ["host": "c"]]).reason == "key confd names a service of the platform")
        #expect(choice([:]).reason == "no key names a service of the platform")
    }
}
