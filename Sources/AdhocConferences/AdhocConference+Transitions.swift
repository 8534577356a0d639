import CallControl
import Core
import Foundation
import Telephony

extension AdhocConference {
    typealias Step = AggregateStep<AdhocConference>

    func handle(_ event: Event) -> Step? {
        if isEnded { return nil }
        switch event {
        case .requested: return requested()
        case .participantAdded(let member, let due, _): return added(member, due: due)
        case .removalRequested(let channel, _): return removal(of: channel)
        case .deletionRequested: return isOpen ? ending(Step(self)) : nil
        case .notBrought(let channels): return notBrought(channels)
        case .arrived(let channel, let person): return arrived(channel, person)
        case .entered(let channel, let person): return entered(channel, person)
        case .replaced(let channel, let successor, let person): return replaced(channel, by: successor, person)
        case .left(let channel): return left(channel)
        case .gone(let channel): return member(channel) == nil ? nil : without([channel])
        case .letGo(let channel): return member(channel)?.standing == .released ? without([channel]) : nil
        case .bridgeGone: return bridgeGone()
        case .dissolved: return dissolved()
        case .deadlinePassed: return deadlinePassed()
        case .looked(let sighting): return looked(sighting)
        }
    }

    // MARK: The host's requests

    private func requested() -> Step? {
        guard phase == .assembling, revision == 0 else { return nil }
        return Step(self, notices: [.created], effects: [.bring(members.map(\.channel))])
    }

    private func added(_ new: Member, due: Date) -> Step? {
        guard isOpen, member(new.channel) == nil else { return nil }
        var next = self
        next.members.append(new)
        next.dueAt = due
        return Step(next, effects: [.bring([new.channel])])
    }

    private func removal(of channel: ChannelID) -> Step? {
        guard isOpen, let standing = member(channel)?.standing, standing == .inside || standing == .leaving else {
            return nil
        }
        return Step(self.with(.leaving, channel), effects: [.hangUp(channel)])
    }

    // MARK: Calls that come

    /// What cannot be brought stays as it was: nobody has touched it.
    private func notBrought(_ channels: [ChannelID]) -> Step? {
        let missing = channels.filter { member($0)?.standing == .joining }
        return missing.isEmpty ? nil : without(missing)
    }

    private func arrived(_ channel: ChannelID, _ person: Person?) -> Step? {
        guard isOpen else {
            // Too late for everything: nobody is there to talk with.
            return member(channel)?.standing == .released
                ? Step(self, effects: [.letGo(channel)]) : Step(self, effects: [.hangUp(channel)])
        }
        switch member(channel)?.standing {
        case nil:
            // Given up, but it came all the same; or sent here by somebody else, who knows our id.
            var next = self
            next.members.append(Member(channel, standing: .entering))
            return Step(next, effects: [.admit(channel, person)])
        case .joining: return Step(with(.entering, channel), effects: [.admit(channel, person)])
        case .entering: return Step(self, effects: [.admit(channel, person)])
        case .released: return Step(self, effects: [.letGo(channel)])
        case .inside, .leaving: return nil
        }
    }

    /// Contract 23 §2.3: the host hears of everybody who is there, himself included, then everybody of the newcomer.
    private func entered(_ channel: ChannelID, _ person: Person) -> Step? {
        guard isOpen, let standing = member(channel)?.standing, standing == .entering || standing == .joining else {
            return nil
        }
        var step = Step(with(.inside, channel))
        guard let index = step.next.members.firstIndex(where: { $0.channel == channel }) else { return nil }
        step.next.members[index].person = person
        step.next.members[index].discarded = nil
        step.next.members[index].source = nil
        if channel == host, phase == .assembling {
            step.next.phase = .running
            for member in step.next.members where member.standing == .inside || member.standing == .leaving {
                step.notices.append(.joined(member.channel, member.person.tenant ?? tenant, to: [hostUser]))
            }
            step.effects.append(.showConference(channel))
        }
        step.notices.append(.joined(channel, person.tenant ?? tenant, to: step.next.usersInside))
        return step
    }

    /// Asterisk puts the successor into the bridge; putting it there too would make it leave first (contract 23 §5
    /// row 10).
    private func replaced(_ channel: ChannelID, by successor: ChannelID, _ person: Person?) -> Step? {
        guard let index = members.firstIndex(where: { $0.channel == channel }), member(successor) == nil else {
            return nil
        }
        let old = members[index]
        guard isOpen, old.standing == .inside || old.standing == .leaving || old.standing == .entering else {
            return nil
        }
        var step = Step(self)
        step.next.members[index] = Member(successor, standing: .entering)
        if channel == host { step.next.host = successor }
        if old.standing != .entering { step.notices.append(step.next.leftNotice(of: old)) }
        // Asterisk leaves a transferrer in Stasis, where nobody would serve him any more.
        step.effects += [.greet(successor, person), .letGo(channel)]
        return step
    }

