public import Core
public import Directory

extension ConfdDirectory {
    /// A conference room by id, of any tenant.
    public func conference(_ id: Int) async throws -> ConferenceRecord? {
        try await item(["conferences", "\(id)"], ConferenceRecord.init)
    }

    /// The conference rooms of a tenant and of those below it, ordered by id.
    public func conferences(tenant: TenantID) async throws -> [ConferenceRecord] {
        try await list(["conferences"], Self.everywhere, tenant: tenant, ConferenceRecord.init)
            .sorted { $0.id < $1.id }
    }

    /// A meeting by uuid, of any tenant. confd answers 503 while no public address is configured.
    public func meeting(_ id: String) async throws -> MeetingRecord? {
        try await item(["meetings", id], MeetingRecord.init)
    }

    /// A parking lot by id, of any tenant.
    public func parkingLot(_ id: Int) async throws -> ParkingLotRecord? {
        try await item(["parkinglots", "\(id)"], ParkingLotRecord.init)
    }

    /// Name of a group's Asterisk queue.
    public func groupName(_ id: Int, tenant: TenantID?) async throws -> String? {
        try await item(["groups", "\(id)"], tenant: tenant) { $0["name"]?.filledText }
    }
}

extension ConferenceRecord {
    fileprivate init?(_ body: JSONValue) {
        guard let id = body["id"]?.number, let tenant = body.tenant else { return nil }
        self.init(id: id, tenant: tenant)
    }
}

extension MeetingRecord {
    /// The guests' password in the body is not looked at.
    fileprivate init?(_ body: JSONValue) {
        guard let id = body["uuid"]?.filledText, let tenant = body.tenant else { return nil }
        let owners = (body["owner_uuids"]?.array ?? []).compactMap { $0.filledText?.lowercased() }
        self.init(id: id.lowercased(), tenant: tenant, owners: owners.sorted().map { UserID($0) })
    }
}

extension ParkingLotRecord {
    fileprivate init?(_ body: JSONValue) {
        guard let id = body["id"]?.number, let tenant = body.tenant, let first = body["slots_start"]?.slot,
            let last = body["slots_end"]?.slot
        else { return nil }
        let number = body["extensions"]?.array?.first
        self.init(
            id: id,
            tenant: tenant,
            name: body["name"]?.string,
            firstSlot: first,
            lastSlot: last,
            timeout: body["timeout"]?.number,
            number: number?["exten"]?.filledText.map {
                Extension(exten: $0, context: number?["context"]?.string ?? "")
            }
        )
    }
}

extension JSONValue {
    /// A slot: a text of digits.
    fileprivate var slot: String? { filledText ?? integer.map { "\($0)" } }
}
