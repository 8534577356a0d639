import Core
import Directory
import FastAGI

extension AGISession {
    /// Writes a destination for `forward` in the order ACTION, ISDA, ACTIONARG1, ACTIONARG2
    /// (contract 41 §0 "Dial action").
    /// - Parameters:
    ///   - action: The row, `nil` when there is none.
    ///   - key: `CATEGORY_EVENT`, for instance `INCALL_ANSWER`.
    func setDialAction(_ action: DialAction?, key: String) async throws {
        let action = action ?? .none
        let prefix = "WAZO_FWD_\(key)"
        try await setVariable("\(prefix)_ACTION", action.action)
        try await setVariable("\(prefix)_ISDA", "1")
        let argument1 = action.argument1.map { $0.replacing(scalars: { $0 == "|" }, by: ";") }
        try await setVariable("\(prefix)_ACTIONARG1", column: argument1)
        try await setVariable("\(prefix)_ACTIONARG2", column: action.argument2)
    }
}
