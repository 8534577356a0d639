import CallControl
import Core
import Events
import Foundation
import Logging
import Synchronization
import Testing

private final class Script: EventConsuming {
    let occurrences = Mailbox<BusOccurrence>()
    let bindings = Mutex<[BusBinding]>([])
    func nextOccurrence() async -> BusOccurrence? { await occurrences.next() }
    func bind(_ new: [BusBinding]) { bindings.withLock { $0 += new } }
}

private final class Listener: BusReceiving {
    let bindings: [BusBinding]
    let heard = Mutex<[String]>([])
    init(_ names: [String]) { bindings = names.map { BusBinding($0) } }
    func receive(_ delivery: BusDelivery) async {
        heard.withLock { $0.append((delivery.name ?? "?") + (delivery.body["data"]?.string ?? "")) }
    }
    func busConnected() async { heard.withLock { $0.append("connected") } }
    func busDisconnected() async { heard.withLock { $0.append("disconnected") } }
}

@Suite("Dispatching what the bus brings")
struct BusDispatcherTests {
    private func delivery(_ name: String?, _ text: String, inHeader: Bool = true) -> BusOccurrence {
        var body: [String: JSONValue] = ["data": .string(text)]
        if let name, !inHeader { body["name"] = .string(name) }
        return .delivery(
            BusDelivery(
                routingKey: "k",
                headers: inHeader ? name.map { ["name": .string($0)] } ?? [:] : [:],
                payload: Data(JSONValue.object(body).text.utf8)
            )
        )
    }

    @Test("by name, to all who want it, in order, with the connection's changes between; nonsense stops nothing")
    func dispatch() async throws {
        let script = Script()
        let dispatcher = BusDispatcher(
            consumer: script,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let first = Listener(["a", "b"])
        let second = Listener(["b"])
        dispatcher.add(first)
        dispatcher.add(second)
        #expect(script.bindings.withLock { $0.map(\.name) } == ["a", "b", "b"])
        let garbage = BusDelivery(routingKey: "k", headers: ["name": "a"], payload: Data([0xff, 0x00]))
        for occurrence in [
            .connected, delivery("a", "1"), delivery("b", "2", inHeader: false), delivery(nil, "3"),
            .delivery(garbage), .disconnected, delivery("c", "4"), delivery("b", "5"),
        ] {
            script.occurrences.offer(occurrence)
        }
        script.occurrences.close()
        try await dispatcher.run()
        #expect(first.heard.withLock { $0 } == ["connected", "a1", "b2", "a", "disconnected", "b5"])
        #expect(second.heard.withLock { $0 } == ["connected", "b2", "disconnected", "b5"])
    }
}
