import CallControl
import Core
import Logging
import Telephony

/// How calls come into our Stasis application (contract 23 §2.1): by a move when they are in Stasis, by a redirect of the
/// manager when the dialplan has them. What is set on them is read by the dialplan and by nobody here.
extension AdhocConferenceWork {
    static let idVariable = "WAZO_ADHOC_CONFERENCE_ID"
    static let hostVariable = "WAZO_IS_ADHOC_CONFERENCE_HOST"
    static let exten = "adhoc_conference"

    private enum Bringing {
        /// They are on their way, except for those that are gone.
        case done(gone: [ChannelID])
        /// Asterisk will not; these stayed where they are.
        case refused([ChannelID], Failure)
    }

    func bring(_ wanted: [ChannelID], into conference: AdhocConference) async throws -> Outcome {
        var groups = conference.groups(of: wanted)
        var gone: [ChannelID] = []
        while !groups.isEmpty {
            let group = groups.removeFirst()
            let bringing =
                group.contains(conference.host)
                ? try await bringHost(with: group, into: conference) : try await bringTogether(group, into: conference)
            switch bringing {
            case .done(let missing): gone += missing
            case .refused(let left, let failure):
                return .failed(.notBrought(gone + left + groups.flatMap { $0 }), failure)
            }
        }
        return Self.outcome(of: wanted, gone: gone, in: conference)
    }

    /// A client is told when nothing can come of his request; of several calls the others go on.
    private static func outcome(of wanted: [ChannelID], gone: [ChannelID], in conference: AdhocConference) -> Outcome {
        if gone.isEmpty { return .done }
        if gone.contains(conference.host) { return .failed(.notBrought(gone), .hostCallHungUp) }
        if wanted.count == 1, let only = wanted.first {
            return .failed(.notBrought(gone), .participantCallNotFound(only))
        }
        if conference.members.count - gone.count < 2 { return .failed(.notBrought(gone), .participantCallHungUp) }
        return .happened(.notBrought(gone))
    }

    /// The host and his peer go at once. Nothing is moved when one of them is missing and nobody else is there.
    private func bringHost(with group: [ChannelID], into conference: AdhocConference) async throws -> Bringing {
        var living: [ChannelID] = []
        for channel in group where try await ports.channels.channel(channel) != nil { living.append(channel) }
        guard living.contains(conference.host) else {
            return .refused(group, .hostCallHungUp)
        }
        if living.count < group.count, conference.members.count <= 2 {
            return .refused(group, .participantCallHungUp)
        }
        let missing = group.filter { !living.contains($0) }
        switch try await bringTogether(living, into: conference) {
        case .done(let gone): return .done(gone: gone + missing)
        case .refused(let left, let failure): return .refused(left + missing, failure)
        }
    }

    private func bringTogether(_ group: [ChannelID], into conference: AdhocConference) async throws -> Bringing {
        var moving: [ChannelID] = []
        var redirected: [ChannelID] = []
        var gone: [ChannelID] = []
        for channel in group {
            do {
                if try await prepare(channel, for: conference) {
                    moving.append(channel)
                } else {
                    redirected.append(channel)
                }
            } catch TelephonyFailure.notFound {
                gone.append(channel)
            } catch let failure as ManagerFailure {
                return .refused(group, ports.managerFailures.failure(for: failure))
            }
        }
        // Of a pair of both kinds the one in the dialplan goes first: alone it would be hung up there, while the other
        // one's bridge is claimed.
        if let failure = try await redirect(redirected) {
            let missing = try await missing(of: redirected)
            if missing.count < redirected.count { return .refused(gone + redirected + moving, failure) }
            gone += missing
        }
        for (index, channel) in moving.enumerated() {
            do {
                try await ports.channels.move(channel, to: AdhocConferences.application, arguments: [conference.id])
            } catch TelephonyFailure.notFound {
                gone.append(channel)
            } catch let failure as TelephonyFailure where failure.answer != nil {
                return .refused(gone + moving[index...], ports.failures.failure(for: failure))
            }
        }
        for channel in group where !gone.contains(channel) { try await discardLeg(of: channel, conference) }
        return .done(gone: gone)
    }

    /// One channel, or two at once.
    /// - Returns: Why the manager will not.
    /// - Throws: `ManagerFailure` when it may have done it.
    private func redirect(_ channels: [ChannelID]) async throws -> Failure? {
        guard let first = channels.first else { return nil }
        do {
            try await ports.capture.redirect(first, with: channels.dropFirst().first, to: Self.exten)
            return nil
        } catch let failure as ManagerFailure {
            if case .timedOut = failure { throw failure }
            return ports.managerFailures.failure(for: failure)
        }
    }

    /// - Returns: Whether the channel is in Stasis.
    /// - Throws: `TelephonyFailure`, `.notFound` when it is gone; `ManagerFailure` when its variables cannot be set.
    private func prepare(_ channel: ChannelID, for conference: AdhocConference) async throws -> Bool {
        let isHost = channel == conference.host ? "true" : "false"
        guard try await presence.isInStasis(channel) else {
            do {
                try await ports.capture.setVariables(
                    [Self.hostVariable: isHost, Self.idVariable: conference.id],
                    of: channel
                )
            } catch TelephonyFailure.unreachable(let text) {
                // ARI has just answered: it is the manager who does not.
                throw ManagerFailure.unreachable(text)
            }
            return false
        }
        try await ports.capture.setVariables([Self.hostVariable: isHost], of: channel)
        return true
    }

    private func missing(of channels: [ChannelID]) async throws -> [ChannelID] {
        var missing: [ChannelID] = []
        for channel in channels where try await ports.channels.channel(channel) == nil { missing.append(channel) }
        return missing
    }

    /// The host's leg to a participant has nobody to talk with any more.
    private func discardLeg(of channel: ChannelID, _ conference: AdhocConference) async throws {
        guard let leg = conference.member(channel)?.discarded else { return }
        do {
            try await ports.channels.hangUp(leg)
        } catch TelephonyFailure.notFound {
            // The dialplan, or the host, was quicker.
        }
    }
}

extension AdhocConference {
    /// What is brought together: the host with his peer, everybody else alone.
    func groups(of wanted: [ChannelID]) -> [[ChannelID]] {
        // The peer comes first in the manager's action (contract 23 §2.1).
        let pair = [peer, host].filter(wanted.contains)
        return (pair.isEmpty ? [] : [pair]) + wanted.filter { $0 != host && $0 != peer }.map { [$0] }
    }
}
