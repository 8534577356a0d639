import Foundation
import Processes
import TandemTesting
import Testing

@testable import Faxes

// One after the other: each runs the real Ghostscript.
@Suite("Pages of a PDF as a fax", .serialized, .timeLimit(.minutes(2)))
struct PDFPageTests {
    private let conversion = PDFConversion(
        program: "/usr/bin/gs",
        processes: ProcessRunner(width: 2),
        mostPages: 5,
        limit: .seconds(30)
    )

    /// The bitmap that a page of this size becomes, and its black dots' bounds in hundredths of the page.
    private func dots(
        _ page: PDFDocument.Page,
        _ resolution: FaxResolution = .standard
    ) async throws -> (image: FaxBitmap, box: [Int]) {
        let folder = try Folder()
        try PDFDocument.make(page).write(to: URL(fileURLWithPath: folder.path("a.pdf")))
        #expect(try await conversion.convert(folder.path("a.pdf"), to: folder.path("a.tif"), resolution) == 1)
        let image = try #require(try await FaxBitmap(tiff: folder.path("a.tif")))
        return (image, image.box)
    }

    @Test("portrait A4 stays where it is")
    func a4() async throws {
        let (image, box) = try await dots(PDFDocument.Page())
        #expect(image.width == 1_728 && image.height == 1_146)
        // A frame 30 points from the edges.
        #expect(box == [4, 3, 95, 96])
    }

    @Test(
        "pages of any size and direction are turned and fitted whole, none is cropped",
        arguments: [
            PDFDocument.Page(width: 842, height: 595), PDFDocument.Page(rotation: 90), PDFDocument.Page(rotation: 270),
            PDFDocument.Page(width: 612, height: 1_008), PDFDocument.Page(width: 842, height: 1_191),
            PDFDocument.Page(width: 1_008, height: 612, rotation: 90),
        ]
    )
    func fitted(page: PDFDocument.Page) async throws {
        let (image, box) = try await dots(page)
        #expect(image.width == 1_728 && image.height == 1_146)
        #expect(box[0] > 0 && box[1] > 0 && box[2] < 99 && box[3] < 99, "\(page): \(box)")
        #expect(image.sides == 4, "the whole frame is there: \(page)")
    }

    @Test("a finer fax has more lines of the same page", arguments: FaxResolution.allCases)
    func resolutions(resolution: FaxResolution) async throws {
        let (image, box) = try await dots(PDFDocument.Page(), resolution)
        #expect(image.width == 1_728 && abs(image.height - resolution.lines * 1_169 / 100) <= 4)
        #expect(box == [4, 3, 95, 96])
    }

    @Test("grey letters are as black as black ones; white ones stay white")
    func grey() async throws {
        var counts: [Double: Int] = [:]
        for grey in [0.0, 0.4, 0.6, 0.75, 1] {
            counts[grey] = try await dots(PDFDocument.Page(grey: grey)).image.count
        }
        let black = try #require(counts[0])
        for grey in [0.4, 0.6, 0.75] { #expect(counts[grey] == black, "grey \(grey)") }
        #expect(try #require(counts[1]) < black)
    }
}
