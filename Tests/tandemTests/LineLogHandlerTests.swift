import Core
import Foundation
import Logging
import Testing

@testable import tandem

@Suite("Lines of the log")
struct LineLogHandlerTests {
    /// What a logger wrote into its file.
    private func lines(_ format: LogFormat, _ log: (Logger) -> Void) throws -> [String] {
        let file = FileManager.default.temporaryDirectory.appending(path: "tandem-log-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let output = try LogOutput(path: file.path)
        log(
            Logger(label: "tests") { LineLogHandler(label: $0, level: LogLevel(.info), format: format, output: output) }
        )
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test(
        "a secret that a foreign text quotes is hidden, in the message and in the metadata",
        arguments: [LogFormat.text, .json],
        [
            "/rawman?action=login&username=u&secret=hunter2: refused", "{\"password\": \"hunter2\"}",
            "cannot reach amqp://tandem:hunter2@bus:5672/", "FATAL: password=hunter2 is wrong",
            "GET http://auth/0.1/token/hunter2 was refused", "X-Auth-Token: hunter2", "Authorization: Basic hunter2",
        ]
    )
    func hidden(format: LogFormat, text: String) throws {
        let written = try lines(format) { logger in
            logger.error("\(text)")
            logger.error("service failed", metadata: ["error": "\(text)"])
            var withOwn = logger
            withOwn[metadataKey: "cause"] = "\(text)"
            withOwn.error("service failed")
        }
        #expect(written.count == 3)
        for line in written {
            #expect(!line.contains("hunter2"))
            #expect(line.contains(SecretMasking.mask))
        }
    }

    @Test(
        "a value that could be taken for more than one is quoted",
        arguments: zip(
            ["plain:1", "", "Ann tenant=other", "a=b", "say \"hi\" \\"],
            ["plain:1", "\"\"", "\"Ann tenant=other\"", "\"a=b\"", #""say \"hi\" \\""#]
        )
    )
    func quoted(value: String, written: String) throws {
        let line = try #require(try lines(.text) { $0.info("call", metadata: ["name": "\(value)"]) }.first)
        #expect(line.hasSuffix("call name=\(written)"))
    }

    @Test("everything else stays as it is, also the end of a token that was masked before")
    func kept() throws {
        let written = try lines(.text) { logger in
            logger.info(
                "GET /1.0/calls",
                metadata: ["token": "XXXX-XX9abcdef0", "client": "192.0.2.1", "time": "18:07:00"]
            )
        }
        let line = try #require(written.first)
        #expect(line.hasSuffix("GET /1.0/calls client=192.0.2.1 time=18:07:00 token=XXXX-XX9abcdef0"))
    }
}
