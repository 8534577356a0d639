import Core
import Events
import Telephony

/// Bus events of ad hoc conferences (contract 23 §4): one message for each user who is told.
enum BusEvents {
    /// `conference_adhoc_created`
    static func created(_ conference: AdhocConference) -> BusEvent {
        event("created", key: "created", conference, tenant: conference.tenant, to: conference.hostUser)
    }

    /// `conference_adhoc_deleted`
    static func deleted(_ conference: AdhocConference) -> BusEvent {
        event("deleted", key: "deleted", conference, tenant: conference.tenant, to: conference.hostUser)
    }

    /// `conference_adhoc_participant_joined`; `tenant` is the joiner's.
    static func joined(_ call: ChannelID, _ tenant: TenantID, of conference: AdhocConference, to user: UserID)
        -> BusEvent
    {
        event("participant_joined", key: "participants.joined", conference, call, tenant: tenant, to: user)
    }

    /// `conference_adhoc_participant_left`; `tenant` is the leaver's.
    static func left(_ call: ChannelID, _ tenant: TenantID, of conference: AdhocConference, to user: UserID) -> BusEvent
    {
        event("participant_left", key: "participants.left", conference, call, tenant: tenant, to: user)
    }

    private static func event(
        _ name: String,
        key: String,
        _ conference: AdhocConference,
        _ call: ChannelID? = nil,
        tenant: TenantID,
        to user: UserID
    ) -> BusEvent {
        var data: [String: JSONValue] = ["conference_id": .string(conference.id)]
        data["call_id"] = call.map { .string($0.rawValue) }
        return BusEvent(
            name: "conference_adhoc_\(name)",
            routingKey: "conferences.users.\(BusEvent.routingWord(user.rawValue)).adhoc.\(key)",
            audience: .user(tenant, user),
            data: .object(data),
            resource: "adhoc_conference:\(conference.id)"
        )
    }
}
