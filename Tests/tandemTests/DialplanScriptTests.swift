import Foundation
import Testing

@testable import tandem

@Suite("Scripts that the dialplan may ask for")
struct DialplanScriptTests {
    @Test("every handler's name is in the list of `tandem dialplan check`")
    func complete() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Agid")
            .standardized
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        var names: Set<String> = []
        for case let file as URL in files where file.pathExtension == "swift" {
            for match in try String(contentsOf: file, encoding: .utf8).matches(of: /let name = "([a-z_]+)"\n/) {
                names.insert(String(match.1))
            }
        }
        #expect(names.count > 15)
        #expect(names.subtracting(DialplanScripts.names) == [])
    }
}
