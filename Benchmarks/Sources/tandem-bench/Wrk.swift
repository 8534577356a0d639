import Foundation

/// The load generator `wrk` (Debian package of this name), a process of its own.
struct Wrk {
    /// Seconds of one round (`BENCH_SECONDS`, 3).
    static let seconds = ProcessInfo.processInfo.environment["BENCH_SECONDS"].flatMap { Int($0) } ?? 3
    private static let program = "/usr/bin/wrk"

    /// The request as wrk's Lua wants it.
    let script: URL

    /// - Parameters:
    ///   - token: Value of `X-Auth-Token`.
    ///   - json: Body of a POST; `nil`: a GET.
    ///   - authorization: Value of `Authorization`.
    init(token: String, json: String? = nil, authorization: String? = nil) throws {
        guard FileManager.default.isExecutableFile(atPath: Self.program) else {
            throw BenchFailure("wrk is not installed: apt-get install wrk")
        }
        var lines = [#"wrk.headers["X-Auth-Token"] = "\#(token)""#]
        if let authorization { lines.append(#"wrk.headers["Authorization"] = "\#(authorization)""#) }
        if let json {
            lines += [
                #"wrk.method = "POST""#, #"wrk.headers["Content-Type"] = "application/json""#, "wrk.body = [[\(json)]]",
            ]
        }
        script = FileManager.default.temporaryDirectory.appending(path: "tandem-bench-\(UUID().uuidString).lua")
        try lines.joined(separator: "\n").write(to: script, atomically: true, encoding: .utf8)
    }

    /// One thread.
    /// - Returns: Requests that were answered.
    func run(port: Int, path: String, connections: Int = 16) async throws -> Int {
        let url = "http://127.0.0.1:\(port)\(path)"
        let child = try Child.start(
            URL(filePath: Self.program),
            ["-t1", "-c\(connections)", "-d\(Self.seconds)s", "-s", script.path, url]
        )
        let text = await child.allOutput()
        guard !text.contains("Non-2xx"), let found = text.firstMatch(of: /(\d+) requests in/), let count = Int(found.1)
        else { throw BenchFailure("wrk \(url): \(text)") }
        return count
    }

    func remove() { try? FileManager.default.removeItem(at: script) }
}
