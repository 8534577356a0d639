import NIOCore

/// The beginning of a document that arrives in pieces of any size.
struct DocumentHead {
    /// Bytes before the document that are left out at most.
    static let longestPreamble = 1_024
    private static let magic = Array("%PDF-".utf8)
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    /// What came so far, while it may still be a preamble.
    private var pending: [UInt8] = []
    /// Whether the document has begun, as a PDF.
    private(set) var isPDF = false

    /// Takes a piece.
    /// - Returns: What of the document is known to be one, empty while nothing is; `nil`: it is no PDF.
    mutating func take(_ piece: ByteBuffer) -> ByteBuffer? {
        if isPDF { return piece }
        let held = pending.count
        pending += piece.readableBytesView.prefix(Self.longestPreamble + Self.magic.count - pending.count)
        var rest = pending[...]
        if rest.starts(with: Self.byteOrderMark) {
            rest = rest.dropFirst(Self.byteOrderMark.count)
        } else if Self.byteOrderMark.starts(with: rest) {
            return ByteBuffer()
        }
        rest = rest.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard rest.count >= Self.magic.count else {
            let isOpen = Self.magic.starts(with: rest) && pending.count < Self.longestPreamble
            return isOpen ? ByteBuffer() : nil
        }
        guard rest.starts(with: Self.magic) else { return nil }
        isPDF = true
        // Of this piece, what was not looked at follows what was.
        var document = ByteBuffer(bytes: rest)
        let seen = pending.count - held
        document.writeBytes(piece.readableBytesView.dropFirst(seen))
        return document
    }
}
