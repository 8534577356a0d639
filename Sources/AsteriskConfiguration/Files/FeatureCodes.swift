/// Context `xivo-features`: star codes (contract 42 §2).
struct FeatureCodes {
    private let codes: [FeatureCode]

    init(_ codes: [FeatureCode]) {
        self.codes = codes.filter { $0.isEnabled && DialplanText.isExtension($0.exten) }.sorted(by: \.exten)
    }

    func section() -> ConfigurationSection {
        var context = DialplanContext("xivo-features")
        for code in codes {
            guard let action = Self.action(code) else { continue }
            context.add(code.exten, Self.steps(action))
        }
        // The code alone, without a destination.
        for (feature, kind) in [("fwdbusy", "busy"), ("fwdrna", "rna"), ("fwdunc", "unc")] {
            guard let code = codes.first(where: { $0.feature == feature }) else { continue }
            let bare = DialplanText.code(of: code.exten)
            guard !bare.isEmpty, bare != code.exten else { continue }
            context.add(bare, Self.steps("Gosub(feature_forward,s,1(\(kind)))"))
        }
        return context.section
    }

    private static func steps(_ action: String) -> [String] {
        ["Gosub(contextlib,features,1(${WAZO_TENANT_UUID},${CONTEXT},${EXTEN}))", action, "Hangup()"]
    }

    /// What a code does; `nil` for one that nothing serves.
    private static func action(_ code: FeatureCode) -> String? {
        let length = DialplanText.code(of: code.exten).count
        let rest = "${EXTEN:\(length)}"
        switch code.feature {
        case "paging", "bsfilter", "meetingjoin", "agentstaticlogtoggle", "agentstaticlogin", "agentstaticlogoff":
            return gosub(code.feature, rest)
        case "phonestatus", "fwdundoall", "enablednd", "callrecord", "incallfilter", "autoprov", "enablevm",
            "vmuserpurge", "vmusermsg":
            return gosub(code.feature)
        case "fwdunc": return gosub("feature_forward", "unc", rest)
        case "fwdrna": return gosub("feature_forward", "rna", rest)
        case "fwdbusy": return gosub("feature_forward", "busy", rest)
        case "directoryaccess": return "Directory(${CONTEXT})"
        case "groupmembertoggle": return gosub("group-member-toggle", rest)
        case "groupmemberjoin": return gosub("group-member-join", rest)
        case "groupmemberleave": return gosub("group-member-leave", rest)
        case "phoneprogfunckey": return gosub("phoneprogfunckey", "${EXTEN:0:\(length)}", rest)
        case "pickup": return gosub("wazo-pickup", rest, "${CONTEXT}")
        case "recsnd": return gosub("recsnd", "wav")
        case "enablevmslt": return gosub("enablevm", rest)
        case "vmuserpurgeslt": return gosub("vmuserpurge", rest)
        case "vmboxpurgeslt": return gosub("vmboxpurge", rest)
        case "vmuserslt": return gosub("vmuser", rest)
        case "vmboxslt": return gosub("vmbox", rest)
        case "vmboxmsgslt": return gosub("vmboxmsg", rest)
        default: return nil
        }
    }

    private static func gosub(_ context: String, _ arguments: String...) -> String {
        arguments.isEmpty ? "Gosub(\(context),s,1)" : "Gosub(\(context),s,1(\(arguments.joined(separator: ","))))"
    }
}
