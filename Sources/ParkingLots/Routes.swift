public import API
import Access
import CallControl
import Core
import Directory
import Telephony

/// Lots with their parked calls, and parking a call, for a tenant and for the user who talks with it.
extension ParkingLots: RouteProviding {
    /// The operations.
    public var routes: [Route] {
        Route(
            .get,
            "/parkinglots",
            access: "calld.parkings.read",
            "List parking lots",
            answers: .ok(.items(of: Self.schema, counts: ["total"]))
        ) { request in
            let lots = try await self.answering { try await self.list(request.tenant) }
            return .ok(["items": .array(lots), "total": .integer(Int64(lots.count))])
        }
        Route(
            .get,
            "/parkinglots/{parking_id:int}",
            access: "calld.parkings.{parking_id}.read",
            "Get a parking lot",
            answers: .ok(Self.schema)
        ) { request in
            let id = request.pathInteger("parking_id")
            return .ok(try await self.answering { try await self.lot(id, of: request.tenant) })
        }
        Route(
            .put,
            "/calls/{call_id}/park",
            access: "calld.calls.{call_id}.park.update",
            "Park a call",
            takes: .json(ParkRequest.self),
            answers: .ok(Self.place)
        ) { request in
            let wanted: ParkRequest = try await request.body()
            let call = ChannelID(request.path("call_id"))
            return .ok(
                try await self.answering(call) {
                    try await self.action.park(call, of: request.tenant, wanted).place
                }
            )
        }
        Route(
            .put,
            "/users/me/calls/{call_id}/park",
            access: "calld.users.me.calls.{call_id}.park.update",
            "Park whom the user talks with",
            takes: .json(ParkRequest.self),
            answers: .ok(Self.place)
        ) { request in
            let user = try request.user()
            let wanted: ParkRequest = try await request.body()
            let call = ChannelID(request.path("call_id"))
            return .ok(
                try await self.answering(call) {
                    try await self.action.parkPeer(of: call, user: user, wanted).place
                }
            )
        }
    }

    private func list(_ tenant: TenantID) async throws -> [JSONValue] {
        var lots: [JSONValue] = []
        let ids = try await ports.manager.parkingLots().compactMap { ParkedCall.lot($0.name) }
        for id in ids.sorted() {
            guard let lot = try await ports.lots.parkingLot(id), lot.tenant == tenant else { continue }
            lots.append(lot.json(try await action.parkedCalls(in: lot)))
        }
        return lots
    }

    private func lot(_ id: Int, of tenant: TenantID) async throws -> JSONValue {
        guard let lot = try await ports.lots.parkingLot(id), lot.tenant == tenant else {
            throw Failure.noSuchParking(id)
        }
        return lot.json(try await action.parkedCalls(in: lot))
    }

    /// Tells a client what failed.
    private func answering<Answer: Sendable>(
        _ call: ChannelID? = nil,
        _ body: () async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await body()
        } catch let failure as TelephonyFailure {
            if let call, case .notFound = failure { throw Failure.noSuchCall(call, message: "No such call: \(call)") }
            throw ports.failures.failure(for: failure)
        } catch let failure as ManagerFailure {
            throw ports.managerFailures.failure(for: failure)
        }
    }

    private static let call = Schema.named(
        "ParkedCall",
        .object([
            "call_id": .string, "conversation_id": .string, "caller_id_name": .string, "caller_id_num": .string,
            "parker_caller_id_name": .string, "parker_caller_id_num": .string, "slot": .string,
            "parked_at": .instant, "timeout_at": .instant.nullable,
        ])
    )
    private static let schema = Schema.named(
        "ParkingLot",
        .object([
            "id": .integer, "name": .string.nullable, "slots_start": .string, "slots_end": .string,
            "slots_total": .integer, "slots_remaining": .integer, "default_timeout": .integer.nullable,
            "calls": .list(of: call),
        ])
    )
    private static let place = Schema.named(
        "ParkingPlace",
        .object(["slot": .string, "timeout_at": .instant.nullable])
    )
}
