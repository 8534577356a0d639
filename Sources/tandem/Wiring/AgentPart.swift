import Agid
import CallControl
import Logging
import PostgresDirectory
import ServiceLifecycle
import SiblingServices
import Telephony

/// Logins of agents: wazo-agentd where the platform's confd is, else the shared tables and Asterisk's queues.
struct AgentPart {
    let sessions: any AgentSessions
    let services: [any Service]

    init(
        _ settings: Settings,
        platform: PlatformServices,
        databases: Databases,
        manager: any ManagerControlling,
        events: ManagerEventRouter,
        logger: Logger
    ) {
        switch settings.parts.directory {
        case .confd:
            sessions = AgentdClient(client: platform.agentd)
            services = []
        case .postgresql:
            let logins = PostgresAgentLogins(pool: databases.state.pool)
            let local = LocalAgentSessions(logins: logins, manager: manager, logger: logger)
            let restoration = AgentRestoration(sessions: local)
            events.add(BootNotice(restoration.asteriskBooted))
            sessions = local
            services = [restoration]
        }
    }
}

/// Brings agents back into their queues after each start of Asterisk, and of ours.
struct AgentRestoration: Service {
    private static let pause: Duration = .seconds(5)
    private let sessions: LocalAgentSessions
    private let boots: AsyncStream<Void>
    private let boot: AsyncStream<Void>.Continuation

    init(sessions: LocalAgentSessions) {
        self.sessions = sessions
        // One start that is not served yet stands for all.
        (boots, boot) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Asterisk has started, or we have just connected to it.
    @Sendable func asteriskBooted() { boot.yield() }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in boots {
                while !Task.isCancelled, await !sessions.restore() { try? await Task.sleep(for: Self.pause) }
            }
        }
    }
}
