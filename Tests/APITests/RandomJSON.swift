import Core

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Random JSON values and the names that requests use.
enum RandomJSON {
    static let names = [
        "source", "destination", "user", "line_id", "context", "extension", "priority", "variables", "timeout", "calls",
        "id", "",
        "é", "a.b", "_schema",
    ]
    private static let texts = [
        "", "1", " 07 ", "true", "Off", "u", "1.5", "é\u{1F600}", "a\"\\\n\u{1}", "null", "\u{0}", "blind",
    ]

    static func value(depth: Int, using random: inout some RandomNumberGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(.random(in: -3...40, using: &random))
        case 3: return .integer(.random(in: .min ... .max, using: &random))
        // Halves are written exactly, and never look like an integer.
        case 4: return .number(Double(Int.random(in: -1_000...1_000, using: &random)) + 0.5)
        case 5: return .string(texts.randomElement(using: &random) ?? "")
        case 6:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth: depth - 1, using: &random) }
            )
        default:
            let pairs = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                (names.randomElement(using: &random) ?? "", value(depth: depth - 1, using: &random))
            }
            return .object(Dictionary(pairs) { $1 })
        }
    }
}
