import FastAGI

extension AGISession {
    /// Sets the caller id from a text as administrators write it; one that does not parse changes nothing
    /// (contract 41 §0 "Caller-id set").
    func setCallerID(parsing text: String) async throws {
        guard let parsed = CallerIDParts(text), let name = parsed.name ?? parsed.number else { return }
        if let number = parsed.number {
            try await setVariable("CALLERID(all)", "\"\(name)\" <\(number)>")
        } else {
            try await setVariable("CALLERID(name)", name)
        }
    }
}
