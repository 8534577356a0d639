import CallControl
import Core
import Telephony

/// Calls as the registry has them, or as Asterisk shows them while there is no current registry (contract 10 §1).
struct CallReader: Sendable {
    private let ports: CallPorts

    init(_ ports: CallPorts) { self.ports = ports }

    /// The registry while it holds what Asterisk has.
    var registry: CallRegistry? { ports.registry.flatMap { $0.isCurrent ? $0 : nil } }

    /// A channel with all variables that calls need; `nil` when it is gone.
    /// - Throws: `TelephonyFailure`.
    func record(_ id: ChannelID) async throws -> ChannelRecord? {
        if let known = registry?.record(id) { return known }
        guard let channel = try await ports.channels.channel(id) else { return nil }
        return try await complete(channel)
    }

    /// A call; `nil` when its channel is gone.
    /// - Throws: `TelephonyFailure`.
    func call(_ id: ChannelID) async throws -> Call? {
        if let known = registry?.call(id) { return known }
        return try await shownCall(id)
    }

    /// A call as Asterisk shows it now, whatever the registry knows.
    /// - Throws: `TelephonyFailure`.
    func shownCall(_ id: ChannelID) async throws -> Call? {
        guard let channel = try await ports.channels.channel(id), let record = try await complete(channel) else {
            return nil
        }
        return try await call(record, in: try await ports.bridges.bridges())
    }

    /// A call of a record, with whom it talks in these bridges; peers are read.
    /// - Throws: `TelephonyFailure`.
    func call(_ record: ChannelRecord, in bridges: [Bridge]) async throws -> Call {
        let own = bridges.filter { $0.channels.contains(record.id) }
        var peers: [Call.Peer] = []
        for id in Self.peers(of: record.id, in: own) {
            let channel = try await ports.channels.channel(id)
            let peer = try await channel.asyncFlatMap(complete)
            peers.append(peer.map(Call.Peer.init) ?? Call.Peer(unknown: id))
        }
        return Call(record, bridges: own.map(\.id), peers: peers)
    }

    /// All calls that are wanted: one `GET /channels`, one `GET /bridges` unless nothing is left, and nothing else when
    /// ari.conf lists the variables (contract 10 §1.2).
    /// - Throws: `TelephonyFailure`.
    func calls(where isWanted: (ChannelRecord) -> Bool) async throws -> [Call] {
        var records: [ChannelID: ChannelRecord] = [:]
        for channel in try await ports.channels.channels() { records[channel.id] = try await complete(channel) }
        let wanted = records.values.filter(isWanted)
        guard !wanted.isEmpty else { return [] }
        let bridges = try await ports.bridges.bridges()
        return wanted.sorted { $0.age < $1.age }.map { record in
            let own = bridges.filter { $0.channels.contains(record.id) }
            return Call(
                record,
                bridges: own.map(\.id),
                peers: Self.peers(of: record.id, in: own).map { id in
                    records[id].map(Call.Peer.init) ?? Call.Peer(unknown: id)
                }
            )
        }
    }

    /// With whom a channel talks in its bridges.
    private static func peers(of id: ChannelID, in bridges: [Bridge]) -> [ChannelID] {
        Set(bridges.filter(\.isConversation).flatMap(\.channels)).subtracting([id]).sorted { $0.rawValue < $1.rawValue }
    }

    /// The record of a snapshot, with what ari.conf does not list read from Asterisk; `nil` when the channel is gone.
    /// - Throws: `TelephonyFailure`.
    func complete(_ channel: Channel) async throws -> ChannelRecord? {
        var record = ChannelRecord(channel)
        do {
            for variable in record.unlisted {
                record[variable] = try await ports.variables.variable(variable.name, of: channel)
            }
            if record[.channelType] == "PJSIP", record[.sipCallID] == nil, record.protocolID.isEmpty {
                record.protocolID = try await ports.variables.variable("CHANNEL(pjsip,call-id)", of: channel) ?? ""
            }
            return record
        } catch TelephonyFailure.notFound {
            return nil
        }
    }
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncFlatMap<Value: Sendable>(
        _ transform: (Wrapped) async throws -> Value?
    ) async throws -> Value? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
