import Foundation
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
