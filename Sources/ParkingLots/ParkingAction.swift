import API
import CallControl
import Core
import Directory
import Foundation
import Telephony

/// What a client asks for (contract 34 §2).
struct ParkRequest: RequestFields {
    static var dialect: Dialect { .extendedTypes }
    /// The lot.
    let lot: Int
    /// The slot, if it is free.
    let slot: String?
    /// Seconds; 0: never; `nil`: the lot's.
    let timeout: Int?

    init(reading reader: inout FieldReader) {
        lot = reader.required("parking_id", .integer())
        slot = reader.nullable(
            "preferred_slot",
            .string(
                .rule("Invalid input.") { text in
                    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
                }
            )
        )
        timeout = reader.nullable("timeout", .integer(.rule("Must be a positive integer or 0") { $0 >= 0 }))
    }
}

/// Parking a call (contract 34 §2).
struct ParkingAction: Sendable {
    /// Looks at whether the call is parked, at most.
    private static let looks = 5
    /// Seconds; longer ones do not fit into Asterisk's milliseconds.
    private static let longestTimeout = 2_147_483

    private let ports: ParkingPorts

    init(_ ports: ParkingPorts) { self.ports = ports }

    /// Parks a call of a tenant.
    /// - Returns: The call as it is parked.
    /// - Throws: `Failure`, `TelephonyFailure`, `ManagerFailure`; what the directory throws.
    func park(_ id: ChannelID, of tenant: TenantID, _ request: ParkRequest) async throws -> ParkedCall {
        guard let call = try await ports.channels.channel(id),
            try await ports.variables.variable("WAZO_TENANT_UUID", of: call) == tenant.rawValue
        else { throw Failure.noSuchCall(id, message: "No such call: \(id)") }
        let lot = try await lot(request.lot, of: tenant)
        return try await park(call, in: lot, request)
    }

    /// Parks whom a user talks with on a channel of his.
    /// - Returns: The call as it is parked.
    /// - Throws: as ``park(_:of:_:)``.
    func parkPeer(of id: ChannelID, user: UserID, _ request: ParkRequest) async throws -> ParkedCall {
        guard let own = try await ports.channels.channel(id) else {
            throw Failure.noSuchCall(id, message: "No such call: \(id)")
        }
        guard try await ports.variables.variable("WAZO_USERUUID", of: own) == user.rawValue else {
            throw Failure.notPermitted(user, call: id)
        }
        guard let tenant = try await ports.variables.variable("WAZO_TENANT_UUID", of: own) else {
            throw Failure.cannotPark(id, reason: "call has no tenant")
        }
        let lot = try await lot(request.lot, of: TenantID(tenant))
        guard let peer = try await ports.channels.channel(try await peer(of: own.id)) else {
            throw Failure.cannotPark(id, reason: "no parkable peer call found")
        }
        return try await park(peer, in: lot, request)
    }

    private func lot(_ id: Int, of tenant: TenantID) async throws -> ParkingLotRecord {
        guard let lot = try await ports.lots.parkingLot(id), lot.tenant == tenant else {
            throw Failure.noSuchParking(id)
        }
        return lot
    }

    /// The one channel that a channel talks with. Parked calls share a bridge too, but do not talk.
    private func peer(of id: ChannelID) async throws -> ChannelID {
        let bridges = try await ports.bridges.bridges()
        let others = bridges.filter { $0.kind != .holding && $0.channels.contains(id) }
            .flatMap(\.channels).filter { $0 != id }
        if others.count > 1 { throw Failure.cannotPark(id, reason: "cannot park a conference call") }
        guard let other = others.first else { throw Failure.cannotPark(id, reason: "no parkable peer call found") }
        return other
    }

    // MARK: In Asterisk

    private func park(_ call: Channel, in lot: ParkingLotRecord, _ request: ParkRequest) async throws -> ParkedCall {
        let calls = try await parkedCalls(in: lot)
        let here = calls.first { $0.call == call.id }
        let before = if let here { ParkedCall?.some(here) } else { try await parking(of: call.id) }
        var parking = Parking(channel: call.name, lot: lot.asteriskName)
        if let parker = before?.parker {
            parking.timeoutChannel = parker
        } else {
            let peer = try await peer(of: call.id)
            guard let parker = try await ports.channels.channel(peer) else {
                throw Failure.cannotPark(call.id, reason: "no parkable peer call found")
            }
            parking.timeoutChannel = parker.name
        }
        let total = lot.slots?.count ?? 0
        // Asterisk would take the call out of its conversation all the same.
        if here == nil, calls.count >= total { throw Failure.parkingFull(lot.id, tenant: lot.tenant, call: call.id) }
        parking.timeout = request.timeout.map { min($0, Self.longestTimeout) * 1_000 }
        if let slot = request.slot, let number = Int(slot), lot.slots?.contains(number) == true {
            parking.space = "\(number)"
        }
        do {
            try await ports.manager.park(parking)
        } catch ManagerFailure.refused(let message, _) {
            throw failure(message, call: call.id)
        }
        return try await parked(call.id, in: lot, before: before)
    }

    /// The call as it is parked in whichever lot: parked again, it keeps its return address (contract 34 §5 row 9).
    private func parking(of call: ChannelID) async throws -> ParkedCall? {
        try await ports.manager.parkedCalls(in: nil).lazy
            .compactMap { ParkedCall($0, at: ports.clock.now) }
            .first { $0.call == call }
    }

    /// Why Asterisk did not park it.
    private func failure(_ message: String, call: ChannelID) -> Failure {
        message.holds("does not exist")
            ? .noSuchCall(call, message: "No such call: \(call)") : .cannotPark(call, reason: message)
    }

    /// Waits until Asterisk lists the call: it parks after it has answered.
    private func parked(_ id: ChannelID, in lot: ParkingLotRecord, before: ParkedCall?) async throws -> ParkedCall {
        for look in 1...Self.looks {
            let calls = try await parkedCalls(in: lot)
            if let call = calls.first(where: { $0.call == id }) {
                // A call that is parked again may get the same slot; until then Asterisk lists the old parking.
                let isParked = before.map { call.isAnother(than: $0) } ?? true
                if isParked || look == Self.looks { return call }
            } else if before?.lot != lot.id, calls.count >= lot.slots?.count ?? 0 {
                throw Failure.parkingFull(lot.id, tenant: lot.tenant, call: id)
            }
            if look < Self.looks { try await Task.sleep(for: ports.pause) }
        }
        throw Failure.noSuchParkedCall(lot.id, tenant: lot.tenant, call: id)
    }

    /// The parked calls of a lot.
    /// - Throws: `Failure` `no-such-parking` when Asterisk does not have the lot; `ManagerFailure`.
    func parkedCalls(in lot: ParkingLotRecord) async throws -> [ParkedCall] {
        do {
            return try await ports.manager.parkedCalls(in: lot.asteriskName)
                .compactMap { ParkedCall($0, at: ports.clock.now) }
        } catch ManagerFailure.refused(let message, _) where message.holds("could not be found") {
            throw Failure.noSuchParking(lot.id)
        }
    }
}
