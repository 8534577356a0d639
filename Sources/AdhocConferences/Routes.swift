public import API
import Access
import CallControl
import Core
import Telephony

/// The REST routes of ad hoc conferences (contract 23 §1). That the token has a user is checked before anything else.
extension AdhocConferences: RouteProviding {
    /// The routes.
    public var routes: [Route] { conferenceRoutes + participantRoutes + reading }

    private static let conferences = "/users/me/conferences/adhoc"
    private static let access = "calld.users.me.conferences.adhoc"

    @RouteBuilder private var conferenceRoutes: [Route] {
        Route(
            .post,
            Self.conferences,
            access: "\(Self.access).create",
            "Merge calls of the user into a conference",
            takes: .json(ConferenceCreation.self),
            answers: .created(.object(["conference_id": .uuid])).orRefused(403, 409)
        ) { request in
            let user = try request.user()
            let id = try await self.create(try await request.body(), as: user, in: request.tenant)
            return .created(["conference_id": .string(id)])
        }
        Route(
            .delete,
            "\(Self.conferences)/{adhoc_conference_id}",
            access: "\(Self.access).delete",
            "End a conference",
            answers: .noContent
        ) { request in
            try await self.delete(request.path("adhoc_conference_id"), as: try request.user())
            return .noContent
        }
        Route.history(
            "\(Self.conferences)/{adhoc_conference_id}/history",
            access: "\(Self.access).read",
            of: "a conference of the user",
            kind: AdhocConference.rowKind,
            id: "adhoc_conference_id",
            in: ports.store,
            isOfUser: true,
            unknown: Failure.adhocConferenceNotFound
        )
    }

    @RouteBuilder private var participantRoutes: [Route] {
        let participants = "\(Self.conferences)/{adhoc_conference_id}/participants/{call_id}"
        Route(
            .put,
            participants,
            access: "\(Self.access).participants.update",
            "Add a call to a conference",
            answers: .noContent.orRefused(409)
        ) { request in
            let user = try request.user()
            try await self.add(
                ChannelID(request.path("call_id")),
                to: request.path("adhoc_conference_id"),
                as: user
            )
            return .noContent
        }
        Route(
            .delete,
            participants,
            access: "\(Self.access).participants.delete",
            "Remove a call from a conference; the host's own ends it",
            answers: .noContent
        ) { request in
            let user = try request.user()
            try await self.remove(
                ChannelID(request.path("call_id")),
                from: request.path("adhoc_conference_id"),
                as: user
            )
            return .noContent
        }
    }

    /// Ours (contract 23 §5 row 9).
    @RouteBuilder private var reading: [Route] {
        let access = "\(Self.access).read"
        Route(
            .get,
            Self.conferences,
            access: access,
            "The conferences of the user",
            answers: .ok(.items(of: AdhocConference.schema))
        ) { request in
            let user = try request.user()
            let own = self.aggregates.machines.filter { $0.hostUser == user && $0.isOpen }
            return .items(own.sorted { $0.id < $1.id }.map(\.item))
        }
        Route(
            .get,
            "\(Self.conferences)/{adhoc_conference_id}",
            access: access,
            "A conference of the user",
            answers: .ok(AdhocConference.schema)
        ) { request in
            let user = try request.user()
            return .ok(try self.conference(request.path("adhoc_conference_id"), of: user).item)
        }
    }
}

extension AdhocConference {
    /// Its ``item`` in the API's descriptions.
    fileprivate static let schema = Schema.named(
        "AdhocConference",
        .object([
            "conference_id": .uuid, "host_call_id": .string, "status": .string,
            "participants": .list(
                of: .object(["call_id": .string, "user_uuid": .string.nullable, "status": .string])
            ),
        ])
    )

    /// What clients see of it; the host is among the participants.
    var item: JSONValue {
        [
            "conference_id": .string(id),
            "host_call_id": .string(host.rawValue),
            "status": .string(phase.rawValue),
            "participants": .array(
                members.map { member in
                    [
                        "call_id": .string(member.channel.rawValue),
                        "user_uuid": member.person.user.map { .string($0.rawValue) } ?? .null,
                        "status": .string(member.standing.rawValue),
                    ]
                }
            ),
        ]
    }
}
