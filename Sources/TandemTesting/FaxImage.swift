public import Foundation

/// A fax as a TIFF of class F: 1,728 pixels wide, 204 × 98 per inch, black and white, not compressed.
public enum FaxImage {
    private static let width = 1_728
    private static let rows = 1_078

    /// A document of so many pages, each with bars as many as its number.
    public static func tiff(pages: Int) -> Data {
        var data = Data("II".utf8)
        data.append(little: UInt16(42))
        // The first directory's place is known when the first page is written.
        data.append(little: UInt32(0))
        var link = 4
        for page in 0..<pages {
            let strip = data.count
            data.append(image(ofPage: page + 1))
            let resolution = data.count
            for number: UInt32 in [204, 1, 98, 1] { data.append(little: number) }
            let directory = data.count
            data.replaceSubrange(link..<link + 4, with: Data(little: UInt32(directory)))
            link = directory + 2 + 12 * 13
            append(page: page, of: pages, strip: strip, resolution: resolution, to: &data)
        }
        return data
    }

    /// Pages of a PDF that tiff2pdf wrote.
    public static func pages(ofPDF data: Data) -> Int {
        let text = String(decoding: data, as: UTF8.self)
        return text.components(separatedBy: "/Type /Page").dropFirst().filter { !$0.hasPrefix("s") }.count
    }

    private static func append(page: Int, of pages: Int, strip: Int, resolution: Int, to data: inout Data) {
        let short: UInt16 = 3
        let long: UInt16 = 4
        let entries: [(tag: UInt16, type: UInt16, count: Int, value: Int)] = [
            (254, long, 1, 2), (256, long, 1, width), (257, long, 1, rows), (258, short, 1, 1), (259, short, 1, 1),
            // 0 is white
            (262, short, 1, 0), (273, long, 1, strip), (277, short, 1, 1), (278, long, 1, rows),
            (279, long, 1, width / 8 * rows), (282, 5, 1, resolution), (283, 5, 1, resolution + 8),
            (297, short, 2, page | pages << 16),
        ]
        data.append(little: UInt16(entries.count))
        for entry in entries {
            data.append(little: entry.tag)
            data.append(little: entry.type)
            data.append(little: UInt32(entry.count))
            data.append(little: UInt32(entry.value))
        }
        data.append(little: UInt32(0))
    }

    private static func image(ofPage number: Int) -> Data {
        var image = Data(count: width / 8 * rows)
        for bar in 0..<number {
            for row in (100 + bar * 60)..<(120 + bar * 60) {
                for byte in 20..<180 { image[row * width / 8 + byte] = 0xff }
            }
        }
        return image
    }
}

extension Data {
    fileprivate init(little value: some FixedWidthInteger) {
        self.init(Swift.withUnsafeBytes(of: value.littleEndian) { Array($0) })
    }

    fileprivate mutating func append(little value: some FixedWidthInteger) { append(Data(little: value)) }
}
