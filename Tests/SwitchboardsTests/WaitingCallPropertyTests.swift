import Core
import Foundation
import TandemTesting
import Telephony
import Testing

@testable import Switchboards

/// A caller, operators' phones and their bridges, as far as a stay sees them: what effects do there, and what can happen
/// by itself at any moment.
private struct World {
    enum Place { case nowhere, room, talking, dialplan }
    enum Leg { case ringing, answered, talking }

    var call: WaitingCall
    var isCallerThere = true
    var place = Place.nowhere
    var legs: [ChannelID: Leg] = [:]
    /// The operator with whom the caller was put into a bridge.
    var partner: WaitingCall.Operator?
    /// Bridges that the lone-channel clean-up leaves alone.
    var claimed: Set<BridgeID> = []
    /// What the event feed has not delivered yet, in Asterisk's order for each channel.
    var feed: [(channel: ChannelID, event: WaitingCall.Event)] = []
    var isLookDue = false
    var ends = 0
    var generator: SeededGenerator

    init(seed: UInt64, room: WaitingCall.Room) {
        generator = SeededGenerator(seed: seed)
        call = WaitingCall(
            id: ChannelID("caller"),
            room: room,
            switchboard: "s1",
            tenant: TenantID("t1"),
            callerName: "",
            callerNumber: "",
            enteredAt: Date(timeIntervalSince1970: 0),
            deadline: room == .queue ? Date(timeIntervalSince1970: 30) : nil
        )
        // Who is to be held talks already.
        place = room == .queue ? .nowhere : .talking
        run([.enterRoom])
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    // MARK: The switchboard's side

    /// What the actor does with an event.
    mutating func take(_ event: WaitingCall.Event) {
        var events = [event]
        while !events.isEmpty {
            guard let step = call.handle(events.removeFirst()) else { continue }
            let wasOver = call.isOver
            call.phase = step.phase
            if call.isOver, !wasOver { ends += 1 }
            events += perform(step.effects)
        }
    }

    mutating func run(_ effects: [WaitingCall.Effect]) {
        for event in perform(effects) { take(event) }
    }

    private mutating func perform(_ effects: [WaitingCall.Effect]) -> [WaitingCall.Event] {
        var outcomes: [WaitingCall.Event] = []
        for effect in effects {
            // The world goes on between two effects.
            if chance(5) { happen() }
            guard let outcome = perform(effect) else { continue }
            // Asterisk could not be asked: the call is looked at again later.
            if chance(3) { isLookDue = true } else { outcomes.append(outcome) }
        }
        return outcomes
    }

    private mutating func perform(_ effect: WaitingCall.Effect) -> WaitingCall.Event? {
        switch effect {
        case .enterRoom:
            guard isCallerThere, place != .dialplan else { return .callerGone }
            if chance(3) { return .entryRefused }
            place = .room
            return .entered
        case .callOperator(let taker):
            if chance(10) { return .operatorRefused }
            legs[taker.channel] = .ringing
            return .operatorCalled
        case .hangUpOperator(let taker): return hangUp(taker.channel)
        case .connect(let taker):
            guard isCallerThere, place != .dialplan else { return .callerGone }
            guard legs[taker.channel] != nil else { return .operatorGone }
            claimed.insert(taker.bridge)
            if chance(3) { return .connectRefused }
            place = .talking
            partner = taker
            legs[taker.channel] = .talking
            return .connected
        case .releaseBridge(let taker):
            claimed.remove(taker.bridge)
            cleanUp()
            return nil
        case .discardBridge(let taker):
            claimed.remove(taker.bridge)
            if place == .talking, partner == taker, legs[taker.channel] != .talking { place = .nowhere }
            return nil
        case .sendOn:
            guard isCallerThere else { return .callerGone }
            place = .dialplan
            return .sentOn
        case .watchDeadline, .forgetDeadline: return nil
        }
    }

    private mutating func hangUp(_ leg: ChannelID) -> WaitingCall.Event? {
        if legs.removeValue(forKey: leg) != nil { feed.append((leg, .operatorGone)) }
        cleanUp()
        return nil
    }

    /// Whoever is left alone in a bridge that nobody claims is hung up.
    mutating func cleanUp() {
        guard let partner, !claimed.contains(partner.bridge) else { return }
        let isCallerIn = isCallerThere && place == .talking
        if isCallerIn, legs[partner.channel] == nil { loseCaller() }
        if !isCallerIn, legs[partner.channel] == .talking, legs.removeValue(forKey: partner.channel) != nil {
            feed.append((partner.channel, .operatorGone))
        }
    }

    // MARK: What happens by itself

    mutating func happen() {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: loseCaller()
        case 1, 2:
            guard let leg = legs.first(where: { $0.value == .ringing })?.key else { return }
            legs[leg] = .answered
            feed.append((leg, .operatorAnswered))
        case 3, 4:
            guard let leg = legs.keys.sorted(by: { $0.rawValue < $1.rawValue }).first else { return }
            legs[leg] = nil
            feed.append((leg, .operatorGone))
            // StasisEnd and ChannelDestroyed are two events.
            if chance(50) { feed.append((leg, .operatorGone)) }
            cleanUp()
        default: deliver()
        }
    }

