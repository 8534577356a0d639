public import Core
public import Events
import Foundation
public import Logging
public import ServiceClient
public import ServiceLifecycle

/// Announces the server in Consul while it runs, for a site with `service_discovery.enabled` (contract 00 §10).
///
/// When our own `/1.0/status` answers, it registers `wazo-calld` with a check that it passes again and again; an
/// agent that is away or has forgotten us is asked again until it has us. When the server stops, it takes itself
/// out of Consul, within two seconds.
public struct ConsulRegistration: Service {
    /// The name in Consul, which clients of the platform look for.
    public static let serviceName = "wazo-calld"
    /// How long a stop waits for Consul.
    static let stopLimit: Duration = .seconds(2)

    private let configuration: ConsulConfiguration
    private let agent: ConsulAgent
    private let ourselves: ServiceClient
    private let systemUUID: @Sendable () -> String
    private let publish: @Sendable (BusEvent) -> Void
    private let clock: any WallClock
    private let logger: Logger
    private let id = UUID().uuidString.lowercased()

    /// - Parameters:
    ///   - systemUUID: The platform's uuid, the first tag; read when registering.
    ///   - publish: Takes `service_registered` and `service_deregistered`.
    public init(
        configuration: ConsulConfiguration,
        transport: ServiceTransport,
        systemUUID: @escaping @Sendable () -> String,
        publish: @escaping @Sendable (BusEvent) -> Void,
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        func client(_ name: String, _ host: String, _ port: Int, _ isSecure: Bool, _ version: String) -> ServiceClient {
            ServiceClient(
                name: name,
                address: ServiceAddress(
                    host: host,
                    port: port,
                    isSecure: isSecure,
                    version: version,
                    timeout: configuration.timeout
                ),
                transport: transport,
                tokens: nil,
                logger: logger
            )
        }
        self.configuration = configuration
        agent = ConsulAgent(
            client: client("consul", configuration.host, configuration.port, configuration.isSecure, "v1"),
            token: configuration.token
        )
        ourselves = client("rest", "localhost", configuration.ownPort, configuration.isOwnPortSecure, "1.0")
        self.systemUUID = systemUUID
        self.publish = publish
        self.clock = clock
        self.logger = logger
    }

    private struct State {
        var machine = ConsulMachine()
        /// As it was last registered.
        var service: RegisteredService?
    }

    /// Runs until shutdown.
    public func run() async throws {
        let state = await cancelWhenGracefulShutdown {
            var state = State()
            await perform(ConsulMachine.start, &state)
            return state
        }
        // In a task of its own, which a cancellation of this one does not reach: nobody else takes us out.
        await Task { await stop(state) }.value
    }

    private func stop(_ state: State) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var state = state
                let effects = handle(.stopping, &state)
                await perform(effects, &state)
            }
            group.addTask { try? await Task.sleep(for: Self.stopLimit) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Performs effects and those that follow from them, until there are no more or the task is cancelled.
    private func perform(_ effects: [ConsulMachine.Effect], _ state: inout State) async {
        var effects = effects
        while !effects.isEmpty, !Task.isCancelled {
            if let event = await perform(effects.removeFirst(), &state) { effects += handle(event, &state) }
        }
    }

    private func handle(_ event: ConsulMachine.Event, _ state: inout State) -> [ConsulMachine.Effect] {
        let old = state.machine.phase
        let effects = state.machine.handle(event)
        if state.machine.phase != old {
            logger.info(
                "consul \(old) -> \(state.machine.phase) because \(event)",
                metadata: ["service_id": "\(id)", "address": "\(state.service?.address ?? "-")"]
            )
        }
        return effects
    }

    /// - Returns: `nil` when nothing has to follow, or the task was cancelled.
    private func perform(_ effect: ConsulMachine.Effect, _ state: inout State) async -> ConsulMachine.Event? {
        do {
            switch effect {
            case .checkSelf: return await isServing() ? .selfCheckPassed : .selfCheckFailed
            case .register:
                let service = describedNow()
                state.service = service
                return try await agent.register(service, timeToLive: configuration.timeToLive)
            case .pass: return try await agent.pass(id)
            case .deregister: return try await agent.deregister(id)
            case .pauseToRetry: return try await pause(configuration.retryInterval)
            case .pauseToRefresh: return try await pause(configuration.refreshInterval)
            case .announce: state.service.map { publish($0.registered) }
            case .announceEnd: state.service.map { publish($0.deregistered) }
            }
            return nil
        } catch {
            // Nothing else is thrown than the cancellation that ends the loop.
            return nil
        }
    }

    private func pause(_ seconds: Double) async throws -> ConsulMachine.Event {
        try await clock.sleep(until: clock.now.addingTimeInterval(seconds))
        return .paused
    }

    /// Whether our own port refuses a request without a token, as only a server does that works.
    private func isServing() async -> Bool {
        (try? await ourselves.send(ServiceRequest(.get, ["status"])).status) == 401
    }

    private func describedNow() -> RegisteredService {
        RegisteredService(
            id: id,
            name: Self.serviceName,
            address: AdvertisedAddress.choose(
                configured: configuration.advertisedAddress,
                interface: configuration.interface,
                of: AdvertisedAddress.interfaces()
            ),
            port: configuration.advertisedPort,
            tags: [systemUUID(), Self.serviceName] + configuration.extraTags
        )
    }
}
