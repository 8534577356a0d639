import Core
import Foundation

/// What we read of wazo-auth's token document (contract 38 §1.1).
struct TokenDocument: Sendable, Equatable {
    var token: String
    /// `metadata.tenant_uuid`.
    var tenant: TenantID
    /// `metadata.uuid`; `nil` when it is null or empty.
    var user: UserID?
    /// What it grants; `nil` when the document does not tell.
    var acl: [String]?
    /// `session_uuid`; `nil` when the document does not tell.
    var session: String?
    /// `nil` when the document does not tell.
    var expiresAt: Date?

    /// Reads `{"data": {…}}`; `nil` when what must be there is missing.
    init?(_ json: JSONValue) {
        guard let data = json["data"], let token = data["token"]?.string,
            let tenant = data["metadata"]?["tenant_uuid"]?.string, !tenant.isEmpty
        else { return nil }
        self.token = token
        self.tenant = TenantID(tenant)
        user = data["metadata"]?["uuid"]?.string.flatMap { $0.isEmpty ? nil : UserID($0) }
        acl = data["acl"]?.array?.compactMap(\.string)
        session = data["session_uuid"]?.string
        expiresAt = data["utc_expires_at"]?.string.flatMap(Self.date)
    }

    /// `2026-01-01T06:00:00.000000`, which is UTC without saying so; the fraction may be missing.
    private static func date(_ text: String) -> Date? {
        let whole = text.halves(at: ".")?.before ?? text
        return try? Date(whole + "Z", strategy: .iso8601)
    }
}
