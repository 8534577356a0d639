/// Sets variables on channels that need not be in Stasis (contract 00 §7.2).
public protocol AnyChannelVariableSetting: Sendable {
    /// Sets a channel variable or function; an empty value unsets it.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    func setVariable(_ name: String, to value: String, ofAny id: ChannelID) async throws
}

/// Several variables of a channel in one request where Asterisk can (22.10).
public protocol BulkVariableAccess: Sendable {
    /// Values by name; what is unset, or cannot be read, is absent. One request when all are set; Asterisk refuses the
    /// whole when one is not, and then, as for names with a comma, each is read by itself.
    /// - Throws: `TelephonyFailure`.
    func variables(_ names: [String], of id: ChannelID) async throws -> [String: String]
    /// Sets several variables, functions too, in one request; earlier versions have none and answer 404.
    /// - Throws: `TelephonyFailure`, `.conflict` when the channel is not in Stasis.
    func setVariables(_ variables: [String: String], of id: ChannelID) async throws
}

/// Variables of Asterisk itself; a restart clears them (contract 00 §7.5).
public protocol GlobalVariableAccess: Sendable {
    /// A global variable or a function without a channel; `nil` when it is unset or empty.
    /// - Throws: `TelephonyFailure`.
    func globalVariable(_ name: String) async throws -> String?
    /// Sets a global variable or a function without a channel.
    /// - Throws: `TelephonyFailure`.
    func setGlobalVariable(_ name: String, to value: String) async throws
}
