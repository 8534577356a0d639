/// Gives lines to phones: confd, which asks the provisioning service (contract 41 §5 `provision`).
public protocol PhoneProvisioning: Sendable {
    /// Makes the only phone at this address an unprovisioned one again, and has it read its configuration.
    /// - Throws: What refused it, or that there is not exactly one such phone.
    func resetPhone(at address: String) async throws
    /// Gives the only line of this code to the only unprovisioned phone at this address, and has that read its
    /// configuration.
    /// - Throws: What refused it, or that there is not exactly one such line and phone.
    func provisionPhone(at address: String, code: String) async throws
}
