public import Hummingbird
public import Logging
public import ServiceLifecycle

/// A feature's part of the REST interface.
public protocol RouteProviding: Sendable {
    /// Adds its routes below `/1.0`.
    func addRoutes(to group: RouterGroup<APIContext>, authorizer: Authorizer)
}

/// The REST interface: middleware, the features' routes and the HTTP server (contract 00 §3).
public enum API {
    /// The router with every feature's routes below `/1.0`.
    public static func router(features: [any RouteProviding], authorizer: Authorizer) -> Router<APIContext> {
        let router = Router(context: APIContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: ErrorMiddleware())
        let group = router.group("1.0")
        for feature in features { feature.addRoutes(to: group, authorizer: authorizer) }
        return router
    }

    /// The server; it opens its port when it is run, also while every other server is down.
    /// - Parameters:
    ///   - host: Address to listen on.
    ///   - port: Port, 0 for any.
    public static func server(
        router: Router<APIContext>,
        host: String,
        port: Int,
        logger: Logger
    ) -> some Service {
        Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                serverName: "tandem"
            ),
            logger: logger
        )
    }
}
