import HTTPTypes

/// One operation of the REST interface: its path, its access, what it takes and answers, and what it does.
///
/// Everything that must agree comes from here: the router, the allowed methods, the check of the token, and
/// both descriptions of the interface.
///
///     Route(
///         .put, "/calls/{call_id}/user/{user_uuid:uuid}",
///         access: "calld.calls.{call_id}.user.{user_uuid}.update", "Connect a call to a user",
///         takes: .optionalJSON(ConnectRequest.self), answers: .ok(.call)
///     ) { request in
///         let wanted: ConnectRequest = try await request.optionalBody()
///         return .ok(try await connect(request.path("call_id"), timeout: wanted.timeout, in: request.tenant).json)
///     }
public struct Route: Sendable {
    /// What a route's closure looks like when the token was checked.
    public typealias Handler = @Sendable (APIRequest) async throws -> APIResponse
    /// What a route's closure looks like when there is no token.
    public typealias OpenHandler = @Sendable (OpenRequest) async throws -> APIResponse

    /// What differs from the ordinary route.
    public struct Options: OptionSet, Sendable {
        /// The bits.
        public let rawValue: Int
        /// A set of options by its bits.
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// Only tokens of the master tenant are accepted (contract 00 §4.2.3).
        public static let masterTenantOnly = Options(rawValue: 1)
        /// The query parameter `token` counts, and wins when it is not empty (contract 00 §4.1).
        public static let tokenInQuery = Options(rawValue: 2)
        /// A token that was accepted before passes while the store of tokens is away; for the status only.
        public static let duringOutage = Options(rawValue: 4)
        /// Not counted among the requests that run at once: supervisors must get through to a busy server.
        public static let uncounted = Options(rawValue: 8)
        /// Not below `/1.0`, and outside what the API's Swagger description can say.
        public static let outsideVersion = Options(rawValue: 16)
        /// Takes long, for instance because a program converts something: it has a queue of its own, which is short
        /// (`rest_api.slow_requests`), so that such requests never take the places of all others. Routes that take
        /// documents (``Body/bytes(_:)``) are slow without saying so.
        public static let slow = Options(rawValue: 32)
    }

    /// The methods that the interface uses; HEAD and OPTIONS come by themselves.
    public enum Method: String, Sendable {
        /// Reads.
        case get = "GET"
        /// Creates.
        case post = "POST"
        /// Acts or replaces.
        case put = "PUT"
        /// Changes.
        case patch = "PATCH"
        /// Removes.
        case delete = "DELETE"

        var http: HTTPRequest.Method {
            switch self {
            case .get: .get
            case .post: .post
            case .put: .put
            case .patch: .patch
            case .delete: .delete
            }
        }
    }

    /// What a request's body is.
    public enum Body: Sendable {
        /// No body is read.
        case none
        /// A JSON object.
        case json(any RequestFields.Type)
        /// A JSON object that may be left out (contract 00 §3.1).
        case optionalJSON(any RequestFields.Type)
        /// A JSON array of objects.
        case jsonList(any RequestFields.Type)
        /// Bytes of this media type.
        case bytes(String)

        var isJSON: Bool {
            switch self {
            case .json, .optionalJSON, .jsonList: true
            case .none, .bytes: false
            }
        }
    }

    enum Guarding: Sendable {
        case open(OpenHandler)
        case token(AccessTemplate, Handler)
    }

    /// The method.
    public let method: Method
    /// What it does, in a few words.
    public let summary: String
    /// The differences from the ordinary route.
    public let options: Options
    let template: RouteTemplate
    private(set) var guarding: Guarding
    let query: (any RequestFields.Type)?
    let body: Body
    let answers: Answers

    /// An operation that needs a token.
    /// - Parameters:
    ///   - method: The method.
    ///   - path: The path below `/1.0`; see the form of templates in `RouteTemplate`.
    ///   - access: The required access, with the path's parameters in braces.
    ///   - summary: What it does, in a few words, for the API's descriptions.
    ///   - query: What it reads from the query, for the API's descriptions.
    ///   - body: What it reads from the body, for the API's descriptions.
    ///   - answers: What it answers when all is well, for the API's descriptions.
    ///   - options: Differences from the ordinary route.
    ///   - handler: What it does; runs once the token was accepted, before the body is read.
    public init(
        _ method: Method,
        _ path: String,
        access: String,
        _ summary: String,
        query: (any RequestFields.Type)? = nil,
        takes body: Body = .none,
        answers: Answers = .ok(.any),
        options: Options = [],
        handler: @escaping Handler
    ) {
        self.method = method
        self.summary = summary
        self.options = options
        template = Self.template(path, options)
        guarding = .token(AccessTemplate(access, parameters: template.names), handler)
        self.query = query
        self.body = body
        self.answers = answers
    }

    /// An operation without any token; the parameters are those of the other initialiser.
    public init(
        open method: Method,
        _ path: String,
        _ summary: String,
        query: (any RequestFields.Type)? = nil,
        answers: Answers = .ok(.any),
        options: Options = [],
        handler: @escaping OpenHandler
    ) {
        self.method = method
        self.summary = summary
        self.options = options
        template = Self.template(path, options)
        guarding = .open(handler)
        self.query = query
        body = .none
        self.answers = answers
    }

    private static func template(_ path: String, _ options: Options) -> RouteTemplate {
        let template = RouteTemplate(path)
        return options.contains(.outsideVersion) ? template : template.below("/1.0")
    }

    /// The required access, as it was written; `nil` for an open route.
    public var access: String? {
        guard case .token(let access, _) = guarding else { return nil }
        return access.text
    }

    /// The same operation, which first waits for something, once the token was accepted; an open route does not.
    /// - Parameter body: What it throws is the answer.
    public func after(_ body: @escaping @Sendable () async throws -> Void) -> Route {
        guard case .token(let access, let handler) = guarding else { return self }
        var route = self
        route.guarding = .token(access) { request in
            try await body()
            return try await handler(request)
        }
        return route
    }

    /// Whether its requests have a queue of their own.
    var isSlow: Bool {
        if case .bytes = body { return true }
        return options.contains(.slow)
    }

    /// The path as API descriptions write it, from the root: `/1.0/calls/{call_id}`.
    public var path: String { template.documentPath() }
}

/// A feature's part of the REST interface.
public protocol RouteProviding: Sendable {
    /// Its operations, one after the other.
    @RouteBuilder var routes: [Route] { get }
}

/// Gathers routes that are written one below the other, also in `for` and `if`.
@resultBuilder
public enum RouteBuilder {
    /// One route.
    public static func buildExpression(_ route: Route) -> [Route] { [route] }
    /// Routes from elsewhere.
    public static func buildExpression(_ routes: [Route]) -> [Route] { routes }
    /// One after the other.
    public static func buildBlock(_ parts: [Route]...) -> [Route] { parts.flatMap { $0 } }
    /// `for`
    public static func buildArray(_ parts: [[Route]]) -> [Route] { parts.flatMap { $0 } }
    /// `if`
    public static func buildOptional(_ part: [Route]?) -> [Route] { part ?? [] }
    /// `if … else`
    public static func buildEither(first part: [Route]) -> [Route] { part }
    /// `if … else`
    public static func buildEither(second part: [Route]) -> [Route] { part }
}
