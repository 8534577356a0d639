import Core
import Foundation
import NIOHTTP1
public import Telephony

extension ARIClient: ChannelControlling {
    /// `GET /channels`
    public func channels() async throws -> [Channel] {
        try decode([ARIChannel].self, from: try await send(.GET, ["channels"])).map(\.value)
    }

    /// `GET /channels/{id}`
    public func channel(_ id: ChannelID) async throws -> Channel? {
        do {
            return try decode(ARIChannel.self, from: try await send(.GET, ["channels", id.rawValue])).value
        } catch TelephonyFailure.notFound {
            return nil
        }
    }

    /// `POST /channels`; variables are the only part that travels in the body (contract 00 §7.1).
    public func originate(_ origination: Origination) async throws {
        var query: [(String, String)] = [
            ("endpoint", origination.endpoint),
            ("app", origination.application),
            ("appArgs", origination.arguments.joined(separator: ",")),
            ("channelId", origination.channel.rawValue),
        ]
        if let callerID = origination.callerID { query.append(("callerId", callerID)) }
        if let originator = origination.originator { query.append(("originator", originator.rawValue)) }
        if let timeout = origination.timeout { query.append(("timeout", String(timeout))) }
        let variables = JSONValue.object(["variables": .object(origination.variables.mapValues(JSONValue.string))])
        try await send(.POST, ["channels"], query: query, body: Data(variables.text.utf8))
    }

    /// `POST /channels/{id}/answer`
    public func answer(_ id: ChannelID) async throws {
        try await send(.POST, ["channels", id.rawValue, "answer"])
    }

    /// `DELETE /channels/{id}`
    public func hangUp(_ id: ChannelID) async throws {
        try await send(.DELETE, ["channels", id.rawValue])
    }

    /// `POST /channels/{id}/continue`
    public func `continue`(_ id: ChannelID, at place: DialplanPlace?) async throws {
        var query: [(String, String)] = []
        if let place {
            query = [
                ("context", place.context), ("extension", place.exten), ("priority", String(place.priority)),
            ]
        }
        try await send(.POST, ["channels", id.rawValue, "continue"], query: query)
    }

    /// `GET /channels/{id}/variable`; a 404 whose message tells of the variable, not of the channel, is an unset
    /// variable, and so is the 500 of a function that cannot be read (contract 00 §7.4).
    public func variable(_ name: String, of id: ChannelID) async throws -> String? {
        struct Answer: Decodable { var value: String }
        do {
            let data = try await send(.GET, ["channels", id.rawValue, "variable"], query: [("variable", name)])
            return try decode(Answer.self, from: data).value
        } catch TelephonyFailure.notFound(let message) where message.localizedLowercase.contains("variable") {
            return nil
        } catch TelephonyFailure.internalError where name.hasSuffix(")") {
            return nil
        }
    }

    /// `POST /channels/{id}/variable`
    public func setVariable(_ name: String, to value: String, of id: ChannelID) async throws {
        try await send(
            .POST,
            ["channels", id.rawValue, "variable"],
            query: [("variable", name), ("value", value)]
        )
    }

    /// `POST /channels/{id}/variable?bypassStasis=true`: the platform's Asterisk then sets a variable of any channel;
    /// stock Asterisk ignores the parameter (contract 00 §7.2).
    func setVariable(_ name: String, to value: String, of id: ChannelID, bypassingStasis: Bool) async throws {
        var query = [("variable", name), ("value", value)]
        if bypassingStasis { query.append(("bypassStasis", "true")) }
        try await send(.POST, ["channels", id.rawValue, "variable"], query: query)
    }

    func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw TelephonyFailure.internalError("unreadable answer: \(error)")
        }
    }
}