    mutating func loseCaller() {
        guard isCallerThere else { return }
        isCallerThere = false
        if place == .talking { place = .nowhere }
        feed.append((call.id, .callerGone))
        if chance(50) { feed.append((call.id, .callerGone)) }
        cleanUp()
    }

    /// A client or a timer does something.
    mutating func ask(_ number: Int) {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: take(.deadlinePassed)
        case 1 where chance(10): take(chance(50) ? .takenAway : .switchboardGone)
        default:
            take(
                .answerRequested(
                    WaitingCall.Operator(
                        channel: ChannelID("leg-\(number)"),
                        bridge: BridgeID("bridge-\(number)"),
                        endpoint: "PJSIP/alice",
                        user: UserID("u1")
                    )
                )
            )
        }
    }

    /// The feed delivers its next event, as the actor takes it: what concerns a leg that nobody waits for ends that leg.
    mutating func deliver() {
        guard !feed.isEmpty else { return isLookDue ? look() : () }
        let (channel, event) = feed.removeFirst()
        if channel == call.id { return take(event) }
        if call.phase.operator?.channel == channel { return take(event) }
        if event == .operatorAnswered, legs[channel] == .answered { _ = hangUp(channel) }
    }

    /// We die, or the feed breaks: what was not delivered is lost, then Asterisk is looked at.
    mutating func gap() {
        feed = []
        look()
    }

    mutating func look() {
        isLookDue = false
        let isOurs = isCallerThere && place != .dialplan
        take(isOurs ? .recovered(sighting) : .callerGone)
        // Legs that are not the call's are hung up by recovery.
        for leg in legs.keys where legs[leg] != .talking && call.phase.operator?.channel != leg { _ = hangUp(leg) }
    }

    private var sighting: WaitingCall.Sighting {
        let leg = call.phase.operator.flatMap { legs[$0.channel] }
        return WaitingCall.Sighting(
            isInRoom: place == .room,
            leg: leg == nil ? .absent : leg == .ringing ? .ringing : .answered,
            isConnected: place == .talking && leg == .talking
        )
    }

    mutating func settle() {
        while !feed.isEmpty || isLookDue { deliver() }
    }
}

extension WaitingCall {
    fileprivate var isOver: Bool {
        if case .ended = phase { return true }
        return false
    }
}

@Suite("Waiting call: any order of events", .timeLimit(.minutes(30)))
struct WaitingCallPropertyTests {
    /// 100,000 orders in `make soak`, fewer in every run.
    private static let orders: UInt64 = ProcessInfo.processInfo.environment["TANDEM_SOAK"] == nil ? 4_000 : 100_000

    @Test(
        "nobody is left in limbo, no phone rings for nobody, and each stay ends once",
        arguments: WaitingCall.Room.allCases
    )
    func orders(room: WaitingCall.Room) {
        for seed in 0..<Self.orders {
            var world = World(seed: seed, room: room)
            for step in 0..<Int.random(in: 1..<30, using: &world.generator) {
                switch Int.random(in: 0..<10, using: &world.generator) {
                case 0, 1: world.ask(step)
                case 2 where world.chance(30): world.gap()
                default: world.happen()
                }
            }
            world.settle()
            world.look()
            world.settle()
            check(world, "\(room), seed \(seed), quiet")
            world.loseCaller()
            world.settle()
            world.look()
            world.settle()
            #expect(world.call.isOver && world.ends == 1, "\(room), seed \(seed), all gone: \(world.call.phase)")
            #expect(world.legs.isEmpty, "\(room), seed \(seed), all gone: \(world.legs)")
        }
    }

    private func check(_ world: World, _ what: String) {
        let ringing = world.legs.filter { $0.value != .talking }.keys
        #expect(ringing.allSatisfy { $0 == world.call.phase.operator?.channel }, "\(what): a phone rings for nobody")
        guard world.isCallerThere else {
            #expect(world.call.isOver, "\(what): gone, and still \(world.call.phase.name)")
            return
        }
        switch world.call.phase {
        case .waiting, .calling, .ringing: #expect(world.place == .room, "\(what): \(world.call.phase.name), not there")
        case .ended(.connected):
            let leg = world.partner.flatMap { world.legs[$0.channel] }
            #expect(world.place == .talking && leg == .talking, "\(what): connected with nobody")
        case .ended(.sentOn): #expect(world.place == .dialplan, "\(what)")
        case .ended(.callerGone): #expect(world.place == .dialplan, "\(what): taken for gone")
        case .ended(.moved), .ended(.refused): break
        default: Issue.record("\(what): in limbo as \(world.call.phase.name)")
        }
    }
}
