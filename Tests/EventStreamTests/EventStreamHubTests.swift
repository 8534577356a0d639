import Core
import Events
import Foundation
import TandemTesting
import Testing

@testable import EventStream

/// Messages as the envelope makes them.
enum Told {
    static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    static let other = TenantID("10000000-0000-4000-8000-000000000002")
    static let alice = UserID("20000000-0000-4000-8000-000000000001")
    static let bob = UserID("20000000-0000-4000-8000-000000000002")

    static func message(
        _ name: String,
        _ audience: BusEvent.Audience = .tenant(tenant),
        requiredACL: String? = nil
    ) -> BusMessage {
        BusEnvelope(origin: "origin").message(
            for: BusEvent(
                name: name,
                routingKey: "some.\(name)",
                requiredACL: requiredACL,
                audience: audience,
                data: ["what": .string(name)],
                resource: "r"
            ),
            at: Date(timeIntervalSince1970: 1_800_000_000)
        )
    }
}

@Suite("Event stream: the hub")
struct EventStreamHubTests {
    private static let everything = EventAudience(tenant: nil, user: nil)

    private func names(_ subscription: EventStreamHub.Subscription) -> [String] {
        var names: [String] = []
        while case .event(let event)? = subscription.items.takeNow() { names.append(event.name) }
        return names
    }

    @Test("one token has its share of the clients, and gets it back; others come all the same")
    func shares() throws {
        let hub = EventStreamHub(limits: .init(clients: 3, clientsPerToken: 1))
        let first = try #require(hub.subscribe(Self.everything, after: nil, token: "a"))
        #expect(hub.subscribe(Self.everything, after: nil, token: "a") == nil)
        #expect(hub.limitReached(by: "a") == 1 && hub.limitReached(by: "b") == nil)
        #expect(hub.subscribe(Self.everything, after: nil, token: "b") != nil)
        hub.leave(first.subscription)
        hub.leave(first.subscription)
        #expect(hub.subscribe(Self.everything, after: nil, token: "a") != nil)
        #expect(hub.subscribe(Self.everything, after: nil, token: "c") != nil)
        #expect(hub.subscribe(Self.everything, after: nil, token: "d") == nil)
        #expect(hub.limitReached(by: "d") == 3)
    }

    @Test("an event reaches whom its routing headers name, nobody else")
    func audiences() throws {
        let hub = EventStreamHub()
        func listener(_ tenant: TenantID?, _ user: UserID?, _ names: Set<String> = []) throws
            -> EventStreamHub.Subscription
        {
            let audience = EventAudience(tenant: tenant?.rawValue, user: user?.rawValue, names: names)
            return try #require(hub.subscribe(audience, after: nil)).subscription
        }
        let all = try listener(nil, nil)
        let service = try listener(Told.tenant, nil)
        let alice = try listener(Told.tenant, Told.alice)
        let bob = try listener(Told.tenant, Told.bob)
        let foreign = try listener(Told.other, Told.alice)
        let choosy = try listener(Told.tenant, nil, ["b"])
        hub.offer([
            Told.message("a"), Told.message("b", .user(Told.tenant, Told.alice)),
            Told.message("c", .users(Told.tenant, [Told.alice, Told.bob])), Told.message("d", .user(Told.tenant, nil)),
            Told.message("e", .service), Told.message("f", .tenant(Told.other)),
        ])
        #expect(names(all) == ["a", "b", "c", "d", "e", "f"])
        #expect(names(service) == ["a", "b", "c", "d"])
        #expect(names(alice) == ["a", "b", "c"])
        #expect(names(bob) == ["a", "c"])
        #expect(names(foreign) == ["f"])
        #expect(names(choosy) == ["b"])
    }

    @Test("who comes again gets what came since, once and in order, and then what comes")
    func resume() throws {
        let hub = EventStreamHub()
        hub.offer([Told.message("a"), Told.message("b"), Told.message("c")])
        let first = try #require(hub.subscribe(Self.everything, after: nil))
        #expect(first.missed.isEmpty && first.isComplete)
        let after = EventPosition(epoch: hub.epoch, sequence: 1, time: hub.epoch)
        let again = try #require(hub.subscribe(Self.everything, after: after))
        hub.offer([Told.message("d")])
        #expect(again.missed.map(\.name) == ["b", "c"] && again.isComplete)
        #expect(names(again.subscription) == ["d"])
        #expect(first.position.sequence == 3)
    }

    @Test("a position of another process: all of this one is missed, and more is somewhere else")
    func otherProcess() throws {
        let hub = EventStreamHub()
        hub.offer([Told.message("a")])
        let position = EventPosition(epoch: hub.epoch - 1, sequence: 700, time: hub.epoch - 1)
        let beginning = try #require(hub.subscribe(Self.everything, after: position))
        #expect(beginning.missed.map(\.name) == ["a"] && !beginning.isComplete)
        #expect(beginning.isPossible)
    }

