import NIOCore

/// Cuts a stream of bytes at its line feeds.
struct LineReader {
    /// A line is longer than allowed.
    struct TooLong: Error {}

    private var buffer = ByteBuffer()
    /// Bytes at the front that are known to hold no line feed.
    private var scanned = 0

    /// Bytes that are no whole line yet.
    var count: Int { buffer.readableBytes }

    mutating func append(_ bytes: inout ByteBuffer) {
        if buffer.readableBytes == 0 { buffer.clear() }
        buffer.writeBuffer(&bytes)
    }

    /// The next line without its LF; `nil` when none is whole.
    /// - Throws: `TooLong` when the line has more than `limit` bytes, whole or not.
    mutating func next(atMost limit: Int) throws(TooLong) -> [UInt8]? {
        let known = scanned
        let found = buffer.withUnsafeReadableBytes { bytes in bytes[known...].firstIndex(of: 0x0A) }
        guard let length = found else {
            scanned = buffer.readableBytes
            if scanned > limit { throw TooLong() }
            return nil
        }
        scanned = 0
        if length > limit { throw TooLong() }
        let line = buffer.readBytes(length: length)
        buffer.moveReaderIndex(forwardBy: 1)
        return line
    }
}
