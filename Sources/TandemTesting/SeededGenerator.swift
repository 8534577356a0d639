/// A generator that gives the same numbers in every run (SplitMix64), for tests on mutated inputs.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Equal seeds give equal numbers.
    public init(seed: UInt64) { state = seed }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension SeededGenerator {
    /// A variation of one of the seeds: noise of `tokens`, a few bytes replaced, a beginning cut off, or an end
    /// cut off and another seed's end put there.
    /// - Parameter seeds: At least one, none empty.
    public mutating func mutation(of seeds: [[UInt8]], tokens: [UInt8], round: Int) -> [UInt8] {
        var bytes = seeds[round % seeds.count]
        switch (round / seeds.count) % 4 {
        case 0:
            return (0..<Int.random(in: 0...60, using: &self)).map { _ in tokens.randomElement(using: &self) ?? 0 }
        case 1:
            for _ in 0..<Int.random(in: 1...4, using: &self) {
                bytes[Int.random(in: 0..<bytes.count, using: &self)] = tokens.randomElement(using: &self) ?? 0
            }
        case 2:
            bytes.removeSubrange(0..<Int.random(in: 0..<bytes.count, using: &self))
        default:
            bytes.removeLast(Int.random(in: 1...bytes.count, using: &self))
            bytes += seeds[Int.random(in: 0..<seeds.count, using: &self)].suffix(Int.random(in: 0...40, using: &self))
        }
        return bytes
    }
}
