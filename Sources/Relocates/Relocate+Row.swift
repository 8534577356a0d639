import Core
import Foundation
import Persistence
import Telephony

/// The row of a relocate.
extension Relocate {
    var body: JSONValue {
        var body: [String: JSONValue] = [
            "user_uuid": .string(user.rawValue),
            "initiator": .string(initiator.rawValue),
            "relocated": .string(relocated.rawValue),
            "recipient": .string(recipient.rawValue),
            "endpoint": .string(device.endpoint.text),
            "variables": .object(device.variables.mapValues(JSONValue.string)),
            "completions": .array(completions.map { .string($0.rawValue) }),
            "timeout": .integer(Int64(timeout)),
            "created_at": .number(createdAt.timeIntervalSince1970),
            "is_initiated": .bool(isInitiated),
            "phase": .string(phase.name),
        ]
        switch phase {
        case .completing(let until), .waitingForRelocated(let until):
            body["until"] = .number(until.timeIntervalSince1970)
        case .connecting(let isParted): body["is_parted"] = .bool(isParted)
        case .ending(let end, let parties):
            body["end"] = .string(end.rawValue)
            body["hanging_up"] = .array(parties.map(\.rawValue).sorted().map(JSONValue.string))
        case .starting, .ringing, .answered, .ended: break
        }
        return .object(body)
    }

    init?(row: AggregateRow) {
        let body = row.body
        guard row.kind == Self.rowKind, let phase = Self.phase(of: body),
            let user = body["user_uuid"]?.string, let initiator = body["initiator"]?.string,
            let relocated = body["relocated"]?.string, let recipient = body["recipient"]?.string,
            let endpoint = body["endpoint"]?.string, let variables = body["variables"]?.object,
            let timeout = body["timeout"]?.integer, let createdAt = body["created_at"]?.seconds
        else { return nil }
        self.init(
            id: row.id,
            tenant: row.tenant,
            user: UserID(user),
            initiator: ChannelID(initiator),
            relocated: ChannelID(relocated),
            recipient: ChannelID(recipient),
            device: Device(endpoint: DialString(stored: endpoint), variables: variables.compactMapValues(\.string)),
            completions: body["completions"]?.array?.compactMap { $0.string.flatMap(Completion.init) } ?? [],
            timeout: Int(timeout),
            createdAt: Date(timeIntervalSince1970: createdAt),
            phase: phase,
            isInitiated: body["is_initiated"]?.boolean ?? true,
            revision: row.revision
        )
    }

    private static func phase(of body: JSONValue) -> Phase? {
        let until = body["until"]?.seconds.map(Date.init(timeIntervalSince1970:))
        switch body["phase"]?.string {
        case "starting": return .starting
        case "ringing": return .ringing
        case "answered": return .answered
        case "completing": return until.map(Phase.completing)
        case "waiting for relocated": return until.map(Phase.waitingForRelocated)
        case "connecting": return body["is_parted"]?.boolean.map(Phase.connecting)
        case "ending":
            let parties = body["hanging_up"]?.array?.compactMap { $0.string.flatMap(Party.init) } ?? []
            return body["end"]?.string.flatMap(End.init).map { .ending($0, hangingUp: Set(parties)) }
        default: return nil
        }
    }
}

extension JSONValue {
    /// A number of either kind.
    fileprivate var seconds: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }
}
