public import Core
public import ServiceClient

/// Names in wazo-dird's address books (contract 41 §1 `callerid_forphones`, 38 §6).
public struct DirdClient: Sendable {
    private let client: ServiceClient
    /// Stands for a called user who is not known.
    private static let nobody = UserID("00000000-0000-0000-0000-000000000000")
    private static let query =
        "query Reverse($uuid: String!, $extens: [String!]!) { user(uuid: $uuid) "
        + "{ contacts(profile: \"default\", extens: $extens) { edges { node { wazoReverse } } } } }"

    /// - Parameter client: Client of dird, version 0.1, with the service's own token.
    public init(client: ServiceClient) { self.client = client }

    /// The first name that any of the numbers has, in their order; `nil`: none has one.
    /// - Parameters:
    ///   - numbers: Forms of one number.
    ///   - user: Whose address books are read; `nil`: those of everybody in the tenant.
    /// - Throws: ``SiblingFailure``; `CancellationError`.
    public func name(of numbers: [String], for user: UserID?, tenant: TenantID) async throws -> String? {
        var request = ServiceRequest(.post, ["graphql"])
        request.tenant = tenant
        request.body = [
            "query": .string(Self.query),
            "variables": [
                "uuid": .string((user ?? Self.nobody).rawValue), "extens": .array(numbers.map { .string($0) }),
            ],
        ]
        let body = try await client.body(of: request)
        // Their texts may quote our token.
        if let errors = body["errors"], errors != .null, errors != .array([]) {
            throw SiblingFailure(service: client.name, text: "errors in the answer", status: 200)
        }
        guard let edges = body["data"]?["user"]?["contacts"]?["edges"]?.array else {
            throw SiblingFailure(service: client.name, text: "no contacts in the answer", status: 200)
        }
        return edges.lazy.compactMap { $0["node"]?["wazoReverse"]?.string }.first
    }
}
