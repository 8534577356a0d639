import CallControl
import Core
import Foundation
import Persistence
import Telephony

extension AdhocConference {
    var body: JSONValue {
        [
            "phase": .string(phase.rawValue),
            "host_user_uuid": .string(hostUser.rawValue),
            "host_call_id": .string(host.rawValue),
            "peer_call_id": .string(peer.rawValue),
            "due_at": .number(dueAt.timeIntervalSince1970),
            "members": .array(members.map(\.stored)),
        ]
    }

    init?(row: AggregateRow) {
        guard row.kind == Self.rowKind,
            let phase = row.body["phase"]?.string.flatMap(Phase.init(rawValue:)),
            let user = row.body["host_user_uuid"]?.string,
            let host = row.body["host_call_id"]?.string,
            let peer = row.body["peer_call_id"]?.string,
            let stored = row.body["members"]?.array
        else { return nil }
        let due: Double
        switch row.body["due_at"] {
        case .number(let seconds): due = seconds
        case .integer(let seconds): due = Double(seconds)
        default: return nil
        }
        let members = stored.compactMap(Member.init(stored:))
        guard members.count == stored.count else { return nil }
        self.init(
            id: row.id,
            tenant: row.tenant,
            hostUser: UserID(user),
            host: ChannelID(host),
            peer: ChannelID(peer),
            members: members,
            dueAt: Date(timeIntervalSince1970: due),
            phase: phase
        )
        revision = row.revision
    }
}

extension AdhocConference.Member {
    fileprivate var stored: JSONValue {
        var fields: [String: JSONValue] = [
            "call_id": .string(channel.rawValue), "standing": .string(standing.rawValue),
        ]
        fields["user_uuid"] = person.user.map { .string($0.rawValue) }
        fields["tenant_uuid"] = person.tenant.map { .string($0.rawValue) }
        fields["discarded_call_id"] = discarded.map { .string($0.rawValue) }
        fields["source_bridge_id"] = source.map { .string($0.rawValue) }
        return .object(fields)
    }

    fileprivate init?(stored: JSONValue) {
        guard let channel = stored["call_id"]?.string,
            let standing = stored["standing"]?.string.flatMap(AdhocConference.Standing.init(rawValue:))
        else { return nil }
        self.init(
            ChannelID(channel),
            standing: standing,
            person: AdhocConference.Person(
                user: stored["user_uuid"]?.string.map(UserID.init(_:)),
                tenant: stored["tenant_uuid"]?.string.map(TenantID.init(_:))
            ),
            discarded: stored["discarded_call_id"]?.string.map(ChannelID.init(_:)),
            source: stored["source_bridge_id"]?.string.map(BridgeID.init(_:))
        )
    }
}
