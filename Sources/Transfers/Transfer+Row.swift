import Core
import Foundation
import Persistence
import Telephony

extension Transfer {
    var body: JSONValue {
        [
            "initiator_uuid": .string(user.rawValue),
            "transferred_call": .string(transferred.rawValue),
            "initiator_call": .string(initiator.rawValue),
            "recipient_call": .string(recipient.channel.rawValue),
            "recipient_other_half": .string(recipient.otherHalf.rawValue),
            "destination": destination.json,
            "caller": caller.json,
            "shared_bridge": sharedBridge.map { .string($0.rawValue) } ?? .null,
            "limit": .number(limit.timeIntervalSince1970),
            "flow": .string(flow.rawValue),
            "phase": .string(phase.name),
            "status": .string(status.rawValue),
            "joined": Self.list(joined),
            "gone": Self.list(gone),
            "progress": .string(progress.rawValue),
            "is_announced": .bool(isAnnounced),
            "is_cancelled": .bool(isCancelled),
        ]
    }

    init?(row: AggregateRow) {
        let body = row.body
        guard row.kind == Self.rowKind,
            let user = body["initiator_uuid"]?.string,
            let transferred = body["transferred_call"]?.string,
            let initiator = body["initiator_call"]?.string,
            let recipient = body["recipient_call"]?.string,
            let otherHalf = body["recipient_other_half"]?.string,
            let destination = body["destination"].flatMap(Destination.init(json:)),
            let caller = body["caller"].flatMap(Caller.init(json:)),
            let limit = Self.date(body["limit"]),
            let flow = body["flow"]?.string.flatMap(Flow.init(rawValue:)),
            let status = body["status"]?.string.flatMap(Status.init(rawValue:)),
            let phase = body["phase"]?.string.flatMap({ Phase(name: $0, status: status) }),
            let joined = Self.parties(body["joined"]),
            let gone = Self.parties(body["gone"]),
            let progress = body["progress"]?.string.flatMap(RecipientProgress.init(rawValue:))
        else { return nil }
        self.init(
            id: row.id,
            tenant: row.tenant,
            user: UserID(user),
            transferred: ChannelID(transferred),
            initiator: ChannelID(initiator),
            recipient: Leg(channel: ChannelID(recipient), otherHalf: ChannelID(otherHalf)),
            destination: destination,
            caller: caller,
            sharedBridge: body["shared_bridge"]?.string.map { BridgeID($0) },
            limit: limit,
            flow: flow,
            phase: phase,
            joined: joined,
            gone: gone,
            progress: progress,
            isAnnounced: body["is_announced"] == true,
            isCancelled: body["is_cancelled"] == true,
            revision: row.revision
        )
    }

    private static func date(_ value: JSONValue?) -> Date? {
        switch value {
        case .number(let seconds): Date(timeIntervalSince1970: seconds)
        case .integer(let seconds): Date(timeIntervalSince1970: Double(seconds))
        default: nil
        }
    }

    private static func list(_ parties: Set<Party>) -> JSONValue {
        .array(parties.map(\.rawValue).sorted().map(JSONValue.string))
    }

    private static func parties(_ value: JSONValue?) -> Set<Party>? {
        guard let names = value?.array else { return nil }
        let parties = names.compactMap { $0.string.flatMap(Party.init(rawValue:)) }
        return parties.count == names.count ? Set(parties) : nil
    }
}

extension Transfer.Phase {
    /// The phase of a stored name; `status` is what clients see in it.
    init?(name: String, status: Transfer.Status) {
        let phases: [Self] = [
            .beginning, .capturing, .preparing, .ringback, .connecting, .answered, .releasing, .blind, .joining,
            .completing, .dismissing, .cancelling(status), .abandoned, .abandonedConnecting, .abandonedTalking,
            .dispersing(status), .ended,
        ]
        guard let phase = phases.first(where: { $0.name == name }) else { return nil }
        self = phase
    }
}

extension Transfer.Destination {
    fileprivate var json: JSONValue {
        [
            "context": .string(place.context),
            "exten": .string(place.exten),
            "variables": .object(variables.mapValues(JSONValue.string)),
            "timeout": timeout.map { .integer(Int64($0)) } ?? .null,
        ]
    }

    fileprivate init?(json: JSONValue) {
        guard let context = json["context"]?.string, let exten = json["exten"]?.string,
            let variables = json["variables"]?.object
        else { return nil }
        var timeout: Int?
        if case .integer(let seconds)? = json["timeout"] { timeout = Int(seconds) }
        self.init(
            place: DialplanPlace(context: context, exten: exten),
            variables: variables.compactMapValues(\.string),
            timeout: timeout
        )
    }
}

extension Transfer.Caller {
    fileprivate var json: JSONValue {
        [
            "name": .string(name),
            "number": .string(number),
            "language": .string(language),
            "user_number": userNumber.map(JSONValue.string) ?? .null,
        ]
    }

    fileprivate init?(json: JSONValue) {
        guard let name = json["name"]?.string, let number = json["number"]?.string,
            let language = json["language"]?.string
        else { return nil }
        self.init(name: name, number: number, language: language, userNumber: json["user_number"]?.string)
    }
}
