import Core
import Testing

@Suite("Settings reader")
struct SettingsReaderTests {
    private let defaults: JSONValue = [
        "a": "x", "b": 3, "c": true, "rest_api": ["port": 1, "listen": ""], "debug": false, "wait": 2,
        "names": ["one": true, "two": false],
    ]

    @Test("absent and null keys read as their defaults")
    func fallbacks() {
        var reader = SettingsReader(["a": nil], defaults: defaults)
        let text = reader.string("a")
        let number = reader.integer("b", in: 0...9)
        let flag = reader.boolean("c")
        let seconds = reader.seconds("wait", in: 0...9)
        let names = reader.enabledNames("names")
        let faults = reader.faults
        #expect(text == "x" && number == 3 && flag && seconds == 2)
        #expect(names == ["one"])
        #expect(faults.isEmpty)
    }

    @Test("every fault is gathered with its dotted key")
    func faults() {
        let tree: JSONValue = [
            "rest_api": ["port": 70_000, "listen": []], "debug": "maybe", "bus": 1, "names": ["two": true, "three": 1],
        ]
        var reader = SettingsReader(tree, defaults: defaults)
        _ = reader.section("rest_api") { section in
            (section.integer("port", in: 0...65_535), section.string("listen"))
        }
        _ = reader.boolean("debug")
        reader.section("bus") { _ in }
        let names = reader.enabledNames("names")
        let faults = reader.faults.map { "\($0.key): \($0.text)" }
        #expect(names == ["one", "two"])
        #expect(
            faults == [
                "rest_api.port: must be an integer from 0 to 65535",
                "rest_api.listen: must be a text",
                "debug: must be true or false",
                "bus: must be a map",
                "names.three: must be true or false",
            ]
        )
    }
}
