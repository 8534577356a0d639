public import Hummingbird
import HummingbirdCore
import HummingbirdTLS
public import Logging
public import ServiceLifecycle

/// The REST interface: the features' routes, the rules of every request, and the HTTP server (contract 00 §3).
///
/// ## A request's way
/// 1. `RequestPipeline`: trace ids into the log, CORS, the error body, the request's line in the log.
/// 2. Hummingbird's router finds the `RouteResponder` of a ``Route``; for any other method or path the
///    `RouteTable` says 200 (OPTIONS), 405 or 404.
/// 3. `RouteResponder`: a place among the requests that run at once, then the token (``Authorizer``); a JSON body is
///    read outside of these places, and documents have a queue of their own (`RequestLanes`).
/// 4. The route's closure reads the query and the body (``RequestFields``) and answers (``APIResponse``).
public enum API {
    /// The router with every feature's routes, and the two descriptions of the interface.
    ///
    /// Stops the process when a declaration contradicts itself or another one: that is a mistake in our code.
    public static func router(
        features: [any RouteProviding],
        authorizer: Authorizer,
        configuration: APIConfiguration = APIConfiguration()
    ) -> Router<APIContext> {
        var routes = features.flatMap(\.routes)
        if configuration.isDescribed { routes += DocumentRoutes(describing: routes).routes }
        let scrapes = routes.filter { $0.options.contains([.outsideVersion, .uncounted]) }
        let router = Router(context: APIContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(
            middleware: RequestPipeline(
                table: RouteTable(routes),
                cors: configuration.cors,
                bodyLimit: configuration.bodyLimit,
                scrapes: Set(scrapes.map { $0.template.documentPath() }),
                forwarding: Forwarding(configuration)
            )
        )
        let lanes = RequestLanes(configuration)
        for route in routes {
            let responder = RouteResponder(
                route: route,
                authorizer: authorizer,
                lanes: route.options.contains(.uncounted) ? nil : lanes,
                limits: configuration.bodyLimits
            )
            router.on(RouterPath(route.template.routerPath), method: route.method.http, responder: responder)
        }
        return router
    }

    /// The server; it opens its port when it is run, also while every other server is down.
    /// - Parameters:
    ///   - host: Address to listen on.
    ///   - port: Port, 0 for any.
    /// - Throws: when the files of TLS cannot be read.
    public static func server(
        router: Router<APIContext>,
        host: String,
        port: Int,
        configuration: APIConfiguration = APIConfiguration(),
        logger: Logger
    ) throws -> some Service {
        try application(router: router, host: host, port: port, configuration: configuration, logger: logger)
    }

    /// The server as Hummingbird's tests want it.
    static func application(
        router: Router<APIContext>,
        host: String,
        port: Int,
        configuration: APIConfiguration,
        logger: Logger
    ) throws -> Application<RouterResponder<APIContext>> {
        let tls = try configuration.tls?.configuration()
        let peers = PeerShares(limit: configuration.connectionsPerPeer)
        let server = HTTPServerBuilder { responder in
            let guarded = GuardedChannel(
                base: HTTP1Channel(
                    responder: responder,
                    configuration: .init(
                        additionalChannelHandlers: [RequestWatch()],
                        idleTimeout: .nanoseconds(configuration.idleTimeout.nanoseconds)
                    )
                ),
                peers: peers,
                isProxy: configuration.isTrustedProxy,
                headTimeout: .nanoseconds(configuration.headTimeout.nanoseconds)
            )
            return try tls.map { try TLSChannel(guarded, tlsConfiguration: $0) } ?? guarded
        }
        return Application(
            router: router,
            server: server,
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                serverName: "tandem",
                backlog: 1_024,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.maximumConnections,
                    logger: logger
                )
            ),
            logger: logger
        )
    }
}

extension Duration {
    /// Whole nanoseconds, as NIO counts.
    fileprivate var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
