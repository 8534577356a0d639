import Foundation

/// A file in RIFF WAVE: what its head says.
struct WaveFile: Sendable, Hashable {
    /// 1: PCM.
    var encoding: UInt16
    var channels: UInt16
    /// Samples a second.
    var rate: UInt32
    var bits: UInt16
    /// Bytes of sound that are there.
    var soundBytes: Int
    /// Whether the head says that there is no sound, though there is.
    var saysNoLength: Bool
    /// Whether chunk `fmt ` is the first, has 16 bytes and is followed by `data`, as Asterisk reads it for certain.
    var isPlain: Bool

    /// Whether Asterisk plays it as it is: format `wav`.
    var isAsterisks: Bool { encoding == 1 && channels == 1 && rate == 8_000 && bits == 16 && isPlain }

    /// Seconds; 0 when the head says nothing that makes sense.
    var seconds: Double {
        let bytesASecond = Double(rate) * Double(channels) * Double(bits) / 8
        return bytesASecond > 0 ? Double(soundBytes) / bytesASecond : 0
    }

    /// Reads the head of an open file. It blocks.
    /// - Returns: `nil` when it is no WAVE with sound in it.
    init?(descriptor: CInt) {
        func bytes(_ count: Int, at offset: Int) -> [UInt8]? {
            var space = [UInt8](repeating: 0, count: count)
            return pread(descriptor, &space, count, off_t(offset)) == count ? space : nil
        }
        func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
            bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        guard let length = FileStatus.of(descriptor: descriptor)?.size, let head = bytes(12, at: 0),
            head[0..<4].elementsEqual("RIFF".utf8),
            head[8..<12].elementsEqual("WAVE".utf8)
        else { return nil }
        var format: ArraySlice<UInt8>?
        var offset = 12
        var isPlain = true
        // Chunks that stand before the sound are few.
        for index in 0..<64 {
            guard let chunk = bytes(8, at: offset) else { return nil }
            let size = Int(number(chunk[4..<8]))
            if chunk[0..<4].elementsEqual("fmt ".utf8) {
                guard size >= 16, let fields = bytes(16, at: offset + 8) else { return nil }
                format = fields[...]
                isPlain = isPlain && index == 0 && size == 16
            } else if chunk[0..<4].elementsEqual("data".utf8) {
                guard let format else { return nil }
                encoding = UInt16(number(format[0..<2]))
                channels = UInt16(number(format[2..<4]))
                rate = number(format[4..<8])
                bits = UInt16(number(format[14..<16]))
                // A recorder that wrote to a pipe does not know the length: it says 0, or as much as there can be.
                let present = length - offset - 8
                soundBytes = size == 0 ? present : min(size, present)
                self.isPlain = isPlain && index == 1 && size == soundBytes
                saysNoLength = size == 0
                guard soundBytes > 0, channels > 0, rate > 0 else { return nil }
                return
            } else {
                isPlain = false
            }
            offset += 8 + size + size % 2
        }
        return nil
    }
}
