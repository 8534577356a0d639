import CallControl
import Core
import Events
import Foundation
import Logging
import Telephony

/// What a conference does in Asterisk. How calls are brought is in `AdhocConferenceWork+Bringing`.
struct AdhocConferenceWork: AggregateWork {
    typealias Machine = AdhocConference
    typealias Outcome = EffectOutcome<AdhocConference.Event>

    let ports: AdhocConferencePorts
    let parties: CallParties
    let presence: StasisPresence

    init(ports: AdhocConferencePorts) {
        self.ports = ports
        parties = CallParties(channels: ports.channels, bridges: ports.bridges)
        presence = StasisPresence(channels: ports.channels)
    }

    func perform(_ effect: AdhocConference.Effect, of conference: AdhocConference) async -> Outcome {
        do {
            switch effect {
            case .bring(let channels): return try await bring(channels, into: conference)
            case .admit(let channel, let person): return try await admit(channel, person, to: conference)
            case .greet(let channel, let person): return try await greet(channel, person, in: conference)
            case .showConference(let host): try await showConference(on: host)
            case .hangUp(let channel): return try await hangUp(channel)
            case .letGo(let channel): return try await letGo(channel, of: conference)
            case .listen: await listen(to: conference.bridge)
            case .dissolve: return try await dissolve(conference.bridge)
            }
            return .done
        } catch {
            return .unknown("\(error)")
        }
    }

    // MARK: In the bridge

    /// Contract 23 §2.2. One that is there already is not put there again: it would leave first.
    private func admit(
        _ channel: ChannelID,
        _ known: AdhocConference.Person?,
        to conference: AdhocConference
    ) async throws -> Outcome {
        do {
            guard let person = try await person(of: channel, known) else {
                return .happened(try await look(at: conference))
            }
            let bridge = try await ports.bridges.bridge(conference.bridge)
            if bridge == nil {
                try await ports.bridges.createBridge(conference.bridge, kind: .mixing)
                await listen(to: conference.bridge)
            }
            if bridge?.channels.contains(channel) != true {
                try await ports.bridges.add(
                    [channel],
                    to: conference.bridge,
                    as: BridgeEntry(inhibitsConnectedLineUpdates: true)
                )
            }
            return .happened(.entered(channel, person))
        } catch let failure as TelephonyFailure where failure.answer != nil {
            // As a rule the channel is gone, or somebody else has taken it out of Stasis since.
            return try await refused(channel, by: failure)
        }
    }

    /// One that is not there yet comes with the event of its entry.
    private func greet(
        _ channel: ChannelID,
        _ known: AdhocConference.Person?,
        in conference: AdhocConference
    ) async throws -> Outcome {
        guard let person = try await person(of: channel, known) else {
            // It may have had a successor of its own, whom only a look finds.
            return .happened(try await look(at: conference))
        }
        let isThere = try await ports.bridges.bridge(conference.bridge)?.channels.contains(channel) == true
        return isThere ? .happened(.entered(channel, person)) : .done
    }

    /// One that is still in Stasis is in our hands: then it was the bridge, and another look helps.
    private func refused(_ channel: ChannelID, by failure: TelephonyFailure) async throws -> Outcome {
        var isOurs = false
        do { isOurs = try await presence.isInStasis(channel) } catch TelephonyFailure.notFound {}
        if isOurs { throw failure }
        return .happened(.gone(channel))
    }

    /// Whose a channel is; `nil` when it is gone.
    private func person(of channel: ChannelID, _ known: AdhocConference.Person?) async throws
        -> AdhocConference.Person?
    {
        if let known { return known }
        guard let snapshot = try await ports.channels.channel(channel) else { return nil }
        do {
            return AdhocConference.Person(
                user: try await parties.user(of: snapshot),
                tenant: try await parties.tenant(of: snapshot)
            )
        } catch TelephonyFailure.notFound {
            return nil
        }
    }

    /// Contract 23 §2.3. A display that shows nothing ends no conference.
    private func showConference(on host: ChannelID) async throws {
        do {
            guard let channel = try await ports.channels.channel(host) else { return }
            let number = channel.callerNumber
            try await ports.channels.setVariable(
                "CONNECTEDLINE(all)",
                to: number.isEmpty ? "\"Conference\"" : "\"Conference\" <\(number)>",
                of: host
            )
        } catch {
            ports.logger.warning("display not set", metadata: ["channel": "\(host)", "error": "\(error)"])
        }
    }

    /// The application hears of a bridge while a channel of its own is in it; with this also before and after.
    private func listen(to bridge: BridgeID) async {
        do {
            try await ports.subscriptions.subscribe(AdhocConferences.application, to: ["bridge:\(bridge)"])
        } catch {
            ports.logger.warning("not subscribed to a bridge", metadata: ["bridge": "\(bridge)", "error": "\(error)"])
        }
    }

    // MARK: Out of it

    private func hangUp(_ channel: ChannelID) async throws -> Outcome {
        do {
            try await ports.channels.hangUp(channel)
            return .done
        } catch TelephonyFailure.notFound {
            return .happened(.gone(channel))
        }
    }

    private func letGo(_ channel: ChannelID, of conference: AdhocConference) async throws -> Outcome {
        let isTalking = try await ports.bridges.bridges().contains {
            $0.kind == .mixing && $0.id != conference.bridge && $0.channels.count > 1 && $0.channels.contains(channel)
        }
        if !isTalking { _ = try await hangUp(channel) }
        return .happened(.letGo(channel))
    }

    private func dissolve(_ bridge: BridgeID) async throws -> Outcome {
        for channel in try await ports.bridges.bridge(bridge)?.channels ?? [] { _ = try await hangUp(channel) }
        try await ports.bridges.destroyBridge(bridge)
        return .happened(.dissolved)
    }

    // MARK: Telling and looking

    func messages(for notice: AdhocConference.Notice, of conference: AdhocConference, at time: Date) -> [BusMessage] {
        let events =
            switch notice {
            case .created: [BusEvents.created(conference)]
            case .deleted: [BusEvents.deleted(conference)]
            case .joined(let call, let tenant, let users):
                users.map { BusEvents.joined(call, tenant, of: conference, to: $0) }
            case .left(let call, let tenant, let users):
                users.map { BusEvents.left(call, tenant, of: conference, to: $0) }
            }
        return events.map { ports.envelope.message(for: $0, at: time) }
    }

    func look(at conference: AdhocConference) async throws -> AdhocConference.Event {
        let bridges = try await ports.bridges.bridges()
        // A channel's snapshot goes on naming the first application after a move (contract 44 §13 a); this list is true.
        let ours = Set(try await ports.subscriptions.application(AdhocConferences.application)?.channels ?? [])
        var places: [ChannelID: AdhocConference.Sighting.Place] = [:]
        for member in conference.members {
            let channel = member.channel
            if let bridge = bridges.first(where: { $0.channels.contains(channel) }) {
                let isComing = member.standing == .joining || member.standing == .entering
                places[channel] =
                    bridge.id == conference.bridge
                    ? .inBridge : isComing && ours.contains(channel) ? .waiting : .elsewhere
            } else if try await ports.channels.channel(channel) != nil {
                places[channel] = ours.contains(channel) ? .waiting : .elsewhere
            }
        }
        let bridge = bridges.first { $0.id == conference.bridge }
        return .looked(
            AdhocConference.Sighting(
                places: places,
                hasBridge: bridge != nil,
                strangers: bridge?.channels.filter { conference.member($0) == nil } ?? []
            )
        )
    }
}
