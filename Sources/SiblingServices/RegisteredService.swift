import Core
import Events

/// What others are told of us (contract 00 §10).
struct RegisteredService: Equatable {
    var id: String
    var name: String
    var address: String
    var port: Int
    var tags: [String]

    /// Bus event `service_registered`.
    var registered: BusEvent {
        event(
            "service_registered",
            data.merging(["address": .string(address), "port": .integer(Int64(port))]) { $1 }
        )
    }

    /// Bus event `service_deregistered`; its routing key is the same.
    var deregistered: BusEvent { event("service_deregistered", data) }

    private var data: [String: JSONValue] {
        ["service_name": .string(name), "service_id": .string(id), "tags": .array(tags.map(JSONValue.string))]
    }

    private func event(_ eventName: String, _ data: [String: JSONValue]) -> BusEvent {
        BusEvent(
            name: eventName,
            routingKey: "service.registered.\(BusEvent.routingWord(name))",
            audience: .service,
            data: .object(data),
            resource: "service:\(id)"
        )
    }
}
