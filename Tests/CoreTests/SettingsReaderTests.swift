import Core
import Testing

@Suite("Settings reader")
struct SettingsReaderTests {
    @Test("absent and null keys read as their defaults")
    func defaults() {
        var reader = SettingsReader(["a": nil])
        let text = reader.string("a", default: "x")
        let number = reader.integer("b", default: 3, in: 0...9)
        let flag = reader.boolean("c", default: true)
        let faults = reader.faults
        #expect(text == "x")
        #expect(number == 3)
        #expect(flag)
        #expect(faults.isEmpty)
    }

    @Test("every fault is gathered with its dotted key")
    func faults() {
        var reader = SettingsReader(["rest_api": ["port": 70_000, "listen": []], "debug": "maybe", "bus": 1])
        _ = reader.section("rest_api") { section in
            (section.integer("port", default: 1, in: 0...65_535), section.string("listen", default: ""))
        }
        _ = reader.boolean("debug", default: false)
        reader.section("bus") { _ in }
        let faults = reader.faults
        #expect(
            faults == [
                "rest_api.port: must be an integer from 0 to 65535",
                "rest_api.listen: must be a text",
                "debug: must be true or false",
                "bus: must be a map",
            ]
        )
    }
}
