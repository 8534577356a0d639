import AsyncHTTPClient
import Core
import Foundation
public import Logging
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Synchronization
public import Telephony

/// Requests to Asterisk's REST interface: parameters in the query string, Basic authentication, pooled
/// connections and a time limit on each request (contract 00 §7.1).
public final class ARIClient: Sendable {
    /// Takes those who answer an origination into their application.
    public let entrance = StasisEntrance()
    private let configuration: ARIConfiguration
    private let http: HTTPClient
    private let logger: Logger
    private let initialized = Mutex(false)

    /// A client with its own connection pool. Call ``shutdown()`` when it is no longer needed.
    public init(configuration: ARIConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        var settings = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(
                connect: .milliseconds(Int64(min(configuration.requestTimeout, 2) * 1_000)),
                read: .milliseconds(Int64(configuration.requestTimeout * 1_000))
            )
        )
        // Asterisk closes an idle connection after 15 s (http.conf session_keep_alive): ours go first, so
        // that no request meets a connection that is just being closed.
        settings.connectionPool.idleTimeout = .seconds(8)
        // A refused connection is an answer too; trying on until the limit would only hold the caller.
        settings.connectionPool.retryConnectionEstablishment = false
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.poolSize
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// Closes the pool.
    public func shutdown() async {
        do {
            try await http.shutdown()
        } catch {
            logger.debug("ARI client did not shut down cleanly", metadata: ["error": "\(error)"])
        }
    }

    /// From now on requests are sent; before, they fail with `.notInitialized` (contract 00 §5.5).
    func markInitialized() { initialized.withLock { $0 = true } }

    /// Sends a request and returns the body of a 2xx answer.
    /// - Throws: `TelephonyFailure`; `CancellationError`.
    @discardableResult
    func send(
        _ method: HTTPMethod,
        _ path: [String],
        query: [(String, String)] = [],
        body: Data? = nil,
        beforeInitialization: Bool = false
    ) async throws -> Data {
        guard beforeInitialization || initialized.withLock({ $0 }) else { throw TelephonyFailure.notInitialized }
        guard path.allSatisfy(Self.canBeName) else { throw TelephonyFailure.notFound("None") }
        var request = HTTPClientRequest(url: url(path, query: query))
        request.method = method
        request.headers.add(name: "Authorization", value: configuration.authorization)
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(data: body))
        }
        let status: Int
        var answer: ByteBuffer
        do {
            let limit = TimeAmount.milliseconds(Int64(configuration.requestTimeout * 1_000))
            let response = try await http.execute(request, timeout: limit)
            status = Int(response.status.code)
            answer = try await response.body.collect(upTo: 64 << 20)
        } catch {
            // Nobody waits any more: that says nothing about Asterisk.
            if Task.isCancelled { throw CancellationError() }
            throw TelephonyFailure.unreachable("\(method) /\(path.joined(separator: "/")): \(error)")
        }
        let data = answer.readData(length: answer.readableBytes) ?? Data()
        guard !(200..<300).contains(status) else { return data }
        // ARI is there, and what it refuses from the start is told in its own words from now on.
        markInitialized()
        // Asterisk writes `message`, or `error` for failures of its HTTP server.
        let refusal = try? JSONValue(parsing: data)
        let message = refusal?["message"]?.string ?? refusal?["error"]?.string ?? "None"
        logger.debug(
            "ARI refused",
            metadata: [
                "request": "\(method) /\(path.joined(separator: "/"))", "status": "\(status)", "message": "\(message)",
            ]
        )
        throw TelephonyFailure(status: status, message: message)
    }

    /// Whether a channel, bridge or recording can have this name. An id may come from a client: what is empty, points
    /// elsewhere, or is longer than any (Asterisk's longest, of files, have 255 bytes) names nothing, and Asterisk, which
    /// would answer it as another path or as a broken request, is not asked.
    private static func canBeName(_ part: String) -> Bool {
        (1...255).contains(part.utf8.count) && part != "." && part != ".."
    }

    private func url(_ path: [String], query: [(String, String)]) -> String {
        var text = configuration.root
        for part in path { text += "/" + Self.escaped(part) }
        for (index, pair) in query.enumerated() {
            text += (index == 0 ? "?" : "&") + pair.0 + "=" + Self.escaped(pair.1)
        }
        return text
    }

    /// RFC 3986 percent-encoding of everything but unreserved characters: a channel id or a value may
    /// hold any.
    private static func escaped(_ text: String) -> String {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        var out = ""
        for byte in text.utf8 {
            if unreserved.contains(byte) {
                out.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                out += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return out
    }
}
