import Core
import Testing

@Suite("JSON values")
struct JSONValueTests {
    @Test("text is compact, keys sorted, control characters escaped")
    func writes() {
        let value: JSONValue = ["b": [1, true, nil], "a": "x\"\\\n\u{1}é"]
        #expect(value.text == #"{"a":"x\"\\\n\u0001é","b":[1,true,null]}"#)
    }
}