    // MARK: Calls that go

    /// One that is still on its way leaves somebody else's hands, not ours.
    private func left(_ channel: ChannelID) -> Step? {
        switch member(channel)?.standing {
        case .inside, .leaving: without([channel])
        case .joining, .entering, .released, nil: nil
        }
    }

    /// The conference without these channels, and what follows for the others (contract 23 §2.4).
    private func without(_ channels: [ChannelID]) -> Step {
        var step = Step(self)
        for channel in channels {
            guard let index = step.next.members.firstIndex(where: { $0.channel == channel }) else { continue }
            let old = step.next.members.remove(at: index)
            if old.standing == .inside || old.standing == .leaving {
                step.notices.append(step.next.leftNotice(of: old))
            }
        }
        let staying = step.next.members.filter { $0.standing != .released }
        if phase == .ending || staying.count < 2 || step.next.member(host) == nil { return ending(step) }
        return step
    }

    private func leftNotice(of member: Member) -> Notice {
        let users = usersInside
        return .left(
            member.channel,
            member.person.tenant ?? tenant,
            to: users.contains(hostUser) ? users : users + [hostUser]
        )
    }

    /// Hangs up who was in the bridge, lets go who was not; when nobody is left the bridge goes.
    private func ending(_ given: Step) -> Step {
        var step = given
        step.next.phase = .ending
        for index in step.next.members.indices {
            let channel = step.next.members[index].channel
            switch step.next.members[index].standing {
            case .inside:
                step.next.members[index].standing = .leaving
                step.effects.append(.hangUp(channel))
            case .joining, .entering:
                step.next.members[index].standing = .released
                step.effects.append(.letGo(channel))
            // They were asked for already; one that did not go is found by a look.
            case .leaving, .released: break
            }
        }
        if step.next.members.isEmpty { step.effects.append(.dissolve) }
        return step
    }

    /// Who was in it has nobody to talk with.
    private func bridgeGone() -> Step? {
        isOpen && members.contains { $0.standing == .inside || $0.standing == .leaving } ? ending(Step(self)) : nil
    }

    private func dissolved() -> Step? {
        guard phase == .ending, members.isEmpty else { return nil }
        var next = self
        next.phase = .ended
        return Step(next, notices: [.deleted])
    }

    /// Without its host there is no conference; without others there may be.
    private func deadlinePassed() -> Step? {
        guard deadline != nil else { return nil }
        let late = members(.joining)
        if late.contains(where: { $0.channel == host }) { return ending(Step(self)) }
        var step = Step(self)
        for member in late {
            step.next = step.next.with(.released, member.channel)
            step.effects.append(.letGo(member.channel))
        }
        if step.next.members.filter({ $0.standing != .released }).count < 2 { return ending(step) }
        return step
    }

    // MARK: After a gap

    /// Does again what may not have been done, and takes note of what was missed.
    private func looked(_ seen: Sighting) -> Step? {
        let lost = members.filter { member in
            switch seen.places[member.channel] {
            case nil: true
            case .elsewhere: member.standing == .inside || member.standing == .leaving
            case .inBridge, .waiting: false
            }
        }
        var step = lost.isEmpty ? Step(self) : without(lost.map(\.channel))
        if seen.hasBridge, !step.next.members.isEmpty { step.effects.append(.listen) }
        var missing: [ChannelID] = []
        // Only those that had their standing before: what `without` decided is among the effects already.
        for member in members {
            guard let place = seen.places[member.channel], step.next.member(member.channel) == member else { continue }
            switch member.standing {
            case .joining where place == .elsewhere: missing.append(member.channel)
            case .joining, .entering:
                step.next = step.next.with(.entering, member.channel)
                step.effects.append(.admit(member.channel, nil))
            case .inside where place == .waiting, .leaving:
                // Who was thrown out of the bridge has nobody to talk with.
                step.next = step.next.with(.leaving, member.channel)
                step.effects.append(.hangUp(member.channel))
            case .released: step.effects.append(.letGo(member.channel))
            case .inside: break
            }
        }
        if !missing.isEmpty { step.effects.append(.bring(missing)) }
        for stranger in seen.strangers where step.next.isOpen && member(stranger) == nil {
            step.next.members.append(Member(stranger, standing: .entering))
            step.effects.append(.admit(stranger, nil))
        }
        if step.next.phase == .ending, step.next.members.isEmpty, !step.effects.contains(.dissolve) {
            step.effects.append(.dissolve)
        }
        return step == Step(self) ? nil : step
    }

    private func with(_ standing: Standing, _ channel: ChannelID) -> AdhocConference {
        var next = self
        if let index = members.firstIndex(where: { $0.channel == channel }) { next.members[index].standing = standing }
        return next
    }
}
