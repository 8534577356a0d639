/// G.711 µ-law, by ITU-T G.711: a sign, three bits of exponent, four of mantissa, all bits inverted.
enum MuLaw {
    private static let bias: Int32 = 0x84
    private static let clip: Int32 = 32_635

    /// No sound.
    static let silence: UInt8 = 0xFF

    static func encode(_ sample: Int16) -> UInt8 {
        let sign: UInt8 = sample < 0 ? 0x80 : 0
        let magnitude = min(abs(Int32(sample)), clip) + bias
        // The highest set bit is between 7 and 14.
        let exponent = 31 - magnitude.leadingZeroBitCount - 7
        let mantissa = UInt8((magnitude >> Int32(exponent + 3)) & 0x0F)
        return ~(sign | UInt8(exponent) << 4 | mantissa)
    }

    static func decode(_ byte: UInt8) -> Int16 {
        let value = ~byte
        let exponent = Int32((value >> 4) & 0x07)
        let mantissa = Int32(value & 0x0F)
        let magnitude = ((mantissa << 3) + bias) << exponent - bias
        return Int16(value & 0x80 == 0 ? magnitude : -magnitude)
    }
}
