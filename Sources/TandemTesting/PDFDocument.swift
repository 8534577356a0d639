public import Foundation

/// PDFs for tests: A4 pages with text and as many bars as the page's number.
public enum PDFDocument {
    /// A document of so many pages.
    public static func make(pages: Int) -> Data {
        var objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
        let kids = (0..<pages).map { "\(4 + $0 * 2) 0 R" }.joined(separator: " ")
        objects.append("<< /Type /Pages /Kids [\(kids)] /Count \(pages) >>")
        objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
        for page in 1...max(1, pages) {
            let place = "/Parent 2 0 R /MediaBox [0 0 595 842] /Contents \(objects.count + 2) 0 R"
            objects.append("<< /Type /Page \(place) /Resources << /Font << /F1 3 0 R >> >> >>")
            let bars = (0..<page).map { "\(60 + $0 * 15) 400 8 200 re f" }.joined(separator: "\n")
            let drawing = "BT /F1 36 Tf 60 700 Td (Page \(page) of \(pages)) Tj ET\n\(bars)"
            objects.append("<< /Length \(drawing.utf8.count) >>\nstream\n\(drawing)\nendstream")
        }
        return text(of: objects)
    }

    /// The file of numbered objects, the first of which is the catalogue.
    private static func text(of objects: [String]) -> Data {
        var text = "%PDF-1.4\n"
        var places: [Int] = []
        for (index, object) in objects.enumerated() {
            places.append(text.utf8.count)
            text += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let table = text.utf8.count
        text += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for place in places { text += String(repeating: "0", count: 10 - "\(place)".count) + "\(place) 00000 n \n" }
        text += "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R >>\nstartxref\n\(table)\n%%EOF\n"
        return Data(text.utf8)
    }

    /// A page with a frame 30 points from its edges and a line of text.
    public struct Page: Sendable, Hashable, CustomStringConvertible {
        /// Points, before it is turned.
        public var width: Int
        /// Points, before it is turned.
        public var height: Int
        /// Degrees by which viewers turn it.
        public var rotation: Int
        /// How bright the text is: 0 black, 1 white.
        public var grey: Double

        /// Portrait A4 with black text unless said otherwise.
        public init(width: Int = 595, height: Int = 842, rotation: Int = 0, grey: Double = 0) {
            self.width = width
            self.height = height
            self.rotation = rotation
            self.grey = grey
        }

        /// For messages of tests.
        public var description: String { "\(width)x\(height) turned by \(rotation), grey \(grey)" }
    }

    /// A document of one page.
    public static func make(_ page: Page) -> Data {
        let drawing = """
            0 G 4 w 30 30 \(page.width - 60) \(page.height - 60) re S
            \(page.grey) g BT /F1 14 Tf 60 100 Td (The quick brown fox jumps over the lazy dog) Tj ET
            """
        return text(of: [
            "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 \(page.width) \(page.height)] /Rotate \(page.rotation) "
                + "/Contents 5 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
            "<< /Length \(drawing.utf8.count) >>\nstream\n\(drawing)\nendstream",
        ])
    }
}
