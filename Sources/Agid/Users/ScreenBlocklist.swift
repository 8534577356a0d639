import Core
import Directory
import FastAGI
import Logging

/// `screen_blocklist`: whether the callee blocked the caller's number (contract 41). A call is let through
/// when that cannot be found out.
struct ScreenBlocklist: AGIHandler {
    let name = "screen_blocklist"
    let users: any DialplanUserDirectory
    let blocklist: any BlocklistDirectory
    let numbers: any PhoneNumberReading

    func run(_ session: AGISession) async throws {
        guard let uuid = session.arguments.first, !uuid.isEmpty else {
            session.logger.warning("screen_blocklist without a user")
            return
        }
        _ = try await BestEffort.run(name, session) {
            let caller = try await session.getVariable("CALLERID(num)")
            if caller.isEmpty { return }
            guard let user = try await users.dialplanUser(uuid: UserID(uuid)) else {
                throw HandlerFault("Unknown user '\(uuid)'")
            }
            guard let number = interpreted(caller, country: user.country) else {
                session.logger.warning("caller's number cannot be read", metadata: ["number": "\(caller)"])
                return
            }
            let found = try await blocklist.blockedNumber(number, user: user.uuid, tenant: user.tenant)
            if let found { try await session.setVariable("WAZO_BLOCKED_NUMBER_UUID", found) }
        }
    }

    /// In the user's country, else as an international number, else, without a country, as a French one.
    private func interpreted(_ number: String, country: String?) -> String? {
        numbers.e164(number, country: country) ?? numbers.e164("+" + number, country: country)
            ?? (country == nil ? numbers.e164(number, country: "FR") : nil)
    }
}
