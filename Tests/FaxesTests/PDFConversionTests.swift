import Foundation
import NIOCore
import Processes
import TandemTesting
import Testing

@testable import Faxes

@Suite("From a PDF to what is faxed", .timeLimit(.minutes(1)))
struct PDFConversionTests {
    private func conversion(_ program: String = "/usr/bin/gs", pages: Int = 5, limit: Duration = .seconds(30))
        -> PDFConversion
    {
        PDFConversion(program: program, processes: ProcessRunner(width: 2), mostPages: pages, limit: limit)
    }

    @Test("pages are counted; too many are refused before they are all made")
    func pages() async throws {
        let folder = try Folder()
        for pages in [1, 3, 5, 6, 200] {
            let pdf = folder.path("\(pages).pdf")
            try PDFDocument.make(pages: pages).write(to: URL(fileURLWithPath: pdf))
            let found = try await conversion().convert(pdf, to: folder.path("100%d-\(pages).tif"))
            #expect(found == (pages <= 5 ? pages : nil), "\(pages)")
        }
        #expect(folder.exists("100%d-1.tif"), "the name is taken as it is")
        let data = try #require(FileManager.default.contents(atPath: folder.path("100%d-3.tif")))
        #expect(TIFFPages.count(data) == 3)
    }

    /// The bitmap that a page of this size becomes, and its black dots' bounds in hundredths of the page.
    private func dots(
        _ page: PDFDocument.Page,
        _ resolution: FaxResolution = .standard
    ) async throws -> (image: FaxBitmap, box: [Int]) {
        let folder = try Folder()
        try PDFDocument.make(page).write(to: URL(fileURLWithPath: folder.path("a.pdf")))
        #expect(try await conversion().convert(folder.path("a.pdf"), to: folder.path("a.tif"), resolution) == 1)
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
        #expect(image.width == 1_728 && abs(image.height - resolution.lines * 1_169 / 100) <= 2)
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

    @Test("what is broken, encrypted, or no PDF gives nothing")
    func broken() async throws {
        let folder = try Folder()
        let whole = PDFDocument.make(pages: 1)
        var encrypted = String(decoding: whole, as: UTF8.self)
        encrypted = encrypted.replacing(
            "/Root 1 0 R",
            with:
                "/Root 1 0 R /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <\(String(repeating: "ab", count: 32))> "
                + "/U <\(String(repeating: "cd", count: 32))> >> /ID [<00> <00>]"
        )
        for (name, bytes) in [
            ("empty", Data()), ("zeros", Data("%PDF-1.4\n".utf8) + Data(count: 5_000)), ("half", whole.prefix(60)),
            ("text", Data("%PDF-1.4 hello".utf8)), ("encrypted", Data(encrypted.utf8)),
        ] {
            let pdf = folder.path("\(name).pdf")
            try bytes.write(to: URL(fileURLWithPath: pdf))
            #expect(try await conversion().convert(pdf, to: folder.path("\(name).tif")) == nil, "\(name)")
        }
    }

    @Test(
        "a full disk gives nothing, never fewer pages",
        .enabled(if: TinyDisk.isPossible, "needs the right to mount"),
        arguments: [4, 12, 20, 28, 36, 40, 64, 1_024]
    )
    func fullDisk(kibibytes: Int) async throws {
        let disk = try #require(TinyDisk(kibibytes: kibibytes))
        let folder = try Folder()
        let pdf = folder.path("5.pdf")
        try PDFDocument.make(pages: 5).write(to: URL(fileURLWithPath: pdf))
        let whole = try await conversion().convert(pdf, to: folder.path("whole.tif"))
        let pages = try await conversion().convert(pdf, to: disk.folder.appendingPathComponent("5.tif").path)
        #expect(whole == 5 && (pages == 5 || pages == nil))
        if kibibytes >= 64 { #expect(pages == 5) }
        if pages == nil { #expect(await SentFaxSpool(folder: disk.folder.path).isFull()) }
    }

    @Test("a converter that hangs is killed; one that fails, or lies, gives nothing")
    func bounds() async throws {
        let folder = try Folder()
        try folder.write("#!/bin/sh\nsleep 60\n", "hangs", mode: 0o755)
        try folder.write("#!/bin/sh\nexit 0\n", "lies", mode: 0o755)
        try folder.write("#!/bin/sh\nexec head -c 2000000000 /dev/zero > /dev/null; exit 1\n", "fails", mode: 0o755)
        for name in ["hangs", "lies", "fails"] {
            let start = ContinuousClock.now
            let pages = try await conversion(folder.path(name), limit: .seconds(1)).convert(
                "/dev/null",
                to: folder.path("x.tif")
            )
            #expect(pages == nil && ContinuousClock.now - start < .seconds(20), "\(name)")
        }
    }

    @Test("directories are counted in both byte orders, in circles and beyond the end")
    func counting() {
        let tiff = FaxImage.tiff(pages: 7)
        #expect(TIFFPages.count(tiff) == 7)
        #expect(TIFFPages.count(tiff.prefix(tiff.count - 20)) == 0, "cut off")
        let circle = Data([0x49, 0x49, 42, 0, 8, 0, 0, 0, 0, 0, 8, 0, 0, 0])
        #expect(TIFFPages.count(circle) == TIFFPages.most)
        #expect(TIFFPages.count(Data([0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0])) == 1)
        #expect(TIFFPages.count(Data("PDF".utf8)) == 0 && TIFFPages.count(Data()) == 0)
    }

    @Test("files of no job are swept, others are left; a folder that cannot be made is an error")
    func spool() async throws {
        let folder = try Folder()
        let spool = SentFaxSpool(folder: folder.path("sent"))
        let ids = (0..<3).map { _ in UUID().uuidString.lowercased() }
        for id in ids { _ = try await spool.begin(id) }
        try FileManager.default.createDirectory(atPath: folder.path("sent/notes"), withIntermediateDirectories: true)
        #expect(try await spool.sweep(keeping: [ids[1]]) == 2)
        #expect(folder.names("sent") == [ids[1], "notes"].sorted())
        try await spool.remove(ids[1])
        try await spool.remove(ids[1])
        #expect(folder.names("sent") == ["notes"])
        await #expect(throws: SpoolFailure.self) { try await SentFaxSpool(folder: "/dev/null/x").begin("a") }
    }
}
