import Core
import FastAGI

/// `get_user_interfaces`: all phones of a user, for those who call him by his uuid (contract 41).
struct GetUserInterfaces: AGIHandler {
    let name = "get_user_interfaces"
    let interfaces: InterfaceFinder

    func run(_ session: AGISession) async throws {
        guard let uuid = session.arguments.first, !uuid.isEmpty else { throw HandlerFault("Missing user uuid") }
        let hint = try await session.getVariable("HINT(\(uuid)@usersharedlines)")
        if hint.isEmpty { throw HandlerFault("No hint for user '\(uuid)'") }
        var found: [String] = []
        // Presence states in the hint, such as Custom:…, have no slash.
        for item in hint.parts(separatedBy: "&") where item.holds(anyOf: "/") {
            if let endpoint = item.suffix(after: "PJSIP/") {
                found.append(try await interfaces.sip(endpoint, of: UserID(uuid), session))
            } else {
                found.append(item)
            }
        }
        try await session.setVariable("WAZO_USER_INTERFACES", found.joined(separator: "&"))
    }
}
