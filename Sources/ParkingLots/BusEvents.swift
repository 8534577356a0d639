import Core
import Events
import Telephony

/// What happens to parked calls.
enum ParkingNews: String, Sendable, Hashable, CaseIterable {
    case parked = "ParkedCall"
    case unparked = "UnParkedCall"
    case timedOut = "ParkedCallTimeOut"
    case hungUp = "ParkedCallGiveUp"
    /// Another channel took the place of a parked one: an attended transfer, or the end of a Local channel.
    case swapped = "ParkedCallSwap"

    /// The bus event's name; `nil`: nothing is told.
    var name: String? {
        switch self {
        case .parked: "call_parked"
        case .unparked: "call_unparked"
        case .timedOut: "parked_call_timed_out"
        case .hungUp: "parked_call_hungup"
        case .swapped: nil
        }
    }
}

/// Bus events of parked calls (contract 34 §3).
enum BusEvents {
    /// - Parameter message: What Asterisk told, for what the parked call itself does not have.
    /// - Returns: `nil` when nothing is told.
    static func event(
        _ news: ParkingNews,
        of call: ParkedCall,
        _ message: ManagerMessage,
        tenant: TenantID
    ) -> BusEvent? {
        guard let name = news.name else { return nil }
        var data = call.members
        data["parking_id"] = .integer(Int64(call.lot))
        if news == .unparked {
            data["retriever_call_id"] = .string(message["RetrieverUniqueid"] ?? "")
            data["retriever_caller_id_name"] = .string(message.text("RetrieverCallerIDName") ?? "")
            data["retriever_caller_id_num"] = .string(message.text("RetrieverCallerIDNum") ?? "")
        }
        if news == .timedOut { data["dialed_extension"] = .string(call.parker ?? "") }
        let key = "parkings.\(call.lot).calls.updated"
        return BusEvent(
            name: name,
            routingKey: key,
            requiredACL: "events.\(key)",
            audience: .tenant(tenant),
            data: .object(data),
            resource: "call:\(call.call)"
        )
    }
}
