public import Foundation

/// A PDF for tests: A4 pages with text and as many bars as the page's number.
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
}
