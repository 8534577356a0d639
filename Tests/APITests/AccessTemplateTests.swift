import Testing

@testable import API

@Suite("The access that a route requires")
struct AccessTemplateTests {
    @Test(
        "each dot of a value becomes an underscore, whatever stands behind it",
        arguments: [
            ("1455.13", "calls.1455_13.read"), (".\u{301}.", "calls._\u{301}_.read"), ("", "calls..read"),
            ("\r\n.", "calls.\r\n_.read"),
        ]
    )
    func dots(value: String, access: String) {
        let template = AccessTemplate("calls.{id}.read", parameters: ["id"])
        #expect(template.access([value]).utf8.elementsEqual(access.utf8))
    }

    @Test("parameters are found by their names, in any order")
    func order() {
        let template = AccessTemplate("a.{second}.{first}", parameters: ["first", "second"])
        #expect(template.access(["1", "2"]) == "a.2.1")
    }
}
