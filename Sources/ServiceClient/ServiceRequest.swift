public import Core
public import Foundation

/// A request to a service.
public struct ServiceRequest: Sendable, Hashable {
    /// The methods that the platform's services know.
    public enum Method: String, Sendable, Hashable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"

        /// Whether asking twice does no harm to anybody who reads only.
        var isRead: Bool { self == .get || self == .head }
    }

    /// Method.
    public var method: Method
    /// Path behind the version, in parts; each is percent-encoded.
    public var path: [String]
    /// Query, in order; values are percent-encoded.
    public var query: [(name: String, value: String)]
    /// Header `Wazo-Tenant`; `nil`: none.
    public var tenant: TenantID?
    /// JSON body; `nil`: none.
    public var body: JSONValue?
    /// Header `Authorization`; `nil`: none.
    public var authorization: String?
    /// Further headers, for services that are not of the platform.
    public var headers: [String: String] = [:]
    /// What the log shows instead of the path, for a path that holds a secret.
    public var displayedPath: String?

    /// A request without query, tenant and body.
    public init(_ method: Method, _ path: [String]) {
        self.method = method
        self.path = path
        self.query = []
    }

    /// Equal in all that is sent.
    public static func == (left: ServiceRequest, right: ServiceRequest) -> Bool {
        left.method == right.method && left.path == right.path && left.tenant == right.tenant
            && left.body == right.body && left.authorization == right.authorization && left.headers == right.headers
            && left.query.elementsEqual(right.query) { $0 == $1 }
    }

    /// Hashes the method and the path.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(method)
        hasher.combine(path)
    }

    var target: String {
        var text = path.map { "/" + Self.escaped($0) }.joined()
        for (index, pair) in query.enumerated() {
            text += (index == 0 ? "?" : "&") + Self.escaped(pair.name) + "=" + Self.escaped(pair.value)
        }
        return text
    }

    var displayed: String { "\(method.rawValue) \(displayedPath ?? "/" + path.joined(separator: "/"))" }

    /// RFC 3986 percent-encoding of all but unreserved characters: names may hold `@`, `#`, `/`, `+`.
    static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? text
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    )
}

/// What a service answered, whatever the status.
public struct ServiceAnswer: Sendable {
    /// HTTP status.
    public var status: Int
    /// Headers by lower-case name.
    public var headers: [String: String]
    /// Body; may be empty.
    public var body: Data

    /// Whether the status is 2xx.
    public var isSuccess: Bool { (200..<300).contains(status) }

    /// The body as JSON.
    /// - Throws: ``ServiceFailure/malformed(_:)`` when it is not JSON.
    public func json() throws -> JSONValue {
        do {
            return try JSONValue(parsing: body)
        } catch {
            throw ServiceFailure.malformed("the body is not JSON")
        }
    }
}

/// Why a service could not be asked. The texts are for logs and for `original_error`; they hold no secret.
public enum ServiceFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// No connection, or it broke.
    case unreachable(String)
    /// No whole answer within the limit.
    case timedOut
    /// The answer makes no sense.
    case malformed(String)
    /// There is no service token yet to ask with.
    case noToken

    /// A short text.
    public var description: String {
        switch self {
        case .unreachable(let text): text
        case .timedOut: "no answer within the time limit"
        case .malformed(let text): text
        case .noToken: "no service token yet"
        }
    }
}
