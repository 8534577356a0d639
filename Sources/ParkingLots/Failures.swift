import Core
import Telephony

/// What clients of the parking routes are told (contract 34 §2).
extension Failure {
    static func cannotPark(_ call: ChannelID, reason: String) -> Failure {
        Failure(
            status: 400,
            errorID: "cannot-park-call",
            message: "unable to park call: \(call), reason=\(reason)",
            details: ["call_id": .string(call.rawValue), "reason": .string(reason)]
        )
    }

    static func noSuchParking(_ lot: Int) -> Failure {
        Failure(
            status: 404,
            errorID: "no-such-parking",
            message: "No such parking: id=\(lot)",
            details: ["parking_id": .integer(Int64(lot))],
            resource: "parking_lots"
        )
    }

    static func parkingFull(_ lot: Int, tenant: TenantID, call: ChannelID) -> Failure {
        Failure(
            status: 503,
            errorID: "parking-full",
            message: "Parking lot is full",
            details: parked(lot, tenant, call),
            resource: "parking_lots"
        )
    }

    static func noSuchParkedCall(_ lot: Int, tenant: TenantID, call: ChannelID) -> Failure {
        Failure(
            status: 404,
            errorID: "no-such-parked-call",
            message: "No such parked call",
            details: parked(lot, tenant, call),
            resource: "parking_lots"
        )
    }

    private static func parked(_ lot: Int, _ tenant: TenantID, _ call: ChannelID) -> [String: JSONValue] {
        [
            "tenant_uuid": .string(tenant.rawValue), "parking_id": .integer(Int64(lot)),
            "call_id": .string(call.rawValue),
        ]
    }
}
