import Core

/// The part of a content that a client asks for: header `Range` with one range of bytes (RFC 9110 §14). Anything
/// else that the header may hold asks for the whole.
enum ByteRange: Sendable, Hashable {
    case whole
    case part(Range<Int>)
    /// 416
    case unsatisfiable

    /// - Parameter length: Bytes of the whole content.
    init(header: String?, length: Int) {
        self = .whole
        guard let ranges = header?.lowercased().suffix(after: "bytes=") else { return }
        let words = ranges.parts(separatedBy: "-", most: 2, keepingEmpty: true)
        guard words.count == 2 else { return }
        let (first, last) = (words[0].trimmingBlanks, words[1].trimmingBlanks)
        guard (first + last).utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return }
        if first.isEmpty {
            guard !last.isEmpty else { return }
            // A number beyond Int is more than any content has.
            let count = Int(last) ?? length
            self = count > 0 && length > 0 ? .part(max(0, length - count)..<length) : .unsatisfiable
        } else {
            guard let start = Int(first), start < length else {
                self = .unsatisfiable
                return
            }
            let end = last.isEmpty ? length - 1 : min(Int(last) ?? length - 1, length - 1)
            // `9-3` is no range: the header is ignored.
            if end >= start { self = .part(start..<(end + 1)) }
        }
    }
}
