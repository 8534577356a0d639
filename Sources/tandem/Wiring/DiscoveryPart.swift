import Events
import Logging
import ServiceClient
import ServiceLifecycle
import SiblingServices

/// Registration in Consul, when it is switched on (contract 00 §10).
struct DiscoveryPart {
    let services: [any Service]

    init(
        _ settings: Settings,
        transport: ServiceTransport,
        systemUUID: @escaping @Sendable () -> String,
        publish: @escaping @Sendable (BusEvent) -> Void,
        logger: Logger
    ) {
        let discovery = settings.discovery
        guard discovery.isEnabled else {
            services = []
            return
        }
        var configuration = ConsulConfiguration()
        configuration.host = discovery.host
        configuration.port = discovery.port
        configuration.isSecure = discovery.scheme == .https
        configuration.token = discovery.token
        configuration.advertisedAddress = discovery.address
        configuration.interface = discovery.interface
        configuration.advertisedPort = discovery.advertisedPort
        configuration.ownPort = settings.rest.port
        configuration.isOwnPortSecure = settings.rest.certificate != nil
        configuration.timeToLive = discovery.timeToLive
        configuration.refreshInterval = discovery.refreshInterval
        configuration.retryInterval = discovery.retryInterval
        configuration.extraTags = discovery.extraTags
        services = [
            ConsulRegistration(
                configuration: configuration,
                transport: transport,
                systemUUID: systemUUID,
                publish: publish,
                logger: logger
            )
        ]
    }
}
