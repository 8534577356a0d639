public import Core
public import Directory
public import Logging
public import Postgres

/// The directory that confd keeps in schema `public`, read with one statement per question
/// (contract 43 §4, §7). Nothing is kept in memory: each answer holds what was committed before the question
/// (contract 43 §0).
///
/// Every look-up throws `DatabaseFailure`, and `CancellationError` when it is cancelled while it waits for a
/// connection.
public struct PostgresDirectory: PlatformDirectory, TenantDirectory, IncallDirectory,
    SwitchboardFeaturesDirectory, ScheduleDirectory
{
    let pool: PostgresPool
    private let master: @Sendable () -> TenantID?
    let logger: Logger

    /// - Parameters:
    ///   - pool: May be read-only; needs the rights of contract 43 §0.
    ///   - master: The platform's master tenant, whose scope is every tenant; `nil` while it is not known, and with
    ///     local tokens, where a token's own right decides and asks without a tenant. The tables do not
    ///     tell how tenants lie below each other, so another tenant's scope is that tenant alone.
    ///   - logger: Where rows that cannot be understood are told.
    public init(
        pool: PostgresPool,
        master: @escaping @Sendable () -> TenantID? = { nil },
        logger: Logger = Logger(label: "tandem.directory")
    ) {
        self.pool = pool
        self.master = master
        self.logger = logger
    }

    /// The uuid of this installation, `origin_uuid` of its bus events (contract 43 §2.1 `infos`); `nil` when
    /// the row is missing.
    /// - Throws: `DatabaseFailure`.
    public func systemUUID() async throws -> String? {
        try await read(Self.system, []) { rows in try rows.first?.value("uuid") }
    }

    private static let system = PostgresStatement.read("SELECT uuid FROM public.infos ORDER BY uuid LIMIT 1")

    /// All tenants, as their rows lie: an update of one moves it, so nothing may follow from their order.
    public func tenants() async throws -> [TenantID] {
        try await read(Self.allTenants, []) { rows in try rows.map { TenantID(try $0.value("uuid")) } }
    }

    private static let allTenants = PostgresStatement.read("SELECT uuid FROM public.tenant ORDER BY ctid")

    /// The tenant that rows are compared with; `nil`: any.
    func scope(_ tenant: TenantID?) -> String? { tenant == master() ? nil : tenant?.rawValue }

    /// Runs a statement that compares each parameter for equality, and reads its rows.
    func read<Value>(
        _ statement: PostgresStatement,
        _ parameters: [(any PostgresText)?],
        _ make: ([PostgresRow]) throws -> Value
    ) async throws -> Value {
        do {
            // No stored text has a NUL, and libpq would compare only what comes before it.
            if parameters.contains(where: { $0?.postgresText.utf8.contains(0) ?? false }) { return try make([]) }
            return try make(Array(try await pool.query(statement, parameters)))
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }
}

extension DatabaseFailure {
    init(_ failure: PostgresFailure) {
        self =
            switch failure {
            case .unreachable(let text): .unreachable(text)
            case .refused(let state, let message) where failure.isOutage: .unreachable("\(message) (\(state))")
            case .refused(let state, let message): .refused(sqlState: state, message: message)
            // datatype_mismatch: the tables are not those of the contract
            case .unexpected(let text): .refused(sqlState: "42804", message: text)
            }
    }
}
