public import Core
import Foundation

/// What Asterisk itself says: channels and bridges over ARI, as the lab's own user.
public struct ARIWitness: Sendable {
    private let client: RESTClient

    /// A witness of the lab's Asterisk.
    public init(_ environment: LabEnvironment) {
        let credentials = Data("lab:lab".utf8).base64EncodedString()
        client = RESTClient(
            "http://127.0.0.1:\(environment.httpPort)/ari",
            headers: ["Authorization": "Basic \(credentials)"]
        )
    }

    /// All channels.
    /// - Throws: ``LabFailure/answer(_:)`` when Asterisk does not list them.
    public func channels() async throws -> [JSONValue] { try await list("/channels") }

    /// All bridges, the parking lots' own ones too; the one that keeps Tandem's applications in Asterisk is left out.
    /// - Throws: ``LabFailure/answer(_:)``
    public func bridges() async throws -> [JSONValue] {
        try await list("/bridges").filter { $0["id"] != "tandem-presence" }
    }

    /// One channel; `nil` when there is none of that id.
    public func channel(_ id: String) async throws -> JSONValue? {
        let answer = try await client.get("/channels/\(id)")
        return answer.status == 200 ? answer.body : nil
    }

    /// A channel's variable; `nil` when it is not set.
    public func variable(_ name: String, of channel: String) async throws -> String? {
        let answer = try await client.get("/channels/\(channel)/variable?variable=\(name)")
        return answer.status == 200 ? answer.body?["value"]?.string : nil
    }

    /// The ids of the channels in a bridge; `nil` when there is none of that id.
    public func channels(inBridge id: String) async throws -> [String]? {
        let answer = try await client.get("/bridges/\(id)")
        guard answer.status == 200 else { return nil }
        return answer.body?["channels"]?.array?.compactMap(\.string) ?? []
    }

    /// The bridge of type mixing that holds exactly these channels, if there is one.
    public func conversation(of channels: Set<String>) async throws -> JSONValue? {
        try await bridges().first { bridge in
            bridge["bridge_type"]?.string == "mixing"
                && Set(bridge["channels"]?.array?.compactMap(\.string) ?? []) == channels
        }
    }

    /// Places a call into a Stasis application.
    /// - Throws: ``LabFailure/answer(_:)`` when Asterisk refuses.
    public func originate(
        _ endpoint: String,
        channel: String,
        into application: String,
        _ arguments: String
    ) async throws {
        let answer = try await client.post(
            "/channels?endpoint=\(endpoint)&channelId=\(channel)&app=\(application)&appArgs=\(arguments)&formats=ulaw"
        )
        guard answer.status == 200 else { throw LabFailure.answer("originate: \(answer.status) \(answer.text)") }
    }

    /// Places a call into the dialplan, priority 1, once it has answered.
    /// - Throws: ``LabFailure/answer(_:)`` when Asterisk refuses.
    public func originate(_ endpoint: String, channel: String, to exten: String, in context: String) async throws {
        let answer = try await client.post(
            "/channels?endpoint=\(endpoint)&channelId=\(channel)&context=\(context)&extension=\(exten)&priority=1"
                + "&formats=ulaw"
        )
        guard answer.status == 200 else { throw LabFailure.answer("originate: \(answer.status) \(answer.text)") }
    }

    /// Rings an endpoint and, once it has answered, goes to a place of the dialplan with these channel variables.
    /// - Throws: ``LabFailure/answer(_:)`` when Asterisk refuses.
    public func originate(
        _ endpoint: String,
        channel: String,
        to exten: String,
        in context: String,
        variables: [String: String],
        callerID: String? = nil
    ) async throws {
        var body: [String: JSONValue] = [
            "endpoint": .string(endpoint), "channelId": .string(channel), "context": .string(context),
            "extension": .string(exten), "priority": 1, "variables": .object(variables.mapValues(JSONValue.string)),
        ]
        body["callerId"] = callerID.map(JSONValue.string)
        let answer = try await client.post("/channels", .object(body))
        guard answer.status == 200 else { throw LabFailure.answer("originate: \(answer.status) \(answer.text)") }
    }

    /// A global variable of the dialplan; empty when it is not set.
    public func global(_ name: String) async throws -> String {
        try await client.get("/asterisk/variable?variable=\(name)").body?["value"]?.string ?? ""
    }

    /// Whether an application is registered: its gateway is connected.
    public func hasApplication(_ name: String) async throws -> Bool {
        try await client.get("/applications/\(name)").status == 200
    }

    /// Subscribes a registered application to event sources, several with commas between them.
    /// - Throws: ``LabFailure/answer(_:)`` when Asterisk refuses.
    public func subscribe(_ application: String, to sources: String) async throws {
        let answer = try await client.post("/applications/\(application)/subscription?eventSource=\(sources)")
        guard answer.status == 200 else { throw LabFailure.answer("subscribe: \(answer.status) \(answer.text)") }
    }

    /// Ends subscriptions of a registered application, several with commas between them. Asterisk answers 501 for
    /// `channel:`; all channels are ended as `channel:__AST_CHANNEL_ALL_TOPIC`, all bridges likewise.
    /// - Throws: ``LabFailure/answer(_:)`` when Asterisk refuses.
    public func unsubscribe(_ application: String, from sources: String) async throws {
        let answer = try await client.delete("/applications/\(application)/subscription?eventSource=\(sources)")
        guard answer.status == 200 else { throw LabFailure.answer("unsubscribe: \(answer.status) \(answer.text)") }
    }

    /// Whether ARI answers requests now.
    /// - Throws: while there is no connection.
    public func answers() async throws -> Bool { try await client.get("/applications").status == 200 }

    /// Answers a channel that is in a Stasis application.
    /// - Throws: ``LabFailure/answer(_:)`` when Asterisk refuses.
    public func answer(_ channel: String) async throws {
        let answer = try await client.post("/channels/\(channel)/answer")
        guard answer.status == 204 else { throw LabFailure.answer("answer: \(answer.status) \(answer.text)") }
    }

    /// Hangs a channel up; one that is gone is no error.
    public func hangUp(_ channel: String) async throws { _ = try await client.delete("/channels/\(channel)") }

    /// Hangs up every channel: what one test leaves must not meet the next.
    public func hangUpAll() async throws {
        for channel in try await channels() {
            if let id = channel["id"]?.string { _ = try await client.delete("/channels/\(id)") }
        }
    }

    /// Takes every channel and every Stasis bridge away, also what was left by tests of other targets.
    public func clear() async throws {
        try await hangUpAll()
        for bridge in try await bridges() where bridge["bridge_class"] == "stasis" {
            if let id = bridge["id"]?.string { _ = try await client.delete("/bridges/\(id)") }
        }
    }

    private func list(_ path: String) async throws -> [JSONValue] {
        let answer = try await client.get(path)
        guard answer.status == 200, let items = answer.body?.array else {
            throw LabFailure.answer("ARI \(path): \(answer.status) \(answer.text)")
        }
        return items
    }
}
