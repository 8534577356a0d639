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
    let gate: RequestGate?
    let bodyLimit: Int

    @concurrent func respond(to request: Request, context: APIContext) async throws -> Response {
        guard let values = route.template.values(in: context.parameters) else { throw UnknownPath() }
        guard let gate else { return try await serve(request, context, values) }
        return try await gate.admit { try await serve(request, context, values) }
    }

    private func serve(_ request: Request, _ context: APIContext, _ values: [String]) async throws -> Response {
        let contents = RequestContents(
            request: request,
            context: context,
            names: route.template.names,
            values: values,
            bodyLimit: bodyLimit,
            hidesToken: route.options.contains(.tokenInQuery)
        )
        switch route.guarding {
        case .open(let handler):
            return try await handler(OpenRequest(contents: contents)).response
        case .token(let access, let handler):
            let (identity, token) = try await identity(request, access.access(values))
            let tenant = request.headers[.tenant].flatMap { $0.isEmpty ? nil : TenantID($0) }
            let credentials = RequestCredentials(token: token, tenant: tenant)
            return try await handler(
                APIRequest(contents: contents, identity: identity, credentials: credentials)
            ).response
        }
    }

    private func identity(_ request: Request, _ access: String) async throws -> (Identity, token: String) {
        var request = request
        if route.options.contains(.tokenInQuery), let token = QueryString.fields(request.uri.query)["token"]?.string,
            !token.isEmpty
        {
            var head = request.head
            head.headerFields[.token] = token
            request = Request(head: head, body: request.body)
        }
        let identity = try await authorizer.identity(
            of: request,
            for: access,
            duringOutage: route.options.contains(.duringOutage)
        )
        if route.options.contains(.masterTenantOnly), !identity.isMaster {
            throw Failure.notMasterTenant(token: request.headers[.token] ?? "")
        }
        return (identity, request.headers[.token] ?? "")
    }
}
