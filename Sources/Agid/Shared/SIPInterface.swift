import Core
import FastAGI
import Logging

/// How an endpoint is dialled, and whether its mobile application must be woken first (contract 41 §0
/// "SIP interface").
struct InterfaceFinder: Sendable {
    let mobiles: any MobileSessions

    /// The interface of a PJSIP endpoint of a user; several contacts are joined by `&`.
    func sip(_ endpoint: String, of user: UserID, _ session: AGISession) async throws -> String {
        if try await session.getVariable("PJSIP_ENDPOINT(\(endpoint),webrtc)") == "yes",
            try await !isMobileReachable(endpoint, session), try await hasMobile(user, session)
        {
            try await session.setVariable("WAZO_MOBILE_CONNECTION", "True")
            try await session.setVariable("WAZO_WAIT_FOR_MOBILE", "1")
            return "Local/\(endpoint)@wazo_wait_for_registration"
        }
        let contacts = try await session.getVariable("PJSIP_DIAL_CONTACTS(\(endpoint))")
        return contacts.isEmpty ? "PJSIP/\(endpoint)" : contacts
    }

    private func isMobileReachable(_ endpoint: String, _ session: AGISession) async throws -> Bool {
        let contacts = try await session.getVariable("PJSIP_AOR(\(endpoint),contact)")
        for contact in contacts.parts(separatedBy: ",") {
            guard try await session.getVariable("PJSIP_CONTACT(\(contact),mobility)") == "mobile" else { continue }
            if try await session.getVariable("PJSIP_CONTACT(\(contact),status)") == "Reachable" { return true }
        }
        return false
    }

    private func hasMobile(_ user: UserID, _ session: AGISession) async throws -> Bool {
        do {
            return try await mobiles.hasMobile(user)
        } catch let error as CancellationError {
            throw error
        } catch {
            session.logger.warning("mobile sessions not known", metadata: ["cause": "\(error)", "user": "\(user)"])
            try await session.verbose("Mobile sessions of user \(user) are not known")
            return false
        }
    }
}
