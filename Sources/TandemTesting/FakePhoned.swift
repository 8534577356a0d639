import Core
import Foundation
import Synchronization

/// A wazo-phoned (contract 38 §4) that sends no SIP: it records what it was told to do. Put it behind a
/// ``FakeService``.
public final class FakePhoned: Sendable {
    /// What can be done with a phone.
    public enum Command: String, Sendable, CaseIterable {
        case startHold = "/hold/start"
        case stopHold = "/hold/stop"
        case answer = "/answer"
    }
    /// A command that it carried out.
    public struct Executed: Sendable, Hashable {
        /// The endpoint's name.
        public var endpoint: String
        /// What was done.
        public var command: Command

        /// A command with its endpoint.
        public init(_ endpoint: String, _ command: Command) {
            self.endpoint = endpoint
            self.command = command
        }
    }
    /// What an endpoint is.
    public enum Phone: Sendable, Hashable {
        /// Its vendor has all commands.
        case able
        /// Its vendor has none.
        case unable
        /// Its device is not there any more.
        case withoutDevice(String)
    }

    /// The service token that it takes.
    public static let token = "f0000000-0000-4000-8000-000000000001"

    private struct State {
        var phones: [String: Phone] = ["k3f9q2": .able, "31702": .unable]
        var executed: [Executed] = []
        var effect: (@Sendable (Executed) -> Void)?
    }
    private let state = Mutex(State())

    /// One that knows the golden lines: `k3f9q2` can do everything, `31702` nothing.
    public init() {}

    /// Knows an endpoint from now on.
    public func add(_ endpoint: String, _ phone: Phone) { state.withLock { $0.phones[endpoint] = phone } }

    /// Called for each command that is carried out: there a test lets the phone's Asterisk events happen.
    public func onCommand(_ effect: @escaping @Sendable (Executed) -> Void) { state.withLock { $0.effect = effect } }

    /// What was carried out, in order.
    public var executed: [Executed] { state.withLock { $0.executed } }

    /// The answer to a request.
    public func answer(_ request: FakeService.Request) -> FakeService.Answer {
        let start = "/0.1/endpoints/"
        guard request.path.hasPrefix(start),
            let command = Command.allCases.first(where: { request.path.hasSuffix($0.rawValue) }),
            request.path.count > start.count + command.rawValue.count
        else { return .init(404, ["message": "not found"]) }
        guard request.method == "PUT" else { return .init(405, ["message": "method not allowed"]) }
        let token = request.headers["x-auth-token"] ?? ""
        guard token == Self.token else {
            // A real one quotes the token: no client may take this over.
            return Self.error(401, "Unauthorized", "unauthorized", ["invalid_token": .string(token)])
        }
        return execute(String(request.path.dropFirst(start.count).dropLast(command.rawValue.count)), command)
    }

    private func execute(_ endpoint: String, _ command: Command) -> FakeService.Answer {
        switch state.withLock({ $0.phones[endpoint] }) {
        case nil:
            return Self.error(
                404,
                "No such endpoint: \"\(endpoint)\"",
                "unknown-endpoint",
                ["endpoint_name": .string(endpoint)]
            )
        case .withoutDevice(let device):
            return Self.error(404, "No such device: \"\(device)\"", "unknown-device", ["device_id": .string(device)])
        case .unable:
            return Self.error(
                400,
                "Nowhere to route endpoint: \"\(endpoint)\"",
                "nowhere-to-route-endpoint",
                ["endpoint_name": .string(endpoint)]
            )
        case .able:
            let executed = Executed(endpoint, command)
            let effect = state.withLock { state in
                state.executed.append(executed)
                return state.effect
            }
            effect?(executed)
            return .init(204)
        }
    }

    private static func error(
        _ status: Int,
        _ message: String,
        _ id: String,
        _ details: [String: JSONValue]
    ) -> FakeService.Answer {
        .init(
            status,
            [
                "message": .string(message), "error_id": .string(id), "details": .object(details),
                "timestamp": .number(Date().timeIntervalSince1970),
            ]
        )
    }
}
