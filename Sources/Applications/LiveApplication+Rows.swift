import Core
import Directory
import Foundation
import Persistence
import Telephony

/// The rows of an application's things in schema `gateway`: one for each, so that a change writes little.
extension LiveApplication {
    /// Kinds of rows.
    enum RowKind: String, CaseIterable {
        case call = "application_call"
        case node = "application_node"
        case snoop = "application_snoop"
        case playback = "application_playback"
    }

    /// The writes of a step: what was touched is stored as it is now, or removed.
    /// - Returns: The writes; the revisions in `self` have risen.
    mutating func writes(for touched: Set<Item>, before: LiveApplication) -> [StateChange.Write] {
        touched.compactMap { item in
            switch item {
            case .call(let id):
                calls[id]?.revision += 1
                return write(.call, id.rawValue, calls[id], calls[id]?.revision, before.calls[id]?.revision)
            case .node(let id):
                nodes[id]?.revision += 1
                return write(.node, id.rawValue, nodes[id], nodes[id]?.revision, before.nodes[id]?.revision)
            case .snoop(let id):
                snoops[id]?.revision += 1
                return write(.snoop, id, snoops[id], snoops[id]?.revision, before.snoops[id]?.revision)
            case .playback(let id):
                playbacks[id]?.revision += 1
                return write(.playback, id, playbacks[id], playbacks[id]?.revision, before.playbacks[id]?.revision)
            }
        }
    }

    private func write(
        _ kind: RowKind,
        _ id: String,
        _ value: (any Encodable)?,
        _ revision: Int?,
        _ before: Int?
    ) -> StateChange.Write? {
        guard let value, let revision else {
            return before == nil ? nil : .remove(kind: kind.rawValue, id: id)
        }
        return .save(
            AggregateRow(
                kind: kind.rawValue,
                id: id,
                tenant: record.tenant,
                revision: revision,
                deadline: nil,
                body: ["application": .string(self.id), "value": Self.json(value)]
            )
        )
    }

    private static func json(_ value: any Encodable) -> JSONValue {
        guard let data = try? JSONEncoder().encode(value), let json = try? JSONValue(parsing: data) else {
            assertionFailure("a row's value is always encodable")
            return .null
        }
        return json
    }

    /// The application that a row belongs to.
    static func application(of row: AggregateRow) -> String? { row.body["application"]?.string }

    /// Takes over a stored row.
    /// - Returns: `false` when it cannot be read.
    mutating func restore(_ row: AggregateRow) -> Bool {
        guard let value = row.body["value"] else { return false }
        func read<Value: Decodable>(_ type: Value.Type) -> Value? {
            try? JSONDecoder().decode(type, from: Data(value.text.utf8))
        }
        switch RowKind(rawValue: row.kind) {
        case .call:
            guard var call = read(ApplicationCall.self) else { return false }
            call.revision = row.revision
            calls[call.id] = call
        case .node:
            guard var node = read(ApplicationNode.self) else { return false }
            node.revision = row.revision
            nodes[node.id] = node
        case .snoop:
            guard var snoop = read(ApplicationSnoop.self) else { return false }
            snoop.revision = row.revision
            snoops[snoop.id] = snoop
        case .playback:
            guard var playback = read(ApplicationPlayback.self) else { return false }
            playback.revision = row.revision
            playbacks[playback.id] = playback
        case nil: return false
        }
        return true
    }

    /// Begins and ends of calls and nodes, for the history.
    func history(for touched: Set<Item>, before: LiveApplication, because cause: String, at time: Date)
        -> [HistoryEntry]
    {
        touched.compactMap { item in
            let (kind, key, old, new): (RowKind, String, String?, String?) =
                switch item {
                case .call(let id):
                    (.call, id.rawValue, before.calls[id]?.phase.rawValue, calls[id]?.phase.rawValue)
                case .node(let id):
                    (.node, id.rawValue, before.nodes[id]?.phase.rawValue, nodes[id]?.phase.rawValue)
                case .snoop(let id): (.snoop, id, before.snoops[id]?.phase.rawValue, snoops[id]?.phase.rawValue)
                case .playback(let id):
                    (.playback, id, before.playbacks[id].map { _ in "playing" }, playbacks[id].map { _ in "playing" })
                }
            guard old != new, kind != .playback else { return nil }
            return HistoryEntry(
                kind: kind.rawValue,
                id: key,
                tenant: record.tenant,
                from: old ?? "",
                to: new ?? "ended",
                cause: cause,
                at: time
            )
        }
    }
}

extension LiveApplication.Event {
    /// Its name in history and log.
    var name: String {
        switch self {
        case .started: "started"
        case .ended: "ended"
        case .seen: "seen"
        case .stateChanged: "state_changed"
        case .variableSet: "variable_set"
        case .musicChanged: "music_changed"
        case .digit: "digit"
        case .entered: "entered"
        case .left: "left"
        case .bridgeGone: "bridge_gone"
        case .playbackStarted: "playback_started"
        case .playbackFinished: "playback_finished"
        case .callPlaced: "call_placed"
        case .callShown: "call_shown"
        case .callNotPlaced: "call_not_placed"
        case .callChanged: "call_changed"
        case .nodePlanned: "node_planned"
        case .nodeMade: "node_made"
        case .nodeFound: "node_found"
        case .nodeGone: "node_gone"
        case .snoopPlanned: "snoop_planned"
        case .snoopMade: "snoop_made"
        case .snoopReplaced: "snoop_replaced"
        case .snoopEnding: "snoop_ending"
        case .snoopGone: "snoop_gone"
        case .playbackPlanned: "playback_planned"
        case .playbackNotStarted: "playback_not_started"
        case .configured: "configured"
        }
    }
}
