public import Telephony

extension ChannelControlling {
    /// A channel variable by the rule "snapshot first" (contract 00 §7.4): a name that the snapshot lists
    /// costs no request, and an empty text there means that it is unset.
    /// - Throws: `TelephonyFailure`.
    public func variable(_ name: String, of channel: Channel) async throws -> String? {
        if let value = channel.variables[name] { return value.isEmpty ? nil : value }
        let value = try await variable(name, of: channel.id)
        return value?.isEmpty == true ? nil : value
    }
}

/// Channel variables that make phones answer by themselves (contract 20 §5.3).
public enum AutoAnswer {
    /// Headers of the INVITE, by the functions that add them.
    public static let variables = [
        "PJSIP_HEADER(add,Alert-Info)": "<http://wazo.community>;info=alert-autoanswer;delay=0;xivo-autoanswer",
        "PJSIP_HEADER(add,Answer-After)": "0",
        "PJSIP_HEADER(add,Answer-Mode)": "Auto",
        "PJSIP_HEADER(add,Call-Info)": ";answer-after=0",
        "PJSIP_HEADER(add,P-Auto-answer)": "normal",
    ]
}
