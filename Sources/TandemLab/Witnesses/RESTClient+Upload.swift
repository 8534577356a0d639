public import Foundation

extension RESTClient {
    /// `PUT` of a file of any size with curl, which hears an answer before it has sent all.
    /// - Returns: The status.
    /// - Throws: ``LabFailure`` when there is no answer.
    public func upload(_ file: URL, to path: String, by method: String = "PUT", within limit: Duration = .seconds(60))
        async throws -> Int
    {
        let fields = headers.flatMap { ["-H", "\($0.key): \($0.value)"] }
        let arguments =
            ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, "-T", file.path] + fields + [base + path]
        // Its status tells that not all was sent, which is no failure here.
        let text = try await Command("sh", ["-c", "curl \"$@\" || true", "sh"] + arguments).output(within: limit)
        guard let status = Int(text), status > 0 else { throw LabFailure.answer("no answer to \(path)") }
        return status
    }
}
