public import Access
public import Core
import Foundation
import HTTPTypes
import Hummingbird
public import Logging
public import NIOCore

/// A request whose token was accepted.
public struct APIRequest: RequestReading {
    /// The request itself.
    public let contents: RequestContents
    /// Who makes it.
    public let identity: Identity
    /// What it was accepted with.
    public let credentials: RequestCredentials

    /// The tenant in which it acts.
    public var tenant: TenantID { identity.tenant }

    /// The tenant whose objects it reaches by their id; `nil`: those of all tenants (`Identity.seesAllTenants`).
    public var scope: TenantID? { identity.seesAllTenants ? nil : tenant }

    /// The user who makes it, for `users/me` (contract 00 §4.6).
    /// - Throws: `Failure` 400 `token-with-user-uuid-required`.
    public func user() throws -> UserID {
        guard let user = identity.user, !user.rawValue.isEmpty else { throw Failure.tokenWithUserRequired }
        return user
    }

    /// Whether header `Wazo-Tenant` chose the tenant (contract 00 §4.4: a master token without it sees all
    /// tenants in some features).
    public var choosesTenant: Bool { contents.headers[.tenant]?.isEmpty == false }
}

/// A request's token and the tenant that it names, for routes that ask again while they answer.
public struct RequestCredentials: Sendable, CustomStringConvertible {
    /// The token's secret: not for the log.
    public let token: String
    /// The tenant of header `Wazo-Tenant`.
    public let tenant: TenantID?

    /// Credentials with their parts.
    public init(token: String, tenant: TenantID?) {
        self.token = token
        self.tenant = tenant
    }

    /// Hides the token.
    public var description: String { "credentials of tenant \(tenant?.rawValue ?? "the token")" }
}

/// A request of a route without token.
public struct OpenRequest: RequestReading {
    /// The request itself.
    public let contents: RequestContents
}

/// What can be read from any request.
public protocol RequestReading: Sendable {
    /// The request itself.
    var contents: RequestContents { get }
}

/// A request with its context, as the readers need it.
public struct RequestContents: Sendable {
    let request: Request
    let context: APIContext
    let names: [String]
    let values: [String]
    let limits: BodyLimits

    /// Whether the query's `token` belongs to the check of the access and not to the feature.
    let hidesToken: Bool

    var headers: HTTPFields { request.headers }
    /// The query as the feature sees it.
    var query: [String: JSONValue] {
        var fields = QueryString.fields(request.uri.query)
        if hidesToken { fields["token"] = nil }
        return fields
    }
}

extension RequestReading {
    /// A path parameter, percent-decoded. It holds no slash.
    public func path(_ name: String) -> String {
        guard let index = contents.names.firstIndex(of: name) else {
            assertionFailure("the route has no parameter \(name)")
            return ""
        }
        return contents.values[index]
    }

    /// A path parameter of the form `:int`.
    public func pathInteger(_ name: String) -> Int { Int(path(name)) ?? 0 }

    /// A header.
    public func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { contents.headers[$0] } }

    /// The request's logger: its lines carry the trace ids.
    public var logger: Logger { contents.context.logger }

    /// The connection, for those who wait on the client's behalf.
    public var connection: ClientConnection { ClientConnection(contents.context.channel) }

    /// The client's address, trusted proxies taken into account.
    public var clientAddress: String? { contents.context.clientAddress }

    /// `http` or `https`, as the client speaks to the trusted proxy.
    public var scheme: String { contents.context.scheme }

    // MARK: Query

    /// The query, read and validated.
    /// - Throws: `Failure` 400 `invalid-data` with every fault.
    public func query<Query: RequestFields>(_ type: Query.Type = Query.self) throws -> Query {
        try Query.read(.object(contents.query))
    }

    /// A query parameter as it is, decoded; the first one of this name.
    public func queryText(_ name: String) -> String? { contents.query[name]?.string }

    /// A hand-parsed flag of the query, such as `recurse`: true only for `true` in any case (contract 00 §3.2).
    public func queryFlag(_ name: String) -> Bool { queryText(name)?.lowercased() == "true" }

    // MARK: Body

    /// The body, a JSON object whatever the content type says, read and validated.
    /// - Throws: `Failure` 400 `invalid-json` or `invalid-data`, 413.
    public func body<Body: RequestFields>(_ type: Body.Type = Body.self) async throws -> Body {
        try Body.read(try await json())
    }

    /// The body, a JSON object or nothing at all; the type then reads an empty object (contract 00 §3.1).
    /// - Throws: as ``body(_:)``; a body of another content type than JSON is 400 `invalid-json`.
    public func optionalBody<Body: RequestFields>(_ type: Body.Type = Body.self) async throws -> Body {
        let bytes = try await jsonBytes()
        guard bytes.readableBytes > 0 else { return try Body.read(.object([:])) }
        let mediaType = contents.headers[.contentType].map { $0.halves(at: ";")?.before ?? $0 }?.trimmingBlanks
            .lowercased()
        guard mediaType == "application/json" else { throw Failure.invalidJSON }
        return try Body.read(try Self.json(bytes))
    }

    /// The body, a JSON array of objects; faults are keyed by the element's index.
    /// - Throws: as ``body(_:)``.
    public func bodyList<Element: RequestFields>(_ type: Element.Type = Element.self) async throws -> [Element] {
        try Element.readList(try await json())
    }

    /// The body as JSON of any kind.
    /// - Throws: `Failure` 400 `invalid-json`, 413.
    public func json() async throws -> JSONValue { try Self.json(try await jsonBytes()) }

    /// The body as bytes. It can be read once.
    /// - Throws: `Failure` 400 when it breaks off, 408 when it comes too slowly, 413.
    public func bytes() async throws -> ByteBuffer { try await reader.collect(upTo: contents.limits.document) }

    /// The body piece by piece, for what does not belong into memory. It can be read once.
    /// - Parameters:
    ///   - limit: Bytes at most; `rest_api.body_limit` where that is less.
    ///   - take: Takes a piece, in order.
    /// - Throws: as ``bytes()``; what `take` throws.
    public func receive(upTo limit: Int, _ take: (ByteBuffer) async throws -> Void) async throws {
        try await reader.pieces(upTo: min(limit, contents.limits.document), take)
    }

    private var reader: BodyReader { BodyReader(contents.request, contents.context, contents.limits) }

    private func jsonBytes() async throws -> ByteBuffer { try await reader.collect(upTo: contents.limits.json) }

    private static func json(_ bytes: ByteBuffer) throws -> JSONValue {
        guard let value = JSONText.parse(bytes.readableBytesView) else { throw Failure.invalidJSON }
        return value
    }
}
