import Core
import FastAGI

/// `in_callerid`: gives a caller's number the form in which it can be dialled back (contract 41).
struct InCallerID: AGIHandler {
    let name = "in_callerid"
    let rules: InCallerIDRuleFile

    func run(_ session: AGISession) async throws {
        _ = try await BestEffort.run(name, session) {
            let caller = session.environment["agi_callerid"]
            for rule in rules.rules {
                guard let number = rule.rewritten(caller) else { continue }
                // A pattern is anchored at its start only: what follows the digits could end the quoted name early.
                if session.environment["agi_calleridname"] == caller {
                    try await session.setVariable(
                        "CALLERID(all)",
                        "\"\(number.without("\"\\"))\" <\(number.without("<>"))>"
                    )
                } else {
                    try await session.setVariable("CALLERID(num)", number)
                }
                return
            }
        }
    }
}
