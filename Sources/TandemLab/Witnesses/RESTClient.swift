import AsyncHTTPClient
public import Core
public import Foundation
import NIOCore
import NIOHTTP1

/// An answer over HTTP.
public struct RESTAnswer: Sendable, Hashable {
    /// The status.
    public let status: Int
    /// The body; `nil` when it is empty or no JSON.
    public let body: JSONValue?
    /// The body as it came.
    public let text: String
    /// The same as bytes.
    public let bytes: Data
    /// Headers by their lower-case names, the last of equal ones.
    public let headers: [String: String]
}

/// A client of a JSON interface: Tandem's, or ARI.
public struct RESTClient: Sendable {
    /// The address that paths are added to, without a slash at its end.
    public let base: String
    /// Sent with every request.
    public var headers: [String: String]

    /// A client; `headers` are sent with every request.
    public init(_ base: String, headers: [String: String] = [:]) {
        self.base = base
        self.headers = headers
    }

    /// The same client with a token of Tandem, and a tenant if one is to be named.
    public func with(token: String, tenant: String? = nil) -> RESTClient {
        var copy = self
        copy.headers["X-Auth-Token"] = token
        copy.headers["Wazo-Tenant"] = tenant
        return copy
    }

    /// `GET`
    public func get(_ path: String, within limit: Duration = .seconds(10)) async throws -> RESTAnswer {
        try await request("GET", path, within: limit)
    }

    /// `PUT`
    public func put(_ path: String, _ body: JSONValue? = nil) async throws -> RESTAnswer {
        try await request("PUT", path, body)
    }

    /// `POST`
    public func post(_ path: String, _ body: JSONValue? = nil) async throws -> RESTAnswer {
        try await request("POST", path, body)
    }

    /// `PATCH`
    public func patch(_ path: String, _ body: JSONValue) async throws -> RESTAnswer {
        try await request("PATCH", path, body)
    }

    /// `DELETE`
    public func delete(_ path: String) async throws -> RESTAnswer { try await request("DELETE", path) }

    /// Any request; an answer of any status is an answer.
    /// - Parameter path: Begins with a slash; with a query, already percent-encoded.
    /// - Throws: What the HTTP client throws when there is no answer in time.
    public func request(
        _ method: String,
        _ path: String,
        _ body: JSONValue? = nil,
        within limit: Duration = .seconds(10)
    ) async throws -> RESTAnswer {
        var request = HTTPClientRequest(url: base + path)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        if let body {
            request.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body.text))
        }
        return try await send(request, within: limit)
    }

    /// A request with bytes as its body.
    /// - Throws: as ``request(_:_:_:within:)``.
    public func send(
        _ method: String,
        _ path: String,
        bytes: Data,
        mediaType: String,
        within limit: Duration = .seconds(30)
    ) async throws -> RESTAnswer {
        var request = HTTPClientRequest(url: base + path)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
        request.headers.replaceOrAdd(name: "Content-Type", value: mediaType)
        request.body = .bytes(ByteBuffer(bytes: bytes))
        return try await send(request, within: limit)
    }

    private func send(_ request: HTTPClientRequest, within limit: Duration) async throws -> RESTAnswer {
        let response = try await HTTPClient.shared.execute(
            request,
            timeout: .milliseconds(limit.milliseconds)
        )
        let bytes = try await response.body.collect(upTo: 16 * 1_024 * 1_024)
        return RESTAnswer(
            status: Int(response.status.code),
            body: try? JSONValue(parsing: Data(bytes.readableBytesView)),
            text: String(buffer: bytes),
            bytes: Data(bytes.readableBytesView),
            headers: Dictionary(
                response.headers.map { ($0.name.lowercased(), $0.value) },
                uniquingKeysWith: { $1 }
            )
        )
    }
}
