import Foundation
import Processes

/// The dots of a fax's first page, unpacked by the real `tiffcp`.
struct FaxBitmap {
    let width: Int
    let height: Int
    /// `true`: black.
    private let rows: [[Bool]]

    /// - Returns: `nil` when the file is no fax.
    init?(tiff: String) async throws {
        let plain = tiff + ".plain"
        let outcome = try await ProcessRunner(width: 1).run(
            ProcessRequest("/usr/bin/tiffcp", ["-c", "none", "-f", "msb2lsb", "\(tiff),0", plain])
        )
        guard outcome.isSuccess, let data = FileManager.default.contents(atPath: plain) else { return nil }
        let file = TIFFReader([UInt8](data))
        guard let width = file.numbers(256).first, let height = file.numbers(257).first else { return nil }
        let dots = zip(file.numbers(273), file.numbers(279)).flatMap { file.bytes[$0..<$0 + $1] }
        let stride = (width + 7) / 8
        guard dots.count == stride * height else { return nil }
        // Photometric interpretation 0: a set bit is black.
        let isSetBlack = file.numbers(262).first == 0
        rows = (0..<height).map { y in
            (0..<width).map { x in
                (dots[y * stride + x / 8] >> UInt8(7 - x % 8) & 1 == 1) == isSetBlack
            }
        }
        self.width = width
        self.height = height
    }

    /// Black dots.
    var count: Int { rows.reduce(0) { $0 + $1.count { $0 } } }

    private var edges: (left: Int, top: Int, right: Int, bottom: Int) {
        let columns = (0..<width).filter { x in rows.contains { $0[x] } }
        let lines = rows.indices.filter { rows[$0].contains(true) }
        return (columns.first ?? 0, lines.first ?? 0, columns.last ?? 0, lines.last ?? 0)
    }

    /// Where the black dots are: left, top, right, bottom, in hundredths of the page.
    var box: [Int] {
        let edges = edges
        return [
            edges.left * 100 / width, edges.top * 100 / height, edges.right * 100 / width, edges.bottom * 100 / height,
        ]
    }

    /// Of the four edges of what is black those that are lines, as a frame's are.
    var sides: Int {
        let (left, top, right, bottom) = edges
        func isLine(_ dots: [Bool]) -> Bool { dots.count { $0 } * 10 > dots.count * 9 }
        let horizontal = [top, bottom].map { y in Array(rows[y][left...right]) }
        let vertical = [left, right].map { x in rows[top...bottom].map { $0[x] } }
        return (horizontal + vertical).count(where: isLine)
    }
}

/// The first directory of a TIFF.
private struct TIFFReader {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private func number(_ offset: Int, _ size: Int) -> Int {
        let slice = bytes[offset..<offset + size]
        let isLittle = bytes[0] == 0x49
        return (isLittle ? slice.reversed() : Array(slice)).reduce(0) { $0 << 8 | Int($1) }
    }

    /// The values of a tag of type short or long.
    func numbers(_ tag: Int) -> [Int] {
        let directory = number(4, 4)
        for entry in 0..<number(directory, 2) {
            let place = directory + 2 + entry * 12
            guard number(place, 2) == tag else { continue }
            let size = number(place + 2, 2) == 3 ? 2 : 4
            let count = number(place + 4, 4)
            let values = size * count <= 4 ? place + 8 : number(place + 8, 4)
            return (0..<count).map { number(values + $0 * size, size) }
        }
        return []
    }
}
