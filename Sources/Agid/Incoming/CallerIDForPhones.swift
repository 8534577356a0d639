import Core
import Directory
import FastAGI
import Logging

/// `callerid_forphones`: looks the caller's name up in the address books (contract 41 §1).
///
/// Without a directory service nothing is asked and the caller keeps the name that came with the call.
struct CallerIDForPhones: AGIHandler {
    let name = "callerid_forphones"
    let names: CallerNames?
    let numbers: any PhoneNumberReading

    func run(_ session: AGISession) async throws {
        let number = session.environment["agi_callerid"]
        let shown = session.environment["agi_calleridname"]
        guard let names, !number.isEmpty, shown == "unknown" || isNumber(shown) else { return }
        do {
            try await lookUp(number, names, session)
        } catch let error as AGIError where error.endsSession {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch {
            session.logger.warning("caller's name not looked up", metadata: ["cause": "\(error)"])
            try await session.verbose("Reverse lookup failed: \(error)")
        }
    }

    private func lookUp(_ number: String, _ names: CallerNames, _ session: AGISession) async throws {
        let incall = try await session.getInteger("WAZO_INCALL_ID")
        let tenant = TenantID(try await session.getVariable("WAZO_TENANT_UUID"))
        let callee = try await names.callees.incallCallee(of: incall, tenant: tenant)
        let forms = forms(of: number, country: callee.country)
        guard let found = try await names.lookup.name(of: forms, for: callee.user, tenant: tenant) else { return }
        // They would end the quoted name, or the number.
        let name = found.keeping { !$0.isControl }.without("\"\\")
        let shownNumber = number.keeping { !$0.isControl }.without("\"\\<>")
        if !name.isEmpty { try await session.setCallerID("\"\(name)\" <\(shownNumber)>") }
    }

    /// How address books may write a number: as it came, and what its country adds; duplicates stay, address books
    /// answer by place (contract 41 §1).
    private func forms(of number: String, country: String?) -> [String] {
        guard let country, let forms = numbers.forms(number, country: country) else { return [number] }
        return [
            number, forms.international, forms.e164, forms.national, forms.fromCountry, forms.nationalDiallable,
        ]
    }

    /// Whether a text is a phone number, or would be one in some country.
    private func isNumber(_ text: String) -> Bool {
        isWrittenAsNumber(text) || numbers.read(text, country: nil) != .notANumber
    }

    /// Whether a text is written as phone numbers are: at least two digits, and marks that people put between them.
    private func isWrittenAsNumber(_ text: String) -> Bool {
        let digits = text.utf8.count { (0x30...0x39).contains($0) }
        let marks = text.utf8.dropFirst(text.begins(with: "+") ? 1 : 0)
        return digits >= 2 && marks.allSatisfy { (0x30...0x39).contains($0) || " -./()[]~*".utf8.contains($0) }
    }
}
