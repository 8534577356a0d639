import Core
import Testing

@Suite("Files of sections and values")
struct INIFileTests {
    @Test("sections in order, keys in lower case, values as they are")
    func reading() {
        let file = INIFile(
            "; comment\n[a b]\nKey = v=1:2 # kept\nother: x\r\nempty =\n\n[é]\n# comment\n[a b]\nkey=2\n"
        )
        #expect(file.sections.map(\.name) == ["a b", "é", "a b"])
        #expect(file.sections[0].values == ["key": "v=1:2 # kept", "other": "x", "empty": ""])
        #expect(file.sections[1].values == [:] && file.sections[2].values == ["key": "2"])
        #expect(file.faults == [])
    }

    @Test("lines that are neither are told by their number")
    func faults() {
        #expect(
            INIFile("early = 1\n[a]\nnonsense\n[b\n").faults == ["line 1: early = 1", "line 3: nonsense", "line 4: [b"]
        )
        #expect(INIFile("").sections.isEmpty)
    }
}
