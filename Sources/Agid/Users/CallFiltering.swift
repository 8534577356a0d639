import Core
import Directory
import FastAGI

extension CallFilter {
    /// Whether calls of a zone, `intern` or `extern`, are filtered.
    func concerns(zone text: String) -> Bool {
        if isCallerSecretary || secretaries.isEmpty { return false }
        return switch zone {
        case .all: true
        case .internal: text == "intern"
        case .external: text == "extern"
        }
    }

    /// The order in which it rings: a boss who does not want to be disturbed is left out.
    func strategy(isBossAway: Bool) -> Strategy {
        guard isBossAway else { return strategy }
        return switch strategy {
        case .all, .bossFirstSimultaneous, .secretarySimultaneous: .secretarySimultaneous
        case .bossFirstSerial, .secretarySerial: .secretarySerial
        }
    }
}

extension AGISession {
    /// Writes a boss's filter for the dialplan (contract 41 "Call filter").
    /// - Parameter noAnswer: What happens when nobody answers; `nil` when there is no row.
    func setCallFilter(_ filter: CallFilter, boss: DialplanUser, noAnswer: DialAction?) async throws {
        let strategy = filter.strategy(isBossAway: boss.isDoNotDisturbEnabled)
        switch strategy {
        case .bossFirstSimultaneous, .bossFirstSerial, .all:
            try await setVariable("WAZO_CALLFILTER_BOSS_INTERFACE", Self.interface(boss.uuid))
            try await setVariable("WAZO_CALLFILTER_BOSS_TIMEOUT", seconds: filter.bossRingSeconds)
        case .secretarySerial, .secretarySimultaneous: break
        }
        switch strategy {
        case .bossFirstSerial, .secretarySerial:
            for (index, secretary) in filter.secretaries.enumerated() {
                let prefix = "WAZO_CALLFILTER_SECRETARY\(index)"
                try await setVariable("\(prefix)_INTERFACE", Self.interface(secretary.user))
                try await setVariable("\(prefix)_TIMEOUT", seconds: secretary.ringSeconds)
            }
        case .bossFirstSimultaneous, .secretarySimultaneous, .all:
            let interfaces = filter.secretaries.map { Self.interface($0.user) }
            try await setVariable("WAZO_CALLFILTER_INTERFACE", interfaces.joined(separator: "&"))
            try await setVariable("WAZO_CALLFILTER_TIMEOUT", seconds: filter.ringSeconds)
        }
        try await setDialAction(noAnswer, key: "CALLFILTER_NOANSWER")
        if let rule = filter.callerID { try await rewriteCallerID(rule, isForced: true) }
        try await setVariable("WAZO_CALLFILTER", "1")
        try await setVariable("WAZO_CALLFILTER_MODE", strategy.rawValue)
    }

    private static func interface(_ user: UserID) -> String { "Local/\(user)@usersharedlines" }
}
