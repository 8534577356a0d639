import Core
import Directory
import FastAGI

/// `switchboard_set_features`: timeout and fallback of a switchboard, just before the call enters its
/// queue (contract 41).
///
/// A switchboard of another tenant than the channel's is as unknown as one that does not exist
/// (contract 43 §7.4).
struct SwitchboardSetFeatures: AGIHandler {
    let name = "switchboard_set_features"
    let switchboards: any SwitchboardFeaturesDirectory

    func run(_ session: AGISession) async throws {
        guard let id = session.arguments.first, !id.isEmpty else {
            throw DialplanBreak("Missing switchboard uuid")
        }
        let tenant = try await session.getVariable("WAZO_TENANT_UUID")
        guard let switchboard = try await switchboards.switchboardFeatures(id),
            tenant.isEmpty || switchboard.tenant == TenantID(tenant)
        else { throw DialplanBreak("Unknown switchboard '\(id)'") }

        // One switchboard may fall back to another: what the first one left must not stay.
        let prefix = "WAZO_SWITCHBOARD_FALLBACK_NOANSWER"
        for suffix in ["ACTION", "ACTIONARG1", "ACTIONARG2"] {
            try await session.setVariable("\(prefix)_\(suffix)", "")
        }
        if let fallback = switchboard.noAnswer {
            try await session.setVariable("\(prefix)_ACTION", fallback.action)
            try await session.setVariable("\(prefix)_ACTIONARG1", column: fallback.argument1)
            try await session.setVariable("\(prefix)_ACTIONARG2", column: fallback.argument2)
        }
        try await session.setVariable(
            "WAZO_SWITCHBOARD_TIMEOUT",
            column: switchboard.timeout.map(String.init)
        )
    }
}