    @Test("a position that nobody can have been given is no position: all that came may be missing")
    func impossible() throws {
        let hub = EventStreamHub()
        hub.offer([Told.message("a")])
        let later = hub.epoch + 3_600_000_000
        for position in [
            EventPosition(epoch: hub.epoch, sequence: 2, time: hub.epoch),
            EventPosition(epoch: hub.epoch, sequence: .max, time: .max),
            EventPosition(epoch: hub.epoch, sequence: 1, time: later),
            EventPosition(epoch: hub.epoch - 1, sequence: 1, time: later),
            EventPosition(epoch: .max, sequence: .max, time: .max),
        ] {
            let beginning = try #require(hub.subscribe(Self.everything, after: position))
            #expect(!beginning.isPossible && !beginning.isComplete && beginning.missed.isEmpty, "\(position)")
        }
        let newest = EventPosition(epoch: hub.epoch, sequence: 1, time: hub.epoch)
        #expect(try #require(hub.subscribe(Self.everything, after: newest)).isPossible)
    }

    @Test("memory is bounded by number, size and age", arguments: ["number", "size", "age"])
    func bounds(by bound: String) async throws {
        var limits = EventStreamHub.Limits()
        if bound == "number" { limits.keptEvents = 2 }
        if bound == "size" { limits.keptBytes = 2 * (Told.message("a").body.utf8.count + 300) }
        limits.resumeSeconds = 60
        let clock = ManualClock()
        let hub = EventStreamHub(limits: limits, clock: clock)
        hub.offer([Told.message("a")])
        if bound == "age" { clock.advance(by: 61) }
        hub.offer([Told.message("b"), Told.message("c")])
        func beginning(after sequence: Int64) throws -> EventStreamHub.Beginning {
            let position = EventPosition(epoch: hub.epoch, sequence: sequence, time: hub.epoch)
            return try #require(hub.subscribe(Self.everything, after: position))
        }
        #expect(try beginning(after: 0).missed.map(\.name) == ["b", "c"])
        #expect(try beginning(after: 0).isComplete == false)
        #expect(try beginning(after: 1).isComplete)
    }

    @Test("a client that does not keep up is dropped; the others, and who comes again, miss nothing")
    func tooSlow() async throws {
        var limits = EventStreamHub.Limits()
        limits.waitingEvents = 2
        let hub = EventStreamHub(limits: limits)
        let slow = try #require(hub.subscribe(Self.everything, after: nil)).subscription
        let quick = try #require(hub.subscribe(Self.everything, after: nil)).subscription
        hub.offer([Told.message("a"), Told.message("b")])
        #expect(names(quick) == ["a", "b"])
        hub.offer([Told.message("c")])
        #expect(names(quick) == ["c"])
        #expect(hub.clientCount == 1)
        // What had come to it is still sent, then its stream ends.
        #expect(names(slow) == ["a", "b"])
        #expect(await slow.items.next() == nil)
        let position = EventPosition(epoch: hub.epoch, sequence: 2, time: hub.epoch)
        #expect(try #require(hub.subscribe(Self.everything, after: position)).missed.map(\.name) == ["c"])
    }

    @Test("there is room for so many clients, and again when one leaves")
    func clients() throws {
        var limits = EventStreamHub.Limits()
        limits.clients = 1
        let hub = EventStreamHub(limits: limits)
        let first = try #require(hub.subscribe(Self.everything, after: nil)).subscription
        #expect(hub.subscribe(Self.everything, after: nil) == nil && hub.limitReached(by: "") != nil)
        hub.leave(first)
        #expect(hub.limitReached(by: "") == nil && hub.subscribe(Self.everything, after: nil) != nil)
    }

    @Test("ids are read as they are written, and nothing else is an id")
    func positions() {
        let position = EventPosition(epoch: 1_800_000_000_000_000, sequence: 7, time: 1_800_000_000_000_001)
        #expect(EventPosition("\(position)") == position)
        for text in [
            "", "7", "1-2", "1-2-3-4", "a-b-c", "-1-2-3", "0-1-1", "1--1", "1-2-99999999999999999999", "1-2-x",
        ] {
            #expect(EventPosition(text) == nil, "\(text)")
        }
    }

    @Test("an event in the stream is one block: name, id, the body of the bus message on one line")
    func text() throws {
        let message = Told.message("call_created")
        let event = StreamedEvent(message, at: EventPosition(epoch: 1, sequence: 2, time: 3))
        #expect(event.text == "event: call_created\nid: 1-2-3\ndata: \(message.body)\n\n")
        #expect(!message.body.contains("\n"))
    }
}
