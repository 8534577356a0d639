import Directory
import TandemTesting
import Testing

@Suite("Codes of function keys")
struct FunctionKeyCodeTests {
    /// Examples of contract 41 §5 and 44 §4.
    @Test(
        "parts become a number, and the number the parts again",
        arguments: [
            (["12", "_*31.", "dest"], "*73512***231*dest", ["12", "*31", "dest"]),
            (["12", "*90"], "*73512***290", ["12", "*90"]),
            (["12", "*25"], "*73512***225", ["12", "*25"]),
            (["12", "*21", "1234"], "*73512***221*1234", ["12", "*21", "1234"]),
            (["5", "*30", "*5"], "*7355***230***35", ["5", "*30", "*5"]),
            (["12", "*50", "7"], "*73512***250*7", ["12", "*50", "7"]),
            (["12", "", "_*50.", ""], "*73512***250", ["12", "*50"]),
            (["1*1", "2**"], "*7351**11*2**2**2", ["1*1", "2**"]),
            (["12", "_[13]*"], "*73512", ["12"]),
            (["12", "a_*!."], "*73512*a_**2!.", ["12", "a_*!."]),
        ] as [([String], String, [String])]
    )
    func roundTrip(parts: [String], number: String, cleaned: [String]) {
        let code = FunctionKeyCode(parts)
        #expect(code.parts == cleaned)
        #expect(code.dialled(prefix: "_*735.") == number)
        #expect(FunctionKeyCode(dialled: String(number.dropFirst(4)))?.parts == cleaned)
    }

    @Test("only patterns are cleaned", arguments: ["_*31.": "*31", "_*2X": "*2", "_": "", "*2X": "*2X", "_1!": "1"])
    func cleaned(exten: String, text: String) {
        #expect(FunctionKeyCode.cleaned(exten) == text)
    }

    @Test(
        "two stars without the part's number are no code",
        arguments: ["12**", "12**2", "**", "12***3", "", "*", "1*2**1"]
    )
    func invalid(text: String) {
        #expect(FunctionKeyCode(dialled: text) == nil)
    }

    @Test("a star at the end ends the last part")
    func lastStar() {
        #expect(FunctionKeyCode(dialled: "12*")?.parts == ["12"])
    }

    @Test("any parts come back as they were")
    func anyParts() {
        var generator = SeededGenerator(seed: 41)
        for _ in 0..<2_000 {
            let parts = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                String(
                    (0..<Int.random(in: 1...5, using: &generator)).map { _ in "**120a".randomElement(using: &generator)!
                    }
                )
            }
            let code = FunctionKeyCode(parts)
            #expect(FunctionKeyCode(dialled: code.dialled) == code)
        }
    }

    @Test("no text makes it fail")
    func anyText() {
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<2_000 {
            let text = String(
                (0..<Int.random(in: 0...12, using: &generator)).map { _ in "***123é".randomElement(using: &generator)! }
            )
            guard let code = FunctionKeyCode(dialled: text) else { continue }
            #expect(FunctionKeyCode(dialled: code.dialled) == code)
        }
    }
}
