import API
import CallControl
import Core
import Foundation
import Telephony

/// The body of `POST /users/me/conferences/adhoc` (contract 23 §1).
struct ConferenceCreation: RequestFields {
    static let unknownFields: UnknownFields = .rejected
    var host: ChannelID
    /// Each once.
    var participants: [ChannelID]

    init(reading reader: inout FieldReader) {
        host = reader.required("host_call_id", .identifier(.length(min: 1)))
        let named = reader.required(
            "participant_call_ids",
            .list(of: Field<ChannelID>.identifier(.length(min: 1)), .atMost(AdhocConferences.largest - 2))
        )
        participants = named.reduce(into: []) { once, call in if !once.contains(call) { once.append(call) } }
    }
}

extension AdhocConferences {
    /// - Returns: The conference's id.
    func create(_ wanted: ConferenceCreation, as user: UserID, in tenant: TenantID) async throws -> String {
        let conference = try await asking { try await self.plan(wanted, as: user, in: tenant) }
        let channels = conference.channels
        do {
            _ = try await aggregates.create(conference, beginning: .requested(by: user)) {
                $0.phase != .ending && !$0.channels.isDisjoint(with: channels)
            }
            return conference.id
        } catch AggregateRefusal.conflict {
            throw Failure.hostAlreadyInConference(wanted.host)
        } catch let refusal as AggregateRefusal {
            throw failure(for: refusal, of: conference.id)
        }
    }

    private func plan(_ wanted: ConferenceCreation, as user: UserID, in tenant: TenantID) async throws
        -> AdhocConference
    {
        let bridges = try await ports.bridges.bridges()
        let host = try await calls.host(wanted.host, of: user, among: bridges)
        if conference(of: wanted.host) != nil { throw Failure.hostAlreadyInConference(wanted.host) }
        let tenant = host.tenant ?? tenant
        var members = [
            AdhocConference.Member(
                wanted.host,
                person: AdhocConference.Person(user: user, tenant: tenant),
                source: host.bridge
            ), AdhocConference.Member(host.peer, source: host.bridge),
        ]
        for call in wanted.participants {
            let member = try await participant(call, of: user, tenant: tenant, among: bridges)
            if call != host.peer { members.append(member) }
        }
        return AdhocConference(
            id: UUID().uuidString.lowercased(),
            tenant: tenant,
            hostUser: user,
            host: wanted.host,
            peer: host.peer,
            members: members,
            dueAt: ports.clock.now.addingTimeInterval(AdhocConference.patience)
        )
    }

    /// One who is in another conference talks with several, or with one who is not for the user to give away.
    private func participant(_ call: ChannelID, of user: UserID, tenant: TenantID, among bridges: [Bridge])
        async throws -> AdhocConference.Member
    {
        let leg = try await calls.participant(call, of: user, tenant: tenant, among: bridges)
        guard conference(of: call) == nil else { throw Failure.participantCallNotFound(call) }
        return AdhocConference.Member(call, discarded: leg.peer, source: leg.bridge)
    }

    /// The conference, if it is the user's.
    func conference(_ id: String, of user: UserID) throws -> AdhocConference {
        guard let conference = aggregates.machine(id), conference.hostUser == user, conference.isOpen else {
            throw Failure.adhocConferenceNotFound(id)
        }
        return conference
    }

    func delete(_ id: String, as user: UserID) async throws {
        _ = try conference(id, of: user)
        do {
            _ = try await aggregates.request(.deletionRequested(by: user), of: id)
        } catch let refusal as AggregateRefusal {
            throw failure(for: refusal, of: id)
        }
    }

    /// The order of the checks is the contract's (§1 "Add participant").
    func add(_ call: ChannelID, to id: String, as user: UserID) async throws {
        guard let live = aggregates.machine(id), live.isOpen else { throw Failure.adhocConferenceNotFound(id) }
        let member = try await asking {
            guard try await self.ports.channels.channel(call) != nil else {
                throw Failure.participantCallNotFound(call)
            }
            let conference = try self.conference(id, of: user)
            if conference.member(call) != nil { throw Failure.participantAlreadyInConference(call) }
            if conference.members.count >= Self.largest { throw Failure.adhocConferenceFull(id) }
            let bridges = try await self.ports.bridges.bridges()
            return try await self.participant(call, of: user, tenant: conference.tenant, among: bridges)
        }
        let due = ports.clock.now.addingTimeInterval(AdhocConference.patience)
        do {
            _ = try await aggregates.request(.participantAdded(member, due: due, by: user), of: id)
        } catch AggregateRefusal.notNow {
            let isMember = aggregates.machine(id)?.member(call) != nil
            throw isMember ? Failure.participantAlreadyInConference(call) : .adhocConferenceNotFound(id)
        } catch let refusal as AggregateRefusal {
            throw failure(for: refusal, of: id)
        }
    }

    func remove(_ call: ChannelID, from id: String, as user: UserID) async throws {
        let standing = try conference(id, of: user).member(call)?.standing
        guard standing == .inside || standing == .leaving else { throw Failure.participantCallNotFound(call) }
        do {
            _ = try await aggregates.request(.removalRequested(call, by: user), of: id)
        } catch AggregateRefusal.notNow {
            throw Failure.participantCallNotFound(call)
        } catch let refusal as AggregateRefusal {
            throw failure(for: refusal, of: id)
        }
    }

    /// Asks Asterisk on behalf of a client.
    /// - Throws: `Failure`.
    private func asking<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let failure as TelephonyFailure {
            throw ports.failures.failure(for: failure)
        }
    }

    private func failure(for refusal: AggregateRefusal, of id: String) -> Failure {
        switch refusal {
        case .failed(let failure): failure
        case .databaseUnreachable: .databaseUnreachable
        case .late: ports.failures.failure(for: .unreachable("no answer within the limit"))
        case .notFound, .notNow, .conflict: .adhocConferenceNotFound(id)
        }
    }
}
