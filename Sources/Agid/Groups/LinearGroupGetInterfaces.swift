import Core
import Directory
import FastAGI

/// `linear_group_get_interfaces`: who of a linear group can be called now, in order (contract 41 §2).
///
/// Users and numbers ring as their positions say (contract 41 §7 row 11).
struct LinearGroupGetInterfaces: AGIHandler {
    let name = "linear_group_get_interfaces"
    let groups: any CallGroupDirectory

    /// States of members who have no call.
    private static let free: Set = ["NOT_INUSE", "UNKNOWN"]

    func run(_ session: AGISession) async throws {
        let argument = session.arguments.first ?? ""
        let tenant = try await session.getVariable("WAZO_TENANT_UUID")
        guard let id = integer(argument), let group = try await groups.callGroupMembers(id),
            group.tenant.admits(tenant)
        else { throw HandlerFault("Unknown group '\(argument)'") }

        var places: [String] = []
        for member in group.members {
            guard let place = Self.place(of: member) else { continue }
            let hint = place.halves(at: "/")?.before ?? place
            let state = try await session.getVariable("EXTENSION_STATE(\(hint))")
            if group.ringsInUse || Self.free.contains(state) { places.append(place) }
        }
        try await session.setVariable("WAZO_GROUP_LINEAR_INTERFACE_COUNT", String(places.count))
        for (index, place) in places.enumerated() {
            try await session.setVariable("WAZO_GROUP_LINEAR_\(index)_INTERFACE", "Local/\(place)")
        }
    }

    /// What is dialled as `Local/`; `nil` for a user who does not want to be disturbed. A number may end with the
    /// options of a Local channel, for instance `/n`, which its hint has not.
    private static func place(of member: CallGroupMembers.Member) -> String? {
        switch member {
        case .user(_, isDoNotDisturbEnabled: true): nil
        case .user(let user, isDoNotDisturbEnabled: false): "\(user)@usersharedlines"
        case .number(let number): number
        }
    }
}
