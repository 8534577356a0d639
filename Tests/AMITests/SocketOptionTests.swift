import Foundation
import Testing

/// Which socket options may be set where. `TCP_NODELAY` has the number of `SO_DEBUG` at the socket's own level, and that
/// one is for root alone: a connection that asks for it there works in a test as root and nowhere else.
@Suite("Socket options")
struct SocketOptionTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

    @Test(
        "options of TCP are set at TCP's level, in every source",
        arguments: ["Sources", "Tests", "Benchmarks/Sources"]
    )
    func level(folder: String) throws {
        let url = Self.root.appending(path: folder)
        let files = try #require(FileManager.default.enumerator(at: url, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            count += 1
            // In two parts, so that this line does not find itself.
            #expect(!text.contains(".socketOption(" + ".tcp_"), "\(file.path)")
        }
        #expect(count > 5)
    }
}
