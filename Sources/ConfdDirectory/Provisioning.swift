import Core
public import Directory
import ServiceClient

/// Phones and lines through confd (contract 41 §5 `provision`, 38 §2), in all tenants: a new phone is of none.
///
/// Throws `ProvisioningFailure`, `ConfdFailure`, and `CancellationError`.
extension ConfdDirectory: PhoneProvisioning {
    /// The device of this address is reset, then told to read its configuration.
    public func resetPhone(at address: String) async throws {
        let device = try await only("devices", [("ip", address)])
        try await act(device, "autoprov")
        try await act(device, "synchronize")
    }

    /// The line of this code is given to the unprovisioned device of this address, which is told to read its
    /// configuration.
    public func provisionPhone(at address: String, code: String) async throws {
        let line = try await only("lines", [("provisioning_code", code)])
        let device = try await only("devices", [("ip", address), ("search", "autoprov")])
        try await perform(.put, ["lines", line, "devices", device])
        try await act(device, "synchronize")
    }

    /// The id of the one object that a list must hold.
    private func only(_ resource: String, _ query: [(name: String, value: String)]) async throws -> String {
        let found = try await items([resource], query + [("recurse", "True")], tenant: nil).items
        guard found.count == 1, let id = found[0]["id"], let text = id.string ?? id.integer.map({ "\($0)" }) else {
            throw ProvisioningFailure(resource: resource, count: found.count)
        }
        return text
    }

    /// Actions by `GET`: any 2xx is success, there is no body.
    private func act(_ device: String, _ action: String) async throws {
        try await perform(.get, ["devices", device, action])
    }
}

/// There is not exactly one line or phone that fits.
public struct ProvisioningFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// `lines` or `devices`.
    public var resource: String
    /// How many there are.
    public var count: Int

    /// One line for the log.
    public var description: String { "\(count) \(resource) fit instead of one" }
}
