public import Foundation

/// A sound of 8 kHz, 16 bits, one channel in RIFF WAVE: what it sounds like, and files that sound like something.
public struct WaveSound: Sendable {
    /// The samples.
    public let samples: [Int16]

    /// Reads a file as Asterisk writes it: the sound begins at byte 44.
    /// - Returns: `nil` when it is no such file.
    public init?(_ file: Data) {
        let bytes = [UInt8](file)
        guard bytes.count > 44, bytes[0..<4].elementsEqual("RIFF".utf8), bytes[36..<40].elementsEqual("data".utf8)
        else {
            return nil
        }
        samples = stride(from: 44, to: bytes.count - 1, by: 2).map {
            Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8)
        }
    }

    /// A tone.
    public init(tone: Double, seconds: Double) {
        var generator = ToneGenerator(tone)
        samples = generator.next(Int(seconds * ToneMeter.sampleRate))
    }

    /// Seconds.
    public var seconds: Double { Double(samples.count) / ToneMeter.sampleRate }

    /// The part of the sound, in windows of 100 ms, that is this tone: 0 to 1.
    public func share(ofTone frequency: Double) -> Double {
        var meter = ToneMeter()
        let windows = meter.append(samples)
        return Double(windows.count { $0.isTone(frequency) }) / Double(max(1, windows.count))
    }

    /// The file.
    /// - Parameter rate: What its head says; another one than 8,000 makes another tone of it.
    public func file(rate: UInt32 = 8_000) -> Data {
        func little(_ value: UInt32, _ bytes: Int) -> [UInt8] {
            (0..<bytes).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
        }
        let sound = samples.flatMap { little(UInt32(UInt16(bitPattern: $0)), 2) }
        var bytes = Array("RIFF".utf8) + little(UInt32(36 + sound.count), 4) + Array("WAVEfmt ".utf8)
        bytes += little(16, 4) + little(1, 2) + little(1, 2) + little(rate, 4) + little(rate * 2, 4)
        bytes += little(2, 2) + little(16, 2) + Array("data".utf8) + little(UInt32(sound.count), 4) + sound
        return Data(bytes)
    }
}
