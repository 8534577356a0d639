public import Core
public import Directory
import ServiceClient

/// Numbers that users show and block, in confd (contract 41 §1, 38 §2.4): the calls of the platform's own handlers.
extension ConfdDirectory: OutgoingNumberDirectory, BlocklistDirectory {
    /// `GET /users/{uuid}/callerids/outgoing`, in confd's order; kinds without a number are left out.
    public func outgoingNumbers(of user: UserID, tenant: TenantID) async throws -> [OutgoingNumber] {
        try require(user)
        return try await items(["users", user.rawValue, "callerids", "outgoing"], [], tenant: nil).items.compactMap {
            guard let kind = $0["type"]?.string.flatMap(OutgoingNumber.Kind.init), let number = $0["number"]?.filledText
            else { return nil }
            return OutgoingNumber(kind: kind, number: number)
        }
    }

    /// `HEAD /users/{uuid}/blocklist/numbers?number_exact=…`: the uuid is in a header.
    public func blockedNumber(_ number: String, user: UserID, tenant: TenantID) async throws -> String? {
        try require(user)
        var request = ServiceRequest(.head, ["users", user.rawValue, "blocklist", "numbers"])
        request.query = [("number_exact", number)]
        request.tenant = tenant
        let answer = try await send(request)
        if answer.status == 404 { return nil }
        guard let uuid = try success(answer).headers["wazo-blocklist-number-uuid"], !uuid.isEmpty else {
            throw failure("no uuid of the blocked number", answer.status)
        }
        return uuid
    }

    /// Such a part would make another path of it.
    private func require(_ user: UserID) throws {
        if ["", ".", ".."].contains(user.rawValue) { throw failure("not the uuid of a user") }
    }
}
