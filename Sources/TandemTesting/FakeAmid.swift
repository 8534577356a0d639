public import Core
import Foundation
public import Telephony

/// wazo-amid on loopback, as contract 38 §3 describes it: a thin proxy onto any manager interface. With the real
/// Asterisk behind it, everything but amid itself is real.
public enum FakeAmid {
    /// Starts it.
    /// - Parameters:
    ///   - backend: Where actions go.
    ///   - token: What `X-Auth-Token` must be; `nil`: not looked at.
    /// - Throws: when no port can be had.
    public static func start(
        onto backend: any ManagerControlling,
        token: String? = nil
    ) async throws -> FakeService {
        try await FakeService.start { request in await answer(request, backend: backend, token: token) }
    }

    private static func answer(
        _ request: FakeService.Request,
        backend: any ManagerControlling,
        token: String?
    ) async -> FakeService.Answer {
        let parts = request.path.split(separator: "/").map(String.init)
        guard parts.count == 3, parts[0] == "1.0", parts[1] == "action" else {
            return FakeService.Answer(404, ["message": "The requested URL was not found on the server."])
        }
        guard request.method == "POST" else {
            return FakeService.Answer(405, ["message": "The method is not allowed for the requested URL."])
        }
        guard token == nil || request.headers["x-auth-token"] == token else {
            return failure(401, "unauthorized", "Unauthorized", [:])
        }
        do {
            return try await perform(parts[2], request.json ?? [:], backend: backend)
        } catch ManagerFailure.refused(let message, _) {
            return FakeService.Answer(200, [["Response": "Error", "Message": .string(message)]])
        } catch {
            let details: [String: JSONValue] = [
                "ajam_url": "http://localhost:5040/rawman", "original_error": .string("\(error)"),
            ]
            return failure(503, "ajam-unreachable", "AJAM server unreachable", details)
        }
    }

    private static func perform(
        _ name: String,
        _ body: JSONValue,
        backend: any ManagerControlling
    ) async throws -> FakeService.Answer {
        if name == "Command" {
            guard let line = body["command"]?.string else {
                return failure(
                    400,
                    "invalid-data",
                    "Sent data is invalid",
                    ["command": ["Missing data for required field."]]
                )
            }
            let lines = try await backend.command(line)
            return FakeService.Answer(200, ["response": .array(lines.map(JSONValue.string))])
        }
        guard !["command", "queues"].contains(name.lowercased()) else {
            return failure(501, "incompatible-action", "The action \(name) is not compatible with amid", [:])
        }
        let messages = try await backend.send(action(name, body))
        return FakeService.Answer(200, .array(messages.map(json)))
    }

    private static func action(_ name: String, _ body: JSONValue) -> ManagerAction {
        var action = ManagerAction(name)
        for (field, value) in (body.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            for element in value.array ?? [value] { action.add(field, text(element)) }
        }
        return action
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .bool(let value): value ? "True" : "False"
        default: value.text
        }
    }

    /// A message as amid writes it: all values texts, the channel's variables in one object.
    public static func json(_ message: ManagerMessage) -> JSONValue {
        var members = message.fields.mapValues(JSONValue.string)
        if !message.channelVariables.isEmpty {
            members["ChanVariable"] = .object(
                message.channelVariables.mapValues { .string(ManagerMessage.escaped($0)) }
            )
        }
        return .object(members)
    }

    /// The body of the bus message that amid publishes for an event (contract 38 §9.4).
    public static func busBody(of event: ManagerEvent) -> JSONValue {
        [
            "name": .string(event.name),
            "origin_uuid": "c0000000-0000-4000-8000-000000000000",
            "timestamp": "2026-01-01T12:00:01.000001",
            "required_access": .string("event.\(event.name)"),
            "required_acl": .string("events.ami.\(event.name)"),
            "data": json(event.message),
        ]
    }

    private static func failure(
        _ status: Int,
        _ id: String,
        _ message: String,
        _ details: [String: JSONValue]
    ) -> FakeService.Answer {
        let body: JSONValue = [
            "message": .string(message), "error_id": .string(id), "details": .object(details),
            "timestamp": .number(Date().timeIntervalSince1970),
        ]
        return FakeService.Answer(status, body)
    }
}
