import NIOCore

/// An RTP packet (RFC 3550 §5.1) without extensions of ours.
struct RTPPacket: Hashable {
    /// 0: µ-law.
    var payloadType: UInt8
    var sequence: UInt16
    var timestamp: UInt32
    var source: UInt32
    var payload: [UInt8]

    /// Parses a datagram; `nil` when it is no RTP.
    init?(_ buffer: ByteBuffer) {
        var buffer = buffer
        guard let first: UInt8 = buffer.readInteger(), first >> 6 == 2,
            let second: UInt8 = buffer.readInteger(),
            let sequence: UInt16 = buffer.readInteger(), let timestamp: UInt32 = buffer.readInteger(),
            let source: UInt32 = buffer.readInteger()
        else { return nil }
        guard buffer.readSlice(length: Int(first & 0x0F) * 4) != nil else { return nil }
        if first & 0x10 != 0 {
            guard buffer.readInteger(as: UInt16.self) != nil, let words: UInt16 = buffer.readInteger(),
                buffer.readSlice(length: Int(words) * 4) != nil
            else { return nil }
        }
        var payload = buffer.readBytes(length: buffer.readableBytes) ?? []
        if first & 0x20 != 0, let padding = payload.last {
            payload.removeLast(min(Int(padding), payload.count))
        }
        payloadType = second & 0x7F
        self.sequence = sequence
        self.timestamp = timestamp
        self.source = source
        self.payload = payload
    }

    init(payloadType: UInt8, sequence: UInt16, timestamp: UInt32, source: UInt32, payload: [UInt8]) {
        self.payloadType = payloadType
        self.sequence = sequence
        self.timestamp = timestamp
        self.source = source
        self.payload = payload
    }

    /// The packet as it is sent.
    var bytes: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt8(0x80))
        buffer.writeInteger(payloadType)
        buffer.writeInteger(sequence)
        buffer.writeInteger(timestamp)
        buffer.writeInteger(source)
        buffer.writeBytes(payload)
        return buffer
    }
}
