import Access
import CallControl
import CallRequests
import Core
import Directory
import Foundation
import Telephony

/// What a client asks for.
struct TransferOrder: Sendable {
    var transferred: ChannelID
    var initiator: ChannelID
    var destination: Transfer.Destination
    /// Whether the context is that of the user's line; otherwise a client chose it, and it must be the tenant's.
    var isContextOfLine = false
    var flow: Transfer.Flow
}

/// Checks of a creation, in the order of the contract (21 §2).
extension Transfers {
    /// Seconds within which calls that are sent to Stasis are there; it takes milliseconds.
    private static let patience = 30.0

    /// Creates a transfer and begins it.
    /// - Throws: `Failure`.
    func create(_ order: TransferOrder, as identity: Identity) async throws -> Transfer {
        guard let transferred = try await channel(order.transferred, seenBy: identity),
            let initiator = try await channel(order.initiator, seenBy: identity)
        else { throw Failure.transferCreation("channel not found") }
        guard order.transferred != order.initiator else {
            throw Failure.transferCreation("transferred and initiator are the same channel")
        }
        try await requireExtension(order, of: initiator, as: identity)
        guard !transfers.machines.contains(where: { $0.initiator == order.initiator }) else {
            throw Failure.alreadyStarted(order.initiator)
        }
        let transfer = try await asking {
            try await machine(for: order, transferred: transferred, initiator: initiator, identity: identity)
        }
        do {
            return try await transfers.create(transfer, beginning: .begun(by: identity.user)) {
                $0.initiator == order.initiator
            }
        } catch AggregateRefusal.conflict {
            throw Failure.alreadyStarted(order.initiator)
        } catch let refusal as AggregateRefusal {
            throw failure(for: refusal, of: transfer.id)
        }
    }

    /// The other party of a user's call.
    /// - Throws: `Failure`.
    func transferredParty(of initiator: ChannelID, user: UserID) async throws -> ChannelID {
        try await asking {
            guard let channel = try await ports.channels.channel(initiator) else {
                throw Failure.transferCreation("initiator channel not found")
            }
            guard try await parties.user(of: channel) == user else {
                throw Failure.notPermitted(user, "call", initiator.rawValue)
            }
            let peers = try await parties.peers(of: initiator)
            guard peers.count < 2 else { throw Failure.tooManyCandidates(peers) }
            guard let peer = peers.first else { throw Failure.transferCreation("transferred channel not found") }
            return peer
        }
    }

    /// The context of a user's main line.
    /// - Throws: `Failure`; what the directory throws.
    func mainContext(of user: UserID, tenant: TenantID) async throws -> String {
        guard let record = try await ports.users.user(user, tenant: tenant) else { throw Failure.invalidUser(user) }
        guard let line = record.lines.first else { throw Failure.noMainLine(user) }
        return line.context
    }

    /// A channel, unless it belongs to another tenant.
    private func channel(_ id: ChannelID, seenBy identity: Identity) async throws -> Channel? {
        try await asking {
            guard let channel = try await ports.channels.channel(id) else { return nil }
            guard let tenant = try await parties.tenant(of: channel) else { return channel }
            return identity.sees(tenant) ? channel : nil
        }
    }

    /// The destination can be called, in a context of the tenant that the initiator's call belongs to.
    private func requireExtension(
        _ order: TransferOrder,
        of initiator: Channel,
        as identity: Identity
    ) async throws {
        let place = order.destination.place
        let tenant = try await asking { try await parties.tenant(of: initiator) } ?? identity.tenant
        do {
            let isThere =
                order.isContextOfLine
                ? try await ports.destinations.has(place)
                : try await ports.destinations.allows(place, for: tenant)
            guard isThere else { throw Failure.invalidExtension(place) }
        } catch let failure as ManagerFailure {
            throw ports.managerFailures.failure(for: failure)
        }
    }

    private func machine(
        for order: TransferOrder,
        transferred: Channel,
        initiator: Channel,
        identity: Identity
    ) async throws -> Transfer {
        guard let user = try await parties.user(of: initiator) else {
            throw Failure.transferCreation("initiator has no user UUID")
        }
        let tenant = try await tenant(of: initiator, user: user)
        guard identity.sees(tenant) else { throw Failure.transferCreation("channel not found") }
        async let isTransferredIn = presence.isInStasis(transferred.id)
        async let isInitiatorIn = presence.isInStasis(initiator.id)
        var joined: Set<Transfer.Party> = []
        if try await isTransferredIn { joined.insert(.transferred) }
        if try await isInitiatorIn { joined.insert(.initiator) }
        var shared: BridgeID?
        if joined.count == 2, let bridge = try await parties.bridge(of: initiator.id),
            Set(bridge.channels) == [transferred.id, initiator.id]
        {
            shared = bridge.id
        }
        return Transfer(
            id: UUID().uuidString.lowercased(),
            tenant: tenant,
            user: user,
            transferred: transferred.id,
            initiator: initiator.id,
            recipient: .new(),
            destination: order.destination,
            caller: Transfer.Caller(
                name: initiator.callerName,
                number: initiator.callerNumber,
                language: initiator.language,
                userNumber: try await ports.channels.variable("WAZO_USERID", of: initiator)
            ),
            sharedBridge: shared,
            limit: ports.clock.now.addingTimeInterval(Self.patience),
            flow: order.flow,
            phase: joined.count == 2 ? .preparing : .beginning,
            joined: joined
        )
    }

    /// The tenant of the initiator's channel; where the dialplan did not set it, the user's.
    private func tenant(of initiator: Channel, user: UserID) async throws -> TenantID {
        if let tenant = try await parties.tenant(of: initiator) { return tenant }
        guard let record = try await ports.users.user(user, tenant: nil), !record.tenant.rawValue.isEmpty else {
            throw Failure.transferCreation("initiator has no tenant UUID")
        }
        return record.tenant
    }

    /// Requests to Asterisk on behalf of a creation.
    private func asking<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch TelephonyFailure.notFound {
            throw Failure.transferCreation("channel not found")
        } catch let failure as TelephonyFailure {
            throw ports.failures.failure(for: failure)
        }
    }

    /// What a client is told whose request was not carried out.
    func failure(for refusal: AggregateRefusal, of id: String) -> Failure {
        switch refusal {
        case .notFound, .conflict: .noSuchTransfer(id)
        case .notNow(let phase): .transferCompletion(id, "not possible while \(phase)")
        case .failed(let failure): failure
        case .databaseUnreachable: .databaseUnreachable
        case .late: ports.failures.failure(for: .unreachable("no answer within the limit"))
        }
    }
}

extension Identity {
    /// Whether objects of a tenant are shown.
    func sees(_ tenant: TenantID) -> Bool { seesAllTenants || self.tenant == tenant }
}

extension Transfer.Leg {
    /// A Local channel that does not exist yet.
    static func new() -> Self {
        let id = UUID().uuidString.lowercased()
        return Self(
            channel: ChannelID("transfer-recipient-\(id)"),
            otherHalf: ChannelID("transfer-recipient-\(id)-2")
        )
    }
}
