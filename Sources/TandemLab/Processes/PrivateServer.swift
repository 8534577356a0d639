import Foundation
import NIOCore

/// A server of its own for a test that takes it away and gives it back, while others go on with the lab's.
public final class PrivateServer: Sendable {
    /// Which server.
    public enum Kind: String, Sendable {
        case postgres, rabbitmq
    }

    /// Its port on loopback.
    public let port: Int
    private let kind: Kind
    private let folder: URL
    private let scripts: URL

    /// Starts a server, calls `body`, and removes the server with its data, also when `body` throws.
    /// - Throws: ``LabFailure``, or whatever `body` throws.
    public static func use(
        _ kind: Kind,
        in lab: LabEnvironment,
        _ body: (PrivateServer) async throws -> Void
    ) async throws {
        let server = try PrivateServer(kind, in: lab)
        let result: Result<Void, any Error>
        do {
            try await server.start()
            result = .success(try await body(server))
        } catch {
            result = .failure(error)
        }
        try await server.stop()
        try FileManager.default.removeItem(at: server.folder)
        try result.get()
    }

    /// Chooses port and folder, and starts nothing.
    /// - Throws: ``LabFailure/environment(_:)`` when no port is free.
    public init(_ kind: Kind, in lab: LabEnvironment) throws(LabFailure) {
        let candidates = (0..<200).lazy.map { _ in Int.random(in: 20_000..<40_000) }
        guard let free = candidates.first(where: Self.isFree) else { throw .environment("no free port") }
        port = free
        self.kind = kind
        scripts = lab.scripts
        // Short, since a unix socket goes there.
        folder = lab.state.appendingPathComponent("t\(free)")
    }

    /// Starts it, or starts it again with the data that it had.
    /// - Throws: ``LabFailure/program(_:)``
    public func start() async throws { try await run("up.sh") }

    /// Stops it; its data stay.
    /// - Throws: ``LabFailure/program(_:)``
    public func stop() async throws { try await run("down.sh") }

    private func run(_ script: String) async throws {
        let variables = [
            "LAB_STATE=\(folder.path)", "LAB_WITH=\(kind.rawValue)", "LAB_PG_PORT=\(port)", "LAB_AMQP_PORT=\(port)",
        ]
        let path = scripts.appendingPathComponent(script).path
        _ = try await Command("env", variables + [path]).output(within: .seconds(90))
    }

    /// RabbitMQ also takes the ports 19,000 (epmd) and 20,000 (distribution) above.
    private static func isFree(_ port: Int) -> Bool {
        [port, port + 19_000, port + 20_000].allSatisfy { port in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            let address = try? SocketAddress(ipAddress: "127.0.0.1", port: port)
            return address?.withSockAddr { bind(descriptor, $0, socklen_t($1)) == 0 } ?? false
        }
    }
}
