import NIOCore
import ServiceLifecycle

/// A server that listens on a port: when it cannot, its failure names the address and the keys to change.
struct ListeningService<Inner: Service>: Service, CustomStringConvertible {
    /// The address alone: the log names each service that starts, and members may hold secrets.
    var description: String { "ListeningService \(address)" }

    let inner: Inner
    /// Host and port.
    let address: String
    /// Where the address comes from, for instance `agid.listen_address and agid.listen_port`.
    let keys: String

    /// The address is taken, not ours, or not for us.
    struct CannotListen: Error, CustomStringConvertible {
        var description: String
    }

    func run() async throws {
        do {
            try await inner.run()
        } catch let error as IOError {
            throw CannotListen(description: "cannot listen on \(address) (\(keys)): \(error)")
        }
    }
}
