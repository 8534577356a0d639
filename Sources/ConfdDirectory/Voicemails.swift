public import Core
public import Directory

extension ConfdDirectory {
    /// A box by id.
    public func voicemail(_ id: Int, tenant: TenantID?) async throws -> VoicemailRecord? {
        try await item(["voicemails", "\(id)"], tenant: tenant, VoicemailRecord.init)
    }

    /// The box of a user: the first that confd lists for him.
    public func voicemail(of user: UserID, tenant: TenantID?) async throws -> VoicemailRecord? {
        // The list is asked for as one object, since its 404 says that there is no such user.
        let boxes = try await item(["users", user.rawValue, "voicemails"], tenant: tenant) { body in
            body["items"]?.array
        }
        return boxes?.lazy.compactMap(VoicemailRecord.init).first
    }

    /// The box of a number in a context; what is found is compared, since an old confd may ignore the filter.
    public func voicemail(number: String, context: String) async throws -> VoicemailRecord? {
        let query = [("number", number), ("context", context), ("recurse", "True")]
        return try await list(["voicemails"], query, VoicemailRecord.init)
            .first { $0.number == number && $0.context == context }
    }

    /// The boxes of exactly this tenant, ordered by id.
    public func voicemails(tenant: TenantID, access: VoicemailRecord.Access?) async throws -> [VoicemailRecord] {
        let query = access.map { [("accesstype", $0.rawValue)] } ?? []
        return try await list(["voicemails"], query, tenant: tenant, VoicemailRecord.init)
            .filter { $0.tenant == tenant && (access == nil || $0.access == access) }
            .sorted { $0.id < $1.id }
    }

    /// The boxes of a tenant and of those below it: confd knows which those are.
    public func voicemails(below tenant: TenantID?, access: VoicemailRecord.Access?) async throws -> [VoicemailRecord] {
        let query = [("recurse", "True")] + (access.map { [("accesstype", $0.rawValue)] } ?? [])
        return try await list(["voicemails"], query, tenant: tenant, VoicemailRecord.init)
            .filter { access == nil || $0.access == access }
            .sorted { $0.id < $1.id }
    }
}

extension VoicemailRecord {
    /// `nil` also when the access type is unknown. The password is not looked at.
    fileprivate init?(_ body: JSONValue) {
        guard let id = body["id"]?.number, let tenant = body.tenant, let number = body["number"]?.filledText,
            let context = body["context"]?.filledText,
            let access = Access(rawValue: body["accesstype"]?.filledText ?? Access.personal.rawValue)
        else { return nil }
        self.init(
            id: id,
            tenant: tenant,
            name: body["name"]?.string ?? "",
            number: number,
            context: context,
            access: access,
            users: (body["users"]?.array ?? []).compactMap { $0["uuid"]?.filledText }.sorted().map { UserID($0) }
        )
    }
}
