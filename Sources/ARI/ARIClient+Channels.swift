import Core
import Foundation
import NIOHTTP1
public import Telephony

extension ARIClient: ChannelControlling {
    /// `GET /channels`
    public func channels() async throws -> [Channel] {
        try await read(["channels"]) { try $0.list(Channel.init(ari:)) }
    }

    /// `GET /channels/{id}`
    public func channel(_ id: ChannelID) async throws -> Channel? {
        try await readIfThere(["channels", id.rawValue], Channel.init(ari:))
    }

    /// `POST /channels`; variables are the only part that travels in the body (contract 00 §7.1).
    @discardableResult
    public func originate(_ origination: Origination) async throws -> Channel {
        let origination = entrance.leading(origination)
        var query: [(String, String)] = [("endpoint", origination.endpoint.text)]
        switch origination.destination {
        case .application(let name, let arguments):
            query += [("app", name), ("appArgs", arguments.joined(separator: ","))]
        case .dialplan(let place):
            query += Self.query(place)
        }
        query.append(("channelId", origination.channel.rawValue))
        query.append("otherChannelId", origination.otherHalf?.rawValue)
        query.append("callerId", origination.callerID)
        query.append("originator", origination.originator?.rawValue)
        query.append("formats", origination.formats.isEmpty ? nil : origination.formats.joined(separator: ","))
        query.append("timeout", origination.timeout)
        let body = Self.body(origination.variables)
        return try await exposingFalseConflict([origination.channel, origination.otherHalf]) {
            try await read(.POST, ["channels"], query: query, body: body, Channel.init(ari:))
        }
    }

    /// After a request that Asterisk 22.10.1 refused because of a taken id, it gives that reason for every failure to
    /// make a channel on the same connection, as it never resets the thread's error: whether a channel of the id is
    /// there is asked.
    /// - Throws: `TelephonyFailure`
    private func exposingFalseConflict(
        _ ids: [ChannelID?],
        _ request: () async throws -> Channel
    ) async throws -> Channel {
        do {
            return try await request()
        } catch TelephonyFailure.conflict(let message) {
            for id in ids.compactMap(\.self) where try await channel(id) != nil {
                throw TelephonyFailure.conflict(message)
            }
            throw TelephonyFailure.internalError("Allocation failed")
        }
    }

    /// `POST /channels/{id}/answer`
    public func answer(_ id: ChannelID) async throws {
        try await send(.POST, ["channels", id.rawValue, "answer"])
    }

    /// `DELETE /channels/{id}`
    public func hangUp(_ id: ChannelID, reason: HangupReason?) async throws {
        let query: [(String, String)] =
            switch reason {
            case .cause(let cause): [("reason_code", String(cause))]
            case .named(let name): [("reason", name)]
            case nil: []
            }
        try await send(.DELETE, ["channels", id.rawValue], query: query)
    }

    /// `POST /channels/{id}/continue`
    public func `continue`(_ id: ChannelID, at place: DialplanPlace?) async throws {
        try await send(.POST, ["channels", id.rawValue, "continue"], query: place.map(Self.query) ?? [])
    }

    private static func query(_ place: DialplanPlace) -> [(String, String)] {
        [("context", place.context), ("extension", place.exten), ("priority", String(place.priority))]
    }

    static func body(_ variables: [String: String]) -> JSONValue {
        ["variables": .object(variables.mapValues(JSONValue.string))]
    }
}

extension ARIClient: ChannelPlacing {
    /// `POST /channels/create`
    @discardableResult
    public func create(_ creation: ChannelCreation) async throws -> Channel {
        var query: [(String, String)] = [
            ("endpoint", creation.endpoint.text), ("app", creation.application),
            ("appArgs", creation.arguments.joined(separator: ",")), ("channelId", creation.channel.rawValue),
        ]
        query.append("otherChannelId", creation.otherHalf?.rawValue)
        query.append("originator", creation.originator?.rawValue)
        query.append("formats", creation.formats.isEmpty ? nil : creation.formats.joined(separator: ","))
        let body = Self.body(creation.variables)
        return try await exposingFalseConflict([creation.channel, creation.otherHalf]) {
            try await read(.POST, ["channels", "create"], query: query, body: body, Channel.init(ari:))
        }
    }

    /// `POST /channels/{id}/dial`
    public func dial(_ id: ChannelID, from caller: ChannelID?, timeout: Int?) async throws {
        var query: [(String, String)] = []
        query.append("caller", caller?.rawValue)
        query.append("timeout", timeout)
        try await send(.POST, ["channels", id.rawValue, "dial"], query: query)
    }

    /// `POST /channels/{id}/move`
    public func move(_ id: ChannelID, to application: String, arguments: [String]) async throws {
        try await send(
            .POST,
            ["channels", id.rawValue, "move"],
            query: [("app", application), ("appArgs", arguments.joined(separator: ","))]
        )
    }

    /// `POST /channels/{id}/redirect`
    public func redirect(_ id: ChannelID, to endpoint: DialString) async throws {
        try await send(.POST, ["channels", id.rawValue, "redirect"], query: [("endpoint", endpoint.text)])
    }

    /// `POST /channels/{id}/snoop/{snoopId}`
    @discardableResult
    public func snoop(_ snoop: Snoop) async throws -> Channel {
        try await read(
            .POST,
            ["channels", snoop.snooped.rawValue, "snoop", snoop.channel.rawValue],
            query: [
                ("spy", snoop.spy.rawValue), ("whisper", snoop.whisper.rawValue), ("app", snoop.application),
                ("appArgs", snoop.arguments.joined(separator: ",")),
            ],
            Channel.init(ari:)
        )
    }
}

extension [(String, String)] {
    /// Adds a parameter unless it is `nil`.
    mutating func append(_ name: String, _ value: String?) {
        if let value { append((name, value)) }
    }

    /// Adds a parameter unless it is `nil`.
    mutating func append(_ name: String, _ value: Int?) { append(name, value.map(String.init)) }
}
