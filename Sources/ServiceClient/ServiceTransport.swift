import AsyncHTTPClient
import Foundation
import Glibc
import NIOCore
import NIOHTTP1

/// The connections to all services of the platform: one pool for the process.
public final class ServiceTransport: Sendable {
    private let http: HTTPClient
    private let onRequest: (@Sendable (_ method: String, _ url: String) -> Void)?
    /// Bytes of an answer that are read at most.
    static let bodyLimit = 64 << 20

    /// A transport with its own pool. Call ``shutdown()`` when it is no longer needed.
    /// - Parameters:
    ///   - connectTimeout: Seconds for a connection to open.
    ///   - connectionsPerService: Connections to one service at most; further requests wait, within their
    ///     own time limit.
    ///   - onRequest: Told of each request before it is sent; `nil`: nobody counts.
    public init(
        connectTimeout: Double = 2,
        connectionsPerService: Int = 32,
        onRequest: (@Sendable (_ method: String, _ url: String) -> Void)? = nil
    ) {
        self.onRequest = onRequest
        var settings = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .milliseconds(Int64(connectTimeout * 1_000)))
        )
        settings.connectionPool.idleTimeout = .seconds(4)
        // A refused connection is an answer too; trying on until the limit would only hold the caller.
        settings.connectionPool.retryConnectionEstablishment = false
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionsPerService
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// Closes the pool; an error of it is of no use to anybody.
    public func shutdown() async { try? await http.shutdown() }

    func send(
        _ method: String,
        _ url: String,
        headers: [(String, String)],
        body: String?,
        seconds: Double
    ) async throws -> ServiceAnswer {
        onRequest?(method, url)
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        let prepared = request
        // The client's own deadline ends with the head of the answer; a body that never ends needs ours.
        return try await withThrowingTaskGroup(of: ServiceAnswer.self) { group in
            group.addTask { try await self.exchange(prepared, seconds: seconds) }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw ServiceFailure.timedOut
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw ServiceFailure.timedOut }
            return answer
        }
    }

    @concurrent private func exchange(_ request: HTTPClientRequest, seconds: Double) async throws -> ServiceAnswer {
        let response = try await http.execute(request, timeout: .milliseconds(Int64(seconds * 1_000)))
        let body = try await response.body.collect(upTo: Self.bodyLimit)
        var headers: [String: String] = [:]
        for (name, value) in response.headers { headers[name.lowercased()] = value }
        return ServiceAnswer(
            status: Int(response.status.code),
            headers: headers,
            body: Data(body.readableBytesView)
        )
    }

    /// Whether an idle connection was closed under our request: then nobody has read it.
    static func isStale(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error == .remoteConnectionClosed
        case let error as IOError: error.errnoCode == ECONNRESET || error.errnoCode == EPIPE
        case let error as ChannelError: error == .ioOnClosedChannel
        default: false
        }
    }

    static func isTimeout(_ error: any Error) -> Bool {
        guard let error = error as? HTTPClientError else { return false }
        return error == .deadlineExceeded || error == .readTimeout || error == .connectTimeout
            || error == .getConnectionFromPoolTimeout
    }
}
