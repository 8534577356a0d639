import Core
import FastAGI

/// `ignore_b_option`: takes a subroutine's own `b(…)` out of the options of `Dial`, where it would hide ours
/// (contract 41 §6).
struct IgnoreBOption: AGIHandler {
    let name = "ignore_b_option"

    func run(_ session: AGISession) async throws {
        _ = try await BestEffort.run(name, session) {
            let options = try await session.getVariable("WAZO_CALLOPTIONS")
            guard let (rest, option) = Self.removed(from: options) else { return }
            try await session.setVariable("WAZO_CALLOPTIONS", rest)
            try await session.verbose("The option \(option) of WAZO_CALLOPTIONS is ignored")
            try await session.verbose("Use a pre-dial hook of the dialplan instead")
        }
    }

    /// The options without the first `b(…)`, and that one; `nil` when there is none. What stands in the
    /// parentheses of other options is theirs.
    static func removed(from options: String) -> (rest: String, option: String)? {
        let options = options.unicodeScalars
        var start = options.startIndex
        while start < options.endIndex {
            let letter = options[start]
            var end = options.index(after: start)
            if end < options.endIndex, options[end] == "(" {
                guard let closing = options[end...].firstIndex(of: ")" as Unicode.Scalar) else { return nil }
                end = options.index(after: closing)
                if letter == "b" {
                    let rest = String(scalars: options[..<start]) + String(scalars: options[end...])
                    return (rest, String(scalars: options[start..<end]))
                }
            }
            start = end
        }
        return nil
    }
}
