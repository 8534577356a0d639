import Foundation
import Testing

@testable import ARI

@Suite("Where ARI is")
struct ARIAddressTests {
    @Test(
        "the path of the base URL counts for requests and for the WebSocket, with and without a slash at its end",
        arguments: [
            ("http://ast:8088", "http://ast:8088/ari", "/ari"), ("http://ast:8088/", "http://ast:8088/ari", "/ari"),
            ("http://ast:8088/pbx", "http://ast:8088/pbx/ari", "/pbx/ari"),
            ("http://ast:8088/a%20b/c//", "http://ast:8088/a%20b/c/ari", "/a%20b/c/ari"),
        ]
    )
    func path(base: String, root: String, path: String) throws {
        let url = try #require(URL(string: base))
        let configuration = ARIConfiguration(baseURL: url, username: "u", password: "p")
        #expect(configuration.root == root)
        #expect(configuration.rootPath == path)
        #expect(configuration.address == "ast:8088")
    }
}
