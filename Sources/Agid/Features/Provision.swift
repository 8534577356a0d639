import Core
import Directory
import FastAGI

/// `provision`: somebody dialled the code of a line on a new phone, or the code that takes a line away
/// (contract 41 §5). The dialplan tells him by `WAZO_PROV_OK` how it ended.
struct Provision: AGIHandler {
    let name = "provision"
    let provisioning: (any PhoneProvisioning)?

    func run(_ session: AGISession) async throws {
        _ = try await BestEffort.run(name, session) {
            guard session.arguments.count >= 2, !session.arguments[0].isEmpty else {
                throw HandlerFault("takes a code and an address")
            }
            let code = session.arguments[0]
            let address = Self.host(session.arguments[1])
            if address.isEmpty { throw HandlerFault("the phone's address is missing") }
            guard let provisioning else { throw HandlerFault("there is no provisioning service") }
            if code == "autoprov" {
                try await provisioning.resetPhone(at: address)
            } else {
                try await provisioning.provisionPhone(at: address, code: code)
            }
            try await session.setVariable("WAZO_PROV_OK", "1")
        }
    }

    /// An address without its port. Addresses of version 6 have a port only behind brackets.
    static func host(_ text: String) -> String {
        if let inner = text.suffix(after: "[") { return inner.halves(at: "]")?.before ?? inner }
        let parts = text.parts(separatedBy: ":", keepingEmpty: true)
        return parts.count == 2 ? parts[0] : text
    }
}
