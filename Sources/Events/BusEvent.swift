public import Core

/// An event before it is put into its envelope: what a feature has to say (contract 00 §6.1).
public struct BusEvent: Sendable, Hashable {
    /// Whom an event concerns; decides the routing headers.
    public enum Audience: Sendable, Hashable {
        /// Everybody of a tenant: header `user_uuid:*`.
        case tenant(TenantID)
        /// One user; `nil` when the user is unknown, then there is no user header.
        case user(TenantID, UserID?)
        /// Several users of a tenant.
        case users(TenantID, [UserID])
        /// The platform's services: no tenant, no user.
        case service
    }

    /// The event's name, for instance `switchboard_queued_calls_updated`.
    public var name: String
    /// Dotted routing key. Meaningless on a headers exchange, but part of the contract.
    public var routingKey: String
    /// `nil`: `events.<routing key>`.
    public var requiredACL: String?
    /// Whom it concerns.
    public var audience: Audience
    /// The event's own headers, for instance `switchboard_uuid`.
    public var attributes: [String: JSONValue]
    /// The payload.
    public var data: JSONValue
    /// What keeps its order: events of the same resource are published in the order of their creation.
    public var resource: String

    /// An event with all its parts.
    public init(
        name: String,
        routingKey: String,
        requiredACL: String? = nil,
        audience: Audience,
        attributes: [String: JSONValue] = [:],
        data: JSONValue,
        resource: String
    ) {
        self.name = name
        self.routingKey = routingKey
        self.requiredACL = requiredACL
        self.audience = audience
        self.attributes = attributes
        self.data = data
        self.resource = resource
    }

    /// A value as it is written into a routing key (contract 00 §6.1): the three characters that mean
    /// something there are spelled out.
    public static func routingWord(_ value: String) -> String {
        var out = ""
        for character in value {
            switch character {
            case ".": out += "__DOT__"
            case "#": out += "__HASH__"
            case "*": out += "__STAR__"
            default: out.append(character)
            }
        }
        return out
    }
}
