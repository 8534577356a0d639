/// Where the token comes from that our own requests carry (contract 00 §4.7).
public protocol ServiceTokenProviding: Sendable {
    /// The token now; `nil` while there is none. Answers at once.
    func serviceToken() async -> String?
    /// A service refused this token: a new one is asked for, unless it was replaced meanwhile.
    /// - Returns: A token other than the refused one; `nil` when none could be had.
    func renewed(instead refused: String) async -> String?
    /// Whether wazo-auth still knows this token; `nil` when it cannot be asked.
    func isValid(_ token: String) async -> Bool?
}

extension ServiceTokenProviding {
    /// Nobody can be asked.
    public func isValid(_ token: String) async -> Bool? { nil }
}
