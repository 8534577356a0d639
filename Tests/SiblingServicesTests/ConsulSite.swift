import Events
import ServiceClient
import ServiceLifecycle
import Synchronization
import TandemTesting
import Testing

@testable import SiblingServices

/// A registration that runs against a fake agent and a fake REST port of our own, under a clock moved by hand.
final class ConsulSite: Sendable {
    static let uuid = "c0000000-0000-4000-8000-000000000000"

    /// What differs between tests.
    struct Options {
        var timeout = 20.0
        var token: String?
        /// Done before the registration starts.
        var prepare: (ConsulSite) -> Void = { _ in }
    }

    let consul: FakeConsul
    let agent: FakeService
    let rest: FakeService
    let clock = ManualClock()
    private let published = Mutex<[BusEvent]>([])
    private let running = Mutex<(group: ServiceGroup, task: Task<Void, any Error>)?>(nil)

    private init(consul: FakeConsul, agent: FakeService, rest: FakeService) {
        self.consul = consul
        self.agent = agent
        self.rest = rest
    }

    var events: [BusEvent] { published.withLock { $0 } }
    /// Our registration in the agent.
    var service: FakeConsul.Service? { consul.services.values.first }

    static func run(_ options: Options = Options(), _ body: (ConsulSite) async throws -> Void) async throws {
        let consul = FakeConsul()
        let site = ConsulSite(
            consul: consul,
            agent: try await FakeService.start { consul.answer($0) },
            rest: try await FakeService.start { _ in .init(401) }
        )
        let transport = ServiceTransport()
        options.prepare(site)
        site.start(options, transport)
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(site)) } catch { outcome = .failure(error) }
        _ = await site.stop()
        await transport.shutdown()
        await site.agent.stop()
        await site.rest.stop()
        try outcome.get()
    }

    private func start(_ options: Options, _ transport: ServiceTransport) {
        var configuration = ConsulConfiguration()
        configuration.host = "127.0.0.1"
        configuration.port = agent.port
        configuration.ownPort = rest.port
        configuration.token = options.token
        configuration.timeout = options.timeout
        configuration.advertisedAddress = "192.0.2.7"
        configuration.extraTags = ["blue"]
        let registration = ConsulRegistration(
            configuration: configuration,
            transport: transport,
            systemUUID: { Self.uuid },
            publish: { event in self.published.withLock { $0.append(event) } },
            clock: clock,
            logger: silent
        )
        let group = ServiceGroup(services: [registration], logger: silent)
        running.withLock { $0 = (group, Task { try await group.run() }) }
    }

    /// Lets pauses pass, each of so many seconds, until something is so: under load a request may need a further try.
    func pass(_ seconds: Double, until isSo: () -> Bool) async throws {
        for _ in 0..<10 {
            await clock.waitForSleepers()
            if isSo() { return }
            clock.advance(by: seconds)
        }
        throw NeverSo()
    }

    struct NeverSo: Error {}

    /// Stops the registration; again is harmless.
    /// - Returns: How long that took.
    func stop() async -> Duration {
        let start = ContinuousClock.now
        if let (group, task) = running.withLock({ $0 }) {
            await group.triggerGracefulShutdown()
            _ = await task.result
        }
        return ContinuousClock.now - start
    }
}
