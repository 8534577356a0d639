import Access
import Core
import HTTPTypes
import Hummingbird

/// Serves the requests of one route.
struct RouteResponder: HTTPResponder {
    typealias Context = APIContext

    /// A path parameter has not the form that its route wants.
    struct UnknownPath: Error {}

    let route: Route
    let authorizer: Authorizer
    /// Bounds what runs at once; `nil`: the route is not counted.
    let lanes: RequestLanes?
    let limits: BodyLimits

    @concurrent func respond(to request: Request, context: APIContext) async throws -> Response {
        guard let values = route.template.values(in: context.parameters) else { throw UnknownPath() }
        switch route.guarding {
        case .open(let handler):
            return try await place(in: lanes?.requests, nil, ClientConnection(context.channel)) {
                try await handler(OpenRequest(contents: contents(request, context, values))).response
            }
        case .token(let access, let handler):
            let token = token(of: request)
            return try await serve(request, context, values, token, access.access(values), handler)
        }
    }

    private func serve(
        _ request: Request,
        _ context: APIContext,
        _ values: [String],
        _ token: String,
        _ access: String,
        _ handler: Route.Handler
    ) async throws -> Response {
        let key = token.isEmpty ? nil : token
        let client = ClientConnection(context.channel)
        let tenant = request.headers[.tenant].flatMap { $0.isEmpty ? nil : TenantID($0) }
        let credentials = RequestCredentials(token: token, tenant: tenant)
        func handle(_ request: Request, _ identity: Identity) async throws -> Response {
            let contents = contents(request, context, values)
            do {
                return try await handler(APIRequest(contents: contents, identity: identity, credentials: credentials))
                    .response
            } catch {
                throw RefusedRequest(cause: error, tenant: identity.tenant.rawValue, user: identity.user?.rawValue)
            }
        }
        guard let lanes, route.isSlow || route.body.isJSON && request.hasBody else {
            return try await place(in: lanes?.requests, key, client) {
                try await handle(request, try await authorize(request, token, access))
            }
        }
        // The token is checked in a place of its own, so that nobody sends a body for whom it would not be read.
        let identity = try await lanes.requests.admit(key, for: client) {
            try await authorize(request, token, access)
        }
        if route.isSlow {
            return try await lanes.slow.admit(key, for: client) { try await handle(request, identity) }
        }
        // A client that sends slowly holds a place among the bodies alone.
        let body = try await lanes.bodies.admit(key, for: client) {
            try await BodyReader(request, context, limits).collect(upTo: limits.json)
        }
        var whole = request
        whole.body = RequestBody(buffer: body)
        return try await lanes.requests.admit(key, for: client) { [whole] in try await handle(whole, identity) }
    }

    private func place(
        in gate: RequestGate?,
        _ key: String?,
        _ client: ClientConnection,
        _ body: () async throws -> Response
    ) async throws -> Response {
        guard let gate else { return try await body() }
        return try await gate.admit(key, for: client, body)
    }

    private func contents(_ request: Request, _ context: APIContext, _ values: [String]) -> RequestContents {
        RequestContents(
            request: request,
            context: context,
            names: route.template.names,
            values: values,
            limits: limits,
            hidesToken: route.options.contains(.tokenInQuery)
        )
    }

    /// The token that the request shows; empty when there is none.
    private func token(of request: Request) -> String {
        var token = request.headers[.token] ?? ""
        if route.options.contains(.tokenInQuery), let inQuery = QueryString.fields(request.uri.query)["token"]?.string,
            !inQuery.isEmpty
        {
            token = inQuery
        }
        return token
    }

    private func authorize(_ request: Request, _ token: String, _ access: String) async throws -> Identity {
        let identity = try await authorizer.identity(
            ofToken: token,
            tenant: request.headers[.tenant],
            for: access,
            duringOutage: route.options.contains(.duringOutage)
        )
        if route.options.contains(.masterTenantOnly), !identity.isMaster {
            throw Failure.notMasterTenant(token: token)
        }
        return identity
    }
}

extension Request {
    /// Whether a body follows the head.
    var hasBody: Bool { headers[.transferEncoding] != nil || (declaredLength ?? 0) > 0 }
}

/// The queues that requests of all routes share (contract 00 §3 has one; the others keep slow clients out of it).
struct RequestLanes: Sendable {
    /// Requests that run: each token has a share.
    let requests: RequestGate
    /// JSON bodies that are being read.
    let bodies: RequestGate
    /// Requests that take long: documents that are sent, and what is converted.
    let slow: RequestGate

    init(_ configuration: APIConfiguration) {
        let share = configuration.requestsPerToken
        let waiting = configuration.maximumWaitingRequests
        requests = RequestGate(
            RequestGate.Bounds(
                running: configuration.maximumRequests,
                waiting: waiting,
                runningPerKey: share,
                waitingPerKey: (waiting + 1) / 2,
                patience: configuration.patience
            )
        )
        bodies = RequestGate(
            RequestGate.Bounds(
                running: configuration.maximumRequests * 4,
                waiting: waiting,
                runningPerKey: share * 2,
                waitingPerKey: (waiting + 1) / 2,
                patience: configuration.patience
            )
        )
        let slow = configuration.slowRequests
        self.slow = RequestGate(
            RequestGate.Bounds(
                running: slow,
                waiting: configuration.waitingSlowRequests,
                runningPerKey: max(1, slow / 4),
                waitingPerKey: (configuration.waitingSlowRequests + 1) / 2,
                patience: configuration.slowPatience
            )
        )
    }
}
