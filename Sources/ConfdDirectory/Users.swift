public import Core
public import Directory

extension ConfdDirectory {
    /// A user with his lines, also one who is disabled: clients may act for him (contract 10 §2.5). Each line is asked for by itself: those inside the user may be trimmed, and
    /// what is asked here is what the platform's own gateway asks (38 §2.3).
    public func user(_ id: UserID, tenant: TenantID?) async throws -> UserRecord? {
        let found = try await item(["users", id.rawValue], tenant: tenant) { body in
            User(body, tenant: tenant)
        }
        guard let found, found.isThe(id) else { return nil }
        var record = found.record
        for line in record.lines.indices {
            let scope = tenant ?? found.tenant
            // One that was deleted a moment ago stays, without an endpoint.
            if let read = try await self.line(record.lines[line].id, tenant: scope) { record.lines[line] = read }
        }
        return record
    }

    private struct User: Sendable {
        var record: UserRecord
        /// As confd tells it.
        var tenant: TenantID?

        /// confd takes numeric ids too.
        func isThe(_ id: UserID) -> Bool { record.id.rawValue.lowercased() == id.rawValue.lowercased() }

        init?(_ body: JSONValue, tenant: TenantID?) {
            guard let uuid = body["uuid"]?.filledText else { return nil }
            self.tenant = body.tenant
            record = UserRecord(
                id: UserID(uuid),
                tenant: body.tenant ?? tenant ?? TenantID(""),
                name: [body["firstname"], body["lastname"]].compactMap { $0?.filledText }.joined(separator: " "),
                lines: (body["lines"]?.array ?? []).compactMap { line in
                    guard let id = line["id"]?.number else { return nil }
                    return LineRecord(id: id, context: line["context"]?.string ?? "", endpoint: nil)
                },
                mobileNumber: body["mobile_phone_number"]?.filledText,
                isMobileFallbackEnabled: body["mobile_fallback_enabled"]?.isTrue ?? false
            )
        }
    }
}
