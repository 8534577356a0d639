import Core
import ServiceClient

/// The requests to Consul's agent (its HTTP API, version 1).
struct ConsulAgent {
    let client: ServiceClient
    /// Header `X-Consul-Token`; `nil`: none.
    let token: String?

    /// `PUT /v1/agent/service/register`: again with the same id replaces.
    func register(_ service: RegisteredService, timeToLive: Double) async throws -> ConsulMachine.Event {
        try await put(
            ["service", "register"],
            body: [
                "ID": .string(service.id),
                "Name": .string(service.name),
                "Address": .string(service.address),
                "Port": .integer(Int64(service.port)),
                "Tags": .array(service.tags.map(JSONValue.string)),
                "Check": ["TTL": .string(Self.duration(timeToLive))],
            ]
        )
    }

    /// `PUT /v1/agent/check/pass/service:<id>`
    func pass(_ id: String) async throws -> ConsulMachine.Event { try await put(["check", "pass", "service:\(id)"]) }

    /// Forgets the check, then the service; without an answer to the first the second is not asked.
    func deregister(_ id: String) async throws -> ConsulMachine.Event {
        let check = try await put(["check", "deregister", "service:\(id)"])
        return check == .unanswered ? check : try await put(["service", "deregister", id])
    }

    /// - Throws: `CancellationError`.
    private func put(_ path: [String], body: JSONValue? = nil) async throws -> ConsulMachine.Event {
        var request = ServiceRequest(.put, ["agent"] + path)
        request.body = body
        if let token { request.headers["X-Consul-Token"] = token }
        do {
            return try await client.send(request).isSuccess ? .accepted : .refused
        } catch is ServiceFailure {
            return .unanswered
        }
    }

    /// A duration as Go reads it: `30s`, or `1500ms` where seconds are not whole.
    static func duration(_ seconds: Double) -> String {
        seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(Int((seconds * 1_000).rounded()))ms"
    }
}
