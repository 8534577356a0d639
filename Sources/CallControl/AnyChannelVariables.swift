public import Telephony

/// Sets variables of any channel on every kind of Asterisk: first through ARI, where the platform's patch takes
/// channels outside Stasis too (contract 00 §7.2), and where stock Asterisk refuses that, through the manager interface.
public struct AnyChannelVariables: AnyChannelVariableSetting {
    private let first: any AnyChannelVariableSetting
    private let second: any AnyChannelVariableSetting

    /// - Parameters:
    ///   - first: As a rule ARI.
    ///   - second: Asked when the first answers 409; as a rule ``ManagerVariables``.
    public init(_ first: any AnyChannelVariableSetting, else second: any AnyChannelVariableSetting) {
        self.first = first
        self.second = second
    }

    /// Sets a variable.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    public func setVariable(_ name: String, to value: String, ofAny id: ChannelID) async throws {
        do {
            try await first.setVariable(name, to: value, ofAny: id)
        } catch TelephonyFailure.conflict {
            try await second.setVariable(name, to: value, ofAny: id)
        }
    }
}

/// Sets variables of any channel through the manager interface (`Setvar`).
public struct ManagerVariables: AnyChannelVariableSetting {
    private let manager: any ManagerControlling

    /// - Parameter manager: The manager interface, by whichever way.
    public init(_ manager: any ManagerControlling) { self.manager = manager }

    /// Sets a variable.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone; `CancellationError`.
    public func setVariable(_ name: String, to value: String, ofAny id: ChannelID) async throws {
        do {
            try await manager.setVariable(name, to: value, onChannel: id.rawValue)
        } catch let failure as ManagerFailure {
            throw Self.telephony(failure)
        }
    }

    private static func telephony(_ failure: ManagerFailure) -> TelephonyFailure {
        switch failure {
        case .refused("No such channel", _): .notFound("No such channel")
        case .refused, .malformed: .internalError(failure.description)
        case .unsendable: .invalid(failure.description)
        case .unreachable, .timedOut: .unreachable(failure.description)
        }
    }
}
