import Foundation
import TandemTesting
import Testing

@testable import Faxes

@Suite("The spool of faxes")
struct FaxSpoolTests {
    private func fax(_ path: String) -> ReceivedFax {
        ReceivedFax(
            id: "id-1",
            arrival: FaxArrival(file: path, destination: "1"),
            receivedAt: Date(timeIntervalSince1970: 0),
            backends: ["mail"]
        )
    }

    @Test("only paths below Asterisk's folder are faxes")
    func paths() async throws {
        let folder = try Folder()
        for name in ["received/sub", "receivedelse", "spool"] {
            try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("received/link"),
            withDestinationPath: folder.path("spool")
        )
        let spool = FaxSpool(received: folder.path("received"), folder: folder.path("spool"))
        for good in ["received/1.tif", "received/sub/é 1.tif"] { #expect(await spool.isReceived(folder.path(good))) }
        let bad = [
            folder.path("receivedelse/1.tif"), folder.path("received/link/1.tif"), folder.path("received/none/1.tif"),
            folder.path("received") + "/../1.tif", folder.path("received") + "/sub/../../spool/1.tif",
            folder.path("received") + "//1.tif", folder.path("received") + "/1\n.tif", "received/1.tif", "1.tif", "",
            "/",
            folder.path("received"),
        ]
        for path in bad { #expect(await !spool.isReceived(path), "\(path)") }
    }

    @Test("neither a link nor a folder nor an empty file is a fax")
    func kinds() async throws {
        let folder = try Folder()
        let spool = FaxSpool(received: folder.url.path, folder: folder.path("spool"))
        try folder.write("x", "real.tif")
        try folder.write("", "empty.tif")
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link.tif"),
            withDestinationPath: folder.path("real.tif")
        )
        #expect(await spool.holdsFax(folder.path("real.tif")))
        for name in ["empty.tif", "link.tif", "none.tif", ""] {
            #expect(await !spool.holdsFax(folder.path(name)))
        }
        await #expect(throws: SpoolFailure.self) { try await spool.take(fax(folder.path("link.tif"))) }
    }

    @Test(
        "names lose what could be taken for something else",
        arguments: [
            ("5009-+33_1-17.tif", "5009-+33_1-17.tif"), ("a b;é$(x)\".tif", ""),
            ("-rf.tif", "fax-rf.tif"), (".tif", "fax.tif"), ("...", "fax..."),
        ]
    )
    func names(name: String, kept: String) {
        let spool = FaxSpool(received: "/r", folder: "/s")
        #expect(spool.file(of: fax("/r/\(name)")).hasPrefix("/s/id-1/"))
        let file = spool.file(of: fax("/r/\(name)")).dropFirst("/s/id-1/".count)
        #expect(file.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+._-".contains($0)) })
        #expect(file.first != "." && file.first != "-")
        if name.allSatisfy({ $0.isASCII && !" ;$()\"".contains($0) }) { #expect(file == kept) }
    }

    @Test("a long name is cut at its beginning, the suffix stays")
    func longName() {
        let file = FaxSpool(received: "/r", folder: "/s").file(
            of: fax("/r/" + String(repeating: "é", count: 300) + ".tif")
        )
        #expect(file.utf8.count == 200 + "/s/id-1/".count && file.hasSuffix("_.tif"))
    }

    @Test("taken, taken again, removed")
    func moves() async throws {
        let folder = try Folder()
        try folder.write("fax", "1.tif")
        let spool = FaxSpool(received: folder.url.path, folder: folder.path("deep/spool"))
        let job = fax(folder.path("1.tif"))
        try await spool.take(job)
        #expect(!folder.exists("1.tif") && folder.read("deep/spool/id-1/1.tif") == "fax")
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("deep/spool"))
        #expect(attributes[.posixPermissions] as? Int == 0o750)
        try await spool.take(job)
        #expect(folder.read("deep/spool/id-1/1.tif") == "fax")
        try await spool.remove(job)
        try await spool.remove(job)
        #expect(folder.names("deep/spool") == [])
    }

    @Test("a crash between copy and removal: the copy counts, the original goes")
    func crashed() async throws {
        let folder = try Folder()
        try folder.write("fax", "1.tif")
        let spool = FaxSpool(received: folder.url.path, folder: folder.path("spool"))
        try FileManager.default.createDirectory(atPath: folder.path("spool/id-1"), withIntermediateDirectories: true)
        try folder.write("fax", "spool/id-1/1.tif")
        try await spool.take(fax(folder.path("1.tif")))
        #expect(!folder.exists("1.tif") && folder.read("spool/id-1/1.tif") == "fax")
    }

    @Test("to another file system: copied whole, the original goes")
    func copies() throws {
        let folder = try Folder()
        let content = String(repeating: "0123456789", count: 30_000)
        try folder.write(content, "1.tif")
        try FaxSpool.copy(folder.path("1.tif"), to: folder.path("2.tif"))
        #expect(folder.read("2.tif") == content)
        #expect(folder.names("") == ["2.tif"])
    }

    /// The system's folder for shared memory, where it is another file system than that for temporary files.
    private static let otherFileSystem: String? = {
        func device(_ path: String) -> UInt? {
            var status = stat()
            return stat(path, &status) == 0 ? UInt(status.st_dev) : nil
        }
        let here = device(FileManager.default.temporaryDirectory.path)
        return device("/dev/shm").map { $0 != here } == true ? "/dev/shm" : nil
    }()

    @Test("taken to another file system", .enabled(if: otherFileSystem != nil))
    func fileSystems() async throws {
        let folder = try Folder()
        try folder.write("fax", "1.tif")
        let other = "\(try #require(Self.otherFileSystem))/tandem-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: other) }
        let job = fax(folder.path("1.tif"))
        try await FaxSpool(received: folder.url.path, folder: other).take(job)
        #expect(!folder.exists("1.tif"))
        #expect(try String(contentsOfFile: "\(other)/id-1/1.tif", encoding: .utf8) == "fax")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(other)/id-1") == ["1.tif"])
    }

    @Test(
        "a full disk: the original stays and nothing of the copy",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"))
    )
    func full() throws {
        let folder = try Folder()
        try folder.write("fax", "1.tif")
        try FileManager.default.createSymbolicLink(atPath: folder.path("2.tif.part"), withDestinationPath: "/dev/full")
        #expect(throws: SpoolFailure.self) { try FaxSpool.copy(folder.path("1.tif"), to: folder.path("2.tif")) }
        #expect(folder.read("1.tif") == "fax" && !folder.exists("2.tif"))
    }

    @Test("no spool can be made: the file stays")
    func noSpool() async throws {
        let folder = try Folder()
        try folder.write("fax", "1.tif")
        try folder.write("in the way", "spool")
        let spool = FaxSpool(received: folder.url.path, folder: folder.path("spool"))
        await #expect(throws: SpoolFailure.self) { try await spool.take(fax(folder.path("1.tif"))) }
        await #expect(throws: SpoolFailure.self) { try await spool.prepare() }
        #expect(folder.read("1.tif") == "fax")
    }
}
