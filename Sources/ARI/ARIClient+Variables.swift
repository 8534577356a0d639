import Core
import Foundation
import NIOHTTP1
public import Telephony

extension ARIClient {
    /// `GET /channels/{id}/variable`; a 404 whose message tells of the variable, not of the channel, is an unset
    /// variable, and so is the 500 of a function that cannot be read (contract 00 §7.4).
    public func variable(_ name: String, of id: ChannelID) async throws -> String? {
        do {
            return try await read(["channels", id.rawValue, "variable"], query: [("variable", name)], Self.value)
        } catch TelephonyFailure.notFound(let message) where message.lowercased().holds("variable") {
            return nil
        } catch TelephonyFailure.internalError where name.ends(with: ")") {
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

    static func value(_ answer: JSONValue) throws -> String { try answer.identity("value", of: "variable") }
}

extension ARIClient: AnyChannelVariableSetting {
    /// `POST /channels/{id}/variable?bypassStasis=true`: the platform's Asterisk then sets a variable of any channel;
    /// stock Asterisk ignores the parameter and answers 409 outside Stasis (contract 00 §7.2).
    public func setVariable(_ name: String, to value: String, ofAny id: ChannelID) async throws {
        try await send(
            .POST,
            ["channels", id.rawValue, "variable"],
            query: [("variable", name), ("value", value), ("bypassStasis", "true")]
        )
    }
}

extension ARIClient: BulkVariableAccess {
    /// `GET /channels/{id}/variables`, or one by one: Asterisk 22.10.1 answers 404 when one of them is unset, and 500
    /// when one is a function that cannot be read.
    public func variables(_ names: [String], of id: ChannelID) async throws -> [String: String] {
        var single = names.filter { $0.holds(",") }
        var values: [String: String] = [:]
        let together = names.filter { !$0.holds(",") }
        do {
            if together.count > 1 {
                values = try await read(
                    ["channels", id.rawValue, "variables"],
                    query: [("variables", together.joined(separator: ","))]
                ) { ($0["variables"]?.object ?? [:]).compactMapValues(\.string) }
            } else {
                single += together
            }
        } catch TelephonyFailure.notFound, TelephonyFailure.internalError {
            single += together
        }
        for name in single { values[name] = try await variable(name, of: id) }
        return values.filter { !$0.value.isEmpty }
    }

    /// `POST /channels/{id}/variables`
    public func setVariables(_ variables: [String: String], of id: ChannelID) async throws {
        try await send(
            .POST,
            ["channels", id.rawValue, "variables"],
            body: Data(Self.body(variables).text.utf8)
        )
    }
}

extension ARIClient: GlobalVariableAccess {
    /// `GET /asterisk/variable`; an unset one is 404 or empty (contract 00 §7.5).
    public func globalVariable(_ name: String) async throws -> String? {
        do {
            let value = try await read(["asterisk", "variable"], query: [("variable", name)], Self.value)
            return value.isEmpty ? nil : value
        } catch TelephonyFailure.notFound {
            return nil
        }
    }

    /// `POST /asterisk/variable`
    public func setGlobalVariable(_ name: String, to value: String) async throws {
        try await send(.POST, ["asterisk", "variable"], query: [("variable", name), ("value", value)])
    }
}
