import FastAGI

extension AGISession {
    /// Sets a truth value as `1` or `0`.
    func setVariable(_ name: String, flag: Bool) async throws {
        try await setVariable(name, flag ? "1" : "0")
    }

    /// Sets a time limit in seconds; none, as the empty string, when it is not positive.
    func setVariable(_ name: String, seconds: Int) async throws {
        try await setVariable(name, seconds > 0 ? String(seconds) : "")
    }
}
