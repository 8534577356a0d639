import API
import Access
import Logging
import ServiceLifecycle

/// The REST interface, and health and metrics on a port of their own where that is wanted: then supervisors get through
/// whatever clients do to the first, and outsiders see no figures.
struct RESTPart {
    let services: [any Service]

    /// - Parameters:
    ///   - routes: The interface's own.
    ///   - health: What supervisors ask.
    /// - Throws: when the files of TLS cannot be read.
    init(
        _ settings: Settings,
        identities: any IdentityChecking,
        routes: [any RouteProviding],
        health: [any RouteProviding],
        logger: Logger
    ) throws {
        func server(
            _ features: [any RouteProviding],
            host: String,
            port: Int,
            keys: String,
            tls: Bool
        ) throws -> any Service {
            var configuration = settings.apiConfiguration
            if !tls { configuration.tls = nil }
            let server = try API.server(
                router: API.router(
                    features: features,
                    authorizer: Authorizer(identities: identities),
                    configuration: configuration
                ),
                host: host,
                port: port,
                configuration: configuration,
                logger: logger
            )
            return ListeningService(inner: server, address: "\(host):\(port)", keys: keys)
        }
        let rest = settings.rest
        let keys = "rest_api.listen, rest_api.port"
        guard let address = rest.healthListen else {
            services = [try server(routes + health, host: rest.listen, port: rest.port, keys: keys, tls: true)]
            return
        }
        // Plain HTTP: supervisors and Prometheus sit beside us.
        services = [
            try server(health, host: address.host, port: address.port, keys: "rest_api.health_listen", tls: false),
            try server(routes, host: rest.listen, port: rest.port, keys: keys, tls: true),
        ]
    }
}
