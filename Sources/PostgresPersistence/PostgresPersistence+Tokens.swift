public import Access
import Core
import Foundation
import Postgres

extension PostgresPersistence {
    /// Channel of `LISTEN` on which each change of the tokens is notified.
    public static let tokenChannel = "tandem_token"
}

extension PostgresPersistence: LocalTokenStoring {
    private static let columns = """
        id::text AS id, secret_hash, tenant_uuid, user_uuid, to_jsonb(acl)::text AS acl, expires_at, is_master,
        label, created_at
        """
    private static let insert = PostgresStatement.write(
        """
        INSERT INTO gateway.token
            (id, secret_hash, tenant_uuid, user_uuid, acl, expires_at, is_master, label, created_at)
        VALUES ($1::uuid, $2, $3, $4, ARRAY(SELECT jsonb_array_elements_text($5::jsonb)), $6::timestamptz,
            $7::boolean, $8, $9::timestamptz)
        """
    )
    private static let find = PostgresStatement.read("SELECT \(columns) FROM gateway.token WHERE secret_hash = $1")
    private static let list = PostgresStatement.read("SELECT \(columns) FROM gateway.token ORDER BY created_at, id")
    private static let delete = PostgresStatement.write("DELETE FROM gateway.token WHERE id::text = $1")

    /// Stores a new token.
    public func insert(_ token: LocalToken) async throws {
        try await query(
            Self.insert,
            [
                token.id, token.secretHash, token.tenant.rawValue, token.user?.rawValue,
                JSONValue.array(token.acl.map(JSONValue.string)).text, token.expiresAt, token.isMaster, token.label,
                token.createdAt,
            ]
        )
    }

    /// The token whose secret has this hash.
    public func token(secretHash: String) async throws -> LocalToken? {
        try await query(Self.find, [secretHash]).first.map(Self.token)
    }

    /// All tokens, oldest first.
    public func tokens() async throws -> [LocalToken] { try await query(Self.list).map(Self.token) }

    /// Removes a token.
    public func revoke(id: String) async throws -> Bool {
        try await query(Self.delete, [id.lowercased()]).affected == 1
    }

    private static func token(_ row: PostgresRow) throws -> LocalToken {
        do {
            let acl = try JSONValue(parsing: Data(try row.value("acl", as: String.self).utf8))
            return LocalToken(
                id: try row.value("id"),
                secretHash: try row.value("secret_hash"),
                tenant: TenantID(try row.value("tenant_uuid")),
                user: try row.optional("user_uuid", as: String.self).map(UserID.init(_:)),
                acl: acl.array?.compactMap(\.string) ?? [],
                expiresAt: try row.optional("expires_at"),
                isMaster: try row.value("is_master"),
                label: try row.value("label"),
                createdAt: try row.value("created_at")
            )
        } catch let failure as PostgresFailure {
            throw DatabaseFailure(failure)
        }
    }
}
