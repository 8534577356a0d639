import CallControl
import Core
import Foundation
import Telephony

@testable import AdhocConferences

/// What the conference's effects do to the stage, and what it shows.
extension ConferenceStage {
    mutating func perform(_ effect: AdhocConference.Effect) -> EffectOutcome<AdhocConference.Event> {
        // Asterisk is away: before it has done anything, or after it has.
        let isLost = !isCalm && chance(12)
        if isLost, chance(2) { return .unknown("away") }
        let outcome = carryOut(effect)
        return isLost ? .unknown("answer lost") : outcome
    }

    mutating func carryOut(_ effect: AdhocConference.Effect) -> EffectOutcome<AdhocConference.Event> {
        switch effect {
        case .bring(let channels): return bring(channels)
        case .admit(let channel, let person):
            guard let place = places[channel] else { return .happened(sighting()) }
            if case .talking = place { return .happened(.gone(channel)) }
            hasBridge = true
            places[channel] = .inside
            return .happened(.entered(channel, person ?? Cast.person(channel.rawValue)))
        case .greet(let channel, let person):
            guard let place = places[channel] else { return .happened(sighting()) }
            // Asterisk may not have come so far; then its event comes.
            if place != .inside || chance(2) {
                queue.append(.arrived(channel, person))
                return .done
            }
            return .happened(.entered(channel, person ?? Cast.person(channel.rawValue)))
        case .hangUp(let channel):
            guard places[channel] != nil else { return .happened(.gone(channel)) }
            hangUp(channel)
            return .done
        case .letGo(let channel):
            if !ignoresLetGo, places[channel] == .waiting || places[channel] == .inside { hangUp(channel) }
            return .happened(.letGo(channel))
        case .dissolve:
            hasBridge = false
            for channel in places.filter({ $0.value == .inside }).keys { hangUp(channel) }
            return .happened(.dissolved)
        case .showConference, .listen: return .done
        }
    }

    mutating func bring(_ wanted: [ChannelID]) -> EffectOutcome<AdhocConference.Event> {
        var missing: [ChannelID] = []
        var sources: Set<BridgeID> = []
        var groups = machine.groups(of: wanted)
        while !groups.isEmpty {
            if !isCalm, chance(10) {
                return .failed(.notBrought(missing + groups.flatMap { $0 }), nil)
            }
            for channel in groups.removeFirst() {
                guard let place = places[channel] else {
                    missing.append(channel)
                    continue
                }
                if case .talking(let bridge) = place { sources.insert(bridge) }
                places[channel] = .waiting
                queue.append(.arrived(channel, chance(2) ? nil : Cast.person(channel.rawValue)))
                if let leg = machine.member(channel)?.discarded { hangUp(leg) }
            }
            for bridge in sources { leaveAlone(in: bridge) }
        }
        return missing.isEmpty ? .done : .happened(.notBrought(missing))
    }

    mutating func look() {
        isLookDue = false
        if !machine.isEnded { feed(sighting()) }
    }

    func sighting() -> AdhocConference.Event {
        var seen: [ChannelID: AdhocConference.Sighting.Place] = [:]
        for channel in machine.channels {
            switch places[channel] {
            case nil: break
            case .inside: seen[channel] = .inBridge
            case .waiting: seen[channel] = .waiting
            case .talking: seen[channel] = .elsewhere
            }
        }
        let strangers = places.filter { $0.value == .inside && machine.member($0.key) == nil }.keys
        return .looked(
            AdhocConference.Sighting(
                places: seen,
                hasBridge: hasBridge,
                strangers: strangers.sorted { $0.rawValue < $1.rawValue }
            )
        )
    }
}
