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
        let view = buffer.readableBytesView
        guard let end = view.dropFirst(scanned).firstIndex(of: 0x0A) else {
            scanned = view.count
            if scanned > limit { throw TooLong() }
            return nil
        }
        let length = end - view.startIndex
        scanned = 0
        if length > limit { throw TooLong() }
        let line = buffer.readBytes(length: length)
        buffer.moveReaderIndex(forwardBy: 1)
        return line
    }
}
