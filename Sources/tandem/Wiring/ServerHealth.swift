import API
import Amid
import Bus
import Core
import Events
import Identity
import Persistence
import Postgres
import PrometheusMetrics
import ServiceClient
import Telephony

/// How each component is: for `/1.0/status` (contract 00 §9.1) and for `/health/ready`. Everything is looked at
/// when it is asked for; nothing is remembered from the start.
struct ServerHealth: Sendable {
    let stasis: any ApplicationRegistering
    let manager: any ManagerControlling
    /// `nil`: the site has no broker.
    let publisher: (any EventPublishing)?
    let consumer: RabbitMQConsumer?
    let outbox: any OutboxStoring
    let databases: Databases
    let platform: PlatformServices

    /// The reports of `/1.0/status`.
    var components: [String: StatusRoutes.Report] {
        let services = platform.inUse.mapValues { client -> StatusRoutes.Report in
            { Self.report(await client.answers(), missing: client.missingAccess) }
        }
        return services.merging(own) { $1 }
    }

    private var own: [String: StatusRoutes.Report] {
        [
            "ari": { StatusRoutes.status(stasis.isConnected) },
            "bus_consumer": { StatusRoutes.status(isConsuming) },
            "bus_publisher": { await publisherStatus() },
            "database": { StatusRoutes.status(databases.isReachable) },
            "manager": { await managerStatus() },
            "service_token": { Self.report(hasToken, missing: missingAccess) },
        ]
    }

    /// What a supervisor waits for. A broker that is away keeps nobody from being served.
    var readiness: [String: Bool] {
        [
            "ari": stasis.isConnected, "database": databases.isReachable, "manager": manager.isConnected,
            "service_token": hasToken,
        ]
    }

    /// Without a bus consumer the events come from Asterisk itself.
    private var isConsuming: Bool {
        consumer?.isConnected ?? (stasis.isConnected && manager.isConnected)
    }

    /// A status, and what our token may not do, where it is known.
    private static func report(_ isOK: Bool, missing: [String]) -> JSONValue {
        var status: [String: JSONValue] = ["status": isOK ? "ok" : "fail"]
        if !missing.isEmpty { status["missing_access"] = .array(missing.map(JSONValue.string)) }
        return .object(status)
    }

    /// Behind amid there is no connection to look at: it is asked when nobody asked it lately.
    private func managerStatus() async -> JSONValue {
        guard let amid = manager as? AmidClient else { return StatusRoutes.status(manager.isConnected) }
        return StatusRoutes.status(await amid.answers())
    }

    private var missingAccess: [String] {
        Set((platform.token?.missingAccess ?? []) + (platform.dialplanToken?.missingAccess ?? [])).sorted()
    }

    private var hasToken: Bool { platform.token?.isGranted ?? true }

    private func publisherStatus() async -> JSONValue {
        var status: [String: JSONValue] = ["status": publisher?.isConnected ?? true ? "ok" : "fail"]
        if let backlog = try? await outbox.backlog() {
            status["outbox"] = [
                "pending": .integer(Int64(backlog.pending)),
                "oldest_seconds": .number(backlog.oldestSeconds),
            ]
        }
        return .object(status)
    }

    /// Registers the figures that are read when somebody scrapes; all others count for themselves.
    func describe(in figures: PrometheusRegistry, events: EventSink) {
        figures.register(gauge: "tandem_outbox_pending", help: "Messages that wait in the outbox.") {
            (try? await outbox.backlog()).map { Double($0.pending) }
        }
        figures.register(gauge: "tandem_outbox_oldest_seconds", help: "Age of the oldest message in the outbox.") {
            (try? await outbox.backlog())?.oldestSeconds
        }
        figures.register(gauge: "tandem_events_waiting", help: "Events in memory, before the broker or the outbox.") {
            Double(events.waitingCount)
        }
        figures.register(gauge: "tandem_bus_waiting", help: "Messages of the bus that wait for their receivers.") {
            consumer.map { Double($0.waitingCount) }
        }
        for (name, pool) in [("read", databases.readPool), ("state", databases.state.pool)] {
            figures.register(
                gauge: "postgres_waiting",
                help: "Callers that wait for a connection.",
                dimensions: [("pool", name)]
            ) { Double(pool.waitingCount) }
        }
        for name in readiness.keys {
            figures.register(
                gauge: "tandem_component_ready",
                help: "1 while the component is ready.",
                dimensions: [("component", name)]
            ) { readiness[name].map { $0 ? 1 : 0 } }
        }
    }
}
