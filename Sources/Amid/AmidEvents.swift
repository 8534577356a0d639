public import Core
import Metrics
public import Telephony

/// Asterisk's events as wazo-amid relays them on the bus (contract 00 §6.3, 38 §9.4): takes messages of a bus
/// consumer and hands them to a receiver, one after the other.
public struct AmidEvents: Sendable {
    /// Values of the header `name` to bind for.
    public static let names = ManagerEventNames.consumed

    private let receiver: any ManagerEventReceiving

    /// - Parameter receiver: Gets the events.
    public init(receiver: any ManagerEventReceiving) { self.receiver = receiver }

    /// A message of the bus. One that is no event of amid is passed over; it never ends the consumer.
    /// - Parameters:
    ///   - body: The message's JSON.
    ///   - name: Its header `name`; `nil` when there is none, then the body's counts.
    public func receive(message body: JSONValue, name: String?) async {
        guard let name = name ?? body["name"]?.string, receiver.wants(name),
            let data = body["data"]?.object
        else { return }
        Counter(label: "tandem_manager_events", dimensions: [("event", name)]).increment()
        await receiver.receive(ManagerEvent(name: name, message: AmidAnswer.message(data)))
    }

    /// The consumer's bindings are made: from now on no event is missed.
    public func busConnected() async { await receiver.managerConnected() }

    /// The consumer lost the broker.
    public func busDisconnected() async { await receiver.managerDisconnected() }
}
