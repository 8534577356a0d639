public import Core
public import Directory
public import Postgres

/// Applications of clients in the tables of confd, where there is none (contract 11, ours).
public struct PostgresApplications: ApplicationEditing {
    private let pool: PostgresPool

    /// - Parameter pool: May write the tables of `sql/standalone/08-grants-without-confd.sql`.
    public init(pool: PostgresPool) { self.pool = pool }

    /// Creates an application with its destination node.
    public func create(_ application: ApplicationRecord) async throws {
        try await change { session in
            try session.query(Self.insertion, [application.id, application.tenant.rawValue, application.name])
            try Self.setNode(application, session)
        }
    }

    /// Replaces its name and its destination node.
    public func replace(_ application: ApplicationRecord) async throws -> Bool {
        try await change { session in
            let rows = try session.query(
                Self.replacement,
                [application.id, application.tenant.rawValue, application.name]
            )
            guard !rows.isEmpty else { return false }
            try Self.setNode(application, session)
            return true
        }
    }

    /// Deletes it; its destination node goes with it.
    public func delete(_ application: String, tenant: TenantID) async throws -> Bool {
        try await change { session in
            try !session.query(Self.deletion, [application, tenant.rawValue]).isEmpty
        }
    }

    private static func setNode(_ application: ApplicationRecord, _ session: PostgresSession) throws {
        guard let node = application.node else {
            try session.query(removalOfNode, [application.id])
            return
        }
        try session.query(
            storedNode,
            [application.id, node.type, node.musicOnHold, node.answers]
        )
    }

    private func change<Result: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws -> Result
    ) async throws -> Result {
        do {
            return try await pool.transaction(body)
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }

    // MARK: Statements

    private static let insertion = PostgresStatement.write(
        "INSERT INTO public.application (uuid, tenant_uuid, name) VALUES ($1, $2, $3)"
    )

    private static let replacement = PostgresStatement.write(
        "UPDATE public.application SET name = $3 WHERE uuid = $1 AND tenant_uuid = $2 RETURNING uuid"
    )

    private static let deletion = PostgresStatement.write(
        "DELETE FROM public.application WHERE uuid = $1 AND tenant_uuid = $2 RETURNING uuid"
    )

    private static let storedNode = PostgresStatement.write(
        """
        INSERT INTO public.application_dest_node (application_uuid, type, music_on_hold, answer)
        VALUES ($1, $2, $3, $4::boolean)
        ON CONFLICT (application_uuid) DO UPDATE
        SET type = excluded.type, music_on_hold = excluded.music_on_hold, answer = excluded.answer
        """
    )

    private static let removalOfNode = PostgresStatement.write(
        "DELETE FROM public.application_dest_node WHERE application_uuid = $1"
    )
}
