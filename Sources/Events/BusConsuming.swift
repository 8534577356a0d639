public import Core
public import Foundation

/// A message that came from the bus.
public struct BusDelivery: Sendable, Hashable {
    /// Its routing key.
    public var routingKey: String
    /// Its headers: strings, booleans and integers.
    public var headers: [String: JSONValue]
    /// The bytes of its body.
    public var payload: Data

    /// A delivery with its parts.
    public init(routingKey: String, headers: [String: JSONValue], payload: Data) {
        self.routingKey = routingKey
        self.headers = headers
        self.payload = payload
    }

    /// The body as JSON; parsed at each call, `.null` when it is none.
    public var body: JSONValue { (try? JSONValue(parsing: payload)) ?? .null }

    /// The event's name: header `name`, else the body's (contract 00 §6.2).
    public var name: String? { headers["name"]?.string ?? body["name"]?.string }
}

/// What is wanted of the bus: all messages whose headers hold these (contract 00 §6.2).
public struct BusBinding: Sendable, Hashable {
    /// The event's name.
    public var name: String
    /// Further headers.
    public var headers: [String: String]

    /// A binding with its parts.
    public init(_ name: String, headers: [String: String] = [:]) {
        self.name = name
        self.headers = headers
    }

    /// Arguments of the queue's binding, without `x-match`.
    public var arguments: [String: JSONValue] {
        headers.mapValues(JSONValue.string).merging(["name": .string(name)]) { $1 }
    }
}

/// Who takes messages from the bus. It is called in one reading task, in the order of arrival: what takes
/// long belongs into a mailbox of its own.
public protocol BusReceiving: Sendable {
    /// What it wants; read when it is added.
    var bindings: [BusBinding] { get }
    /// A message of one of the wanted names.
    func receive(_ delivery: BusDelivery) async
    /// The subscriptions hold (again): what happened before may have been missed.
    func busConnected() async
    /// The connection is lost.
    func busDisconnected() async
}

extension BusReceiving {
    /// Nothing.
    public func busConnected() async {}
    /// Nothing.
    public func busDisconnected() async {}
}

/// What a consumer tells, in order.
public enum BusOccurrence: Sendable, Hashable {
    /// The queue is bound.
    case connected
    /// A message came.
    case delivery(BusDelivery)
    /// The connection is lost.
    case disconnected
}

/// The bus as a place to consume from.
public protocol EventConsuming: Sendable {
    /// The next occurrence; waits for one. `nil` once the consumer was stopped. One reader at a time.
    func nextOccurrence() async -> BusOccurrence?
    /// Wants further messages from now on, also after reconnections.
    func bind(_ bindings: [BusBinding])
}
