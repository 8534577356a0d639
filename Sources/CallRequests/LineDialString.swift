public import Directory
public import Telephony

extension LineRecord.Endpoint {
    /// What is dialled to ring the line (contract 00 §5.6); `nil` for a name that cannot stand in a dial string.
    public var dialString: DialString? {
        switch self {
        case .sip(let name): .pjsip(name)
        case .sccp(let name): .sccp(name)
        case .custom(let interface): .configured(interface)
        }
    }

    /// What is dialled so that the phone answers by itself (contract 00 §5.6, contract 20 §5.3).
    public var answeringDialString: DialString? {
        switch self {
        case .sccp(let name): .sccp(name, options: "autoanswer")
        case .sip, .custom: dialString
        }
    }
}
