import Core
import NIOCore

/// Which of our addresses others are told (contract 00 §10).
enum AdvertisedAddress {
    /// An IPv4 address of this machine.
    struct Interface: Equatable {
        var name: String
        var address: String
    }

    /// The configured address; or, for `auto`, the first one of the named interface, then of `eth*` or `en*`, then
    /// of `lo`.
    /// - Parameter interfaces: In the system's order; one with several addresses is there several times.
    static func choose(configured: String, interface: String, of interfaces: [Interface]) -> String {
        guard configured == "auto" || configured.isEmpty else { return configured }
        let preferences: [(String) -> Bool] = [
            { $0 == interface }, { $0.begins(with: "eth") || $0.begins(with: "en") }, { $0 == "lo" },
        ]
        for isPreferred in preferences {
            if let found = interfaces.first(where: { isPreferred($0.name) }) { return found.address }
        }
        return "127.0.0.1"
    }

    /// The IPv4 addresses of this machine now; none when the system does not tell.
    static func interfaces() -> [Interface] {
        let devices = (try? System.enumerateDevices()) ?? []
        return devices.compactMap { device in
            guard case .v4 = device.address, let address = device.address?.ipAddress else { return nil }
            return Interface(name: device.name, address: address)
        }
    }
}
