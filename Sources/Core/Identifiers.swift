/// A tenant's UUID, as confd writes it (`varchar(36)`, contract 43 §1).
public struct TenantID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The UUID text.
    public let rawValue: String
    /// Takes the text as it is; the database decides whether such a tenant exists.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Takes the text as it is.
    public init(_ text: String) { rawValue = text }
    /// The UUID text.
    public var description: String { rawValue }
}

/// A user's UUID, as confd writes it (`varchar(38)`, contract 43 §1).
public struct UserID: RawRepresentable, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The UUID text.
    public let rawValue: String
    /// Takes the text as it is; the database decides whether such a user exists.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Takes the text as it is.
    public init(_ text: String) { rawValue = text }
    /// The UUID text.
    public var description: String { rawValue }
}
