import Foundation

/// The pages of a TIFF, counted by its directories.
enum TIFFPages {
    /// Pages that are counted at most: a damaged file may have directories in a circle.
    static let most = 10_000

    /// - Returns: 0 when it is no TIFF.
    static func count(_ data: Data) -> Int {
        let bytes = [UInt8](data)
        guard bytes.count >= 8 else { return 0 }
        let isLittle = bytes[0] == 0x49 && bytes[1] == 0x49
        guard isLittle || (bytes[0] == 0x4D && bytes[1] == 0x4D) else { return 0 }
        func number(_ offset: Int, _ count: Int) -> Int? {
            guard offset >= 0, offset + count <= bytes.count else { return nil }
            let slice = bytes[offset..<offset + count]
            return (isLittle ? Array(slice.reversed()) : Array(slice)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard number(2, 2) == 42, var offset = number(4, 4) else { return 0 }
        var pages = 0
        while offset != 0, pages < most {
            guard let entries = number(offset, 2), let next = number(offset + 2 + entries * 12, 4) else { return 0 }
            pages += 1
            offset = next
        }
        return pages
    }
}
