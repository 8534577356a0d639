public import Core
public import Directory

/// What the features that live in Stasis ask: switchboards, applications and their music.
extension ConfdDirectory {
    /// A switchboard by uuid.
    public func switchboard(_ id: String, tenant: TenantID?) async throws -> SwitchboardRecord? {
        try await item(["switchboards", id], tenant: tenant, SwitchboardRecord.init)
    }

    /// All switchboards of all tenants, ordered by uuid.
    public func switchboards() async throws -> [SwitchboardRecord] {
        try await list(["switchboards"], Self.everywhere, SwitchboardRecord.init).sorted { $0.id < $1.id }
    }

    /// An application by uuid, of any tenant.
    public func application(_ id: String) async throws -> ApplicationRecord? {
        try await item(["applications", id], ApplicationRecord.init)
    }

    /// All applications of all tenants, ordered by uuid.
    public func applications() async throws -> [ApplicationRecord] {
        try await list(["applications"], Self.everywhere, ApplicationRecord.init).sorted { $0.id < $1.id }
    }

    /// A music class by uuid, of any tenant.
    public func music(_ id: String) async throws -> MusicRecord? {
        try await item(["moh", id], MusicRecord.init)
    }

    /// All music classes of all tenants, ordered by uuid.
    public func allMusic() async throws -> [MusicRecord] {
        try await list(["moh"], Self.everywhere, MusicRecord.init).sorted { $0.id < $1.id }
    }

    static let everywhere = [(name: "recurse", value: "True")]
}

extension SwitchboardRecord {
    fileprivate init?(_ body: JSONValue) {
        guard let id = body["uuid"]?.filledText, let tenant = body.tenant else { return nil }
        self.init(
            id: id,
            tenant: tenant,
            name: body["name"]?.string ?? "",
            queueMusic: body["queue_music_on_hold"]?.filledText,
            waitingRoomMusic: body["waiting_room_music_on_hold"]?.filledText,
            timeout: body["timeout"]?.number
        )
    }
}

extension ApplicationRecord {
    /// `nil` also when its destination is of an unknown kind.
    fileprivate init?(_ body: JSONValue) {
        guard let id = body["uuid"]?.filledText, let tenant = body.tenant else { return nil }
        var node: Node?
        switch body["destination"]?.filledText {
        case nil: break
        case "node":
            let options = body["destination_options"]
            node = Node(
                type: options?["type"]?.filledText ?? "holding",
                musicOnHold: options?["music_on_hold"]?.filledText,
                answers: options?["answer"]?.isTrue ?? false
            )
        default: return nil
        }
        self.init(id: id, tenant: tenant, name: body["name"]?.filledText, node: node)
    }
}

extension MusicRecord {
    fileprivate init?(_ body: JSONValue) {
        guard let id = body["uuid"]?.filledText, let name = body["name"]?.filledText else { return nil }
        self.init(id: id, name: name, tenant: body.tenant)
    }
}
