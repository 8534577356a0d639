import NIOHTTP1
public import Telephony

extension ARIClient: EndpointListing {
    /// `GET /endpoints`
    public func endpoints() async throws -> [Endpoint] {
        try await read(["endpoints"]) { try $0.list(Endpoint.init(ari:)) }
    }

    /// `GET /endpoints/{tech}/{resource}`
    public func endpoint(_ technology: String, _ resource: String) async throws -> Endpoint? {
        try await readIfThere(["endpoints", technology, resource], Endpoint.init(ari:))
    }
}

extension ARIClient: DeviceStateControlling {
    /// `GET /deviceStates`
    public func deviceStates() async throws -> [DeviceState] {
        try await read(["deviceStates"]) { try $0.list(DeviceState.init(ari:)) }
    }

    /// `GET /deviceStates/{name}`
    public func deviceState(_ name: String) async throws -> DeviceState {
        try await read(["deviceStates", name], DeviceState.init(ari:))
    }

    /// `PUT /deviceStates/{name}`
    public func setDeviceState(_ name: String, to state: String) async throws {
        try await send(.PUT, ["deviceStates", name], query: [("deviceState", state)])
    }

    /// `DELETE /deviceStates/{name}`
    public func removeDeviceState(_ name: String) async throws {
        try await send(.DELETE, ["deviceStates", name])
    }
}
