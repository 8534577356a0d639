import NIOCore
import TandemTesting
import Testing

@testable import Faxes

@Suite("The beginning of a document that arrives")
struct DocumentHeadTests {
    @Test(
        "a mark of the byte order and blank lines before a document are left out",
        arguments: ["", "\u{FEFF}", "\r\n", "\u{FEFF}\r\n \n"],
        [1, 3, 7, 10_000]
    )
    func preamble(text: String, size: Int) async throws {
        let document = PDFDocument.make(pages: 2)
        let bytes = Array(text.utf8) + Array(document)
        var head = DocumentHead()
        var received: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)])
            let taken = head.take(piece)
            received += try #require(taken).readableBytesView
        }
        #expect(head.isPDF && received == Array(document))
    }

    @Test(
        "what is no PDF is refused as soon as that is sure",
        arguments: ["GIF89a", " \n%!PS", "%PD", "\u{FEFF}x", String(repeating: " ", count: 2_000) + "%PDF-1.4"]
    )
    func noPreamble(text: String) {
        var head = DocumentHead()
        let isTaken = head.take(ByteBuffer(string: text)) != nil
        #expect(!head.isPDF)
        #expect(isTaken == (text == "%PD"), "more of it may come")
    }
}
