public import Core
import Synchronization

/// The agent API of Consul as far as a service uses it that registers itself. Put it behind a ``FakeService``.
public final class FakeConsul: Sendable {
    /// A service that is registered.
    public struct Service: Sendable, Hashable {
        /// The body of its registration.
        public var body: JSONValue
        /// How often its check was passed; it is critical before the first time.
        public var passes = 0
    }

    private struct State {
        var services: [String: Service] = [:]
        var token: String?
        var log: [String] = []
    }
    private let state = Mutex(State())

    /// One without services, which takes any token.
    public init() {}

    /// Takes only this token from now on; `nil`: any.
    public func require(token: String?) { state.withLock { $0.token = token } }

    /// Forgets everything, as an agent does that lost its data.
    public func forget() { state.withLock { $0.services = [:] } }

    /// What is registered, by id.
    public var services: [String: Service] { state.withLock { $0.services } }

    /// What it was asked for and carried out, for instance `service/register`, in order.
    public var log: [String] { state.withLock { $0.log } }

    /// The answer to a request.
    public func answer(_ request: FakeService.Request) -> FakeService.Answer {
        let start = "/v1/agent/"
        guard request.path.hasPrefix(start), request.method == "PUT" else { return .init(404) }
        return state.withLock { state in
            if let token = state.token, request.headers["x-consul-token"] != token {
                return .init(403, "Permission denied")
            }
            let words = request.path.dropFirst(start.count).split(separator: "/").map(String.init)
            let answer = Self.carryOut(words, request.json, &state)
            if answer.status == 200 { state.log.append(words.prefix(2).joined(separator: "/")) }
            return answer
        }
    }

    private static func carryOut(_ words: [String], _ body: JSONValue?, _ state: inout State) -> FakeService.Answer {
        if words == ["service", "register"] {
            guard let body, let id = body["ID"]?.string, body["Name"]?.string != nil, body["Port"]?.integer != nil,
                body["Tags"]?.array != nil, body["Check"]?["TTL"]?.string?.hasSuffix("s") == true
            else { return .init(400, "Request decode failed") }
            state.services[id] = Service(body: body)
            return .init(200)
        }
        guard words.count == 3 else { return .init(404) }
        let id = words[0] == "check" ? String(words[2].trimmingPrefix("service:")) : words[2]
        guard state.services[id] != nil else { return .init(404, .string("Unknown \(words[0]) ID \"\(words[2])\"")) }
        switch (words[0], words[1]) {
        case ("check", "pass"): state.services[id]?.passes += 1
        case ("check", "deregister"): break
        case ("service", "deregister"): state.services[id] = nil
        default: return .init(404)
        }
        return .init(200)
    }
}
