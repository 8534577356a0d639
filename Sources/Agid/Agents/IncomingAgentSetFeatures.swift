import Directory
import FastAGI

/// `incoming_agent_set_features`: how a queue reaches an agent (contract 41 §2).
struct IncomingAgentSetFeatures: AGIHandler {
    let name = "incoming_agent_set_features"
    let agents: any AgentDirectory

    func run(_ session: AGISession) async throws {
        let argument = session.arguments.first ?? ""
        guard let id = integer(argument), let agent = try await agents.calledAgent(id) else {
            throw DialplanBreak("Agent '\(argument)' is not logged in")
        }
        try await session.setVariable("WAZO_AGENT_INTERFACE", agent.interface)
        try await session.setVariable("WAZO_AGENTPREPROCESS_SUBROUTINE", column: agent.preprocessSubroutine)
        let options = try await session.getVariable("WAZO_QUEUEOPTIONS")
        try await session.setVariable("WAZO_QUEUECALLOPTIONS", Self.options(ofDial: options))
    }

    /// The queue's options that application Dial has too, without those in parentheses.
    static func options(ofDial options: String) -> String {
        var depth = 0
        var kept = ""
        for scalar in options.unicodeScalars {
            switch scalar {
            case "(": depth += 1
            case ")": depth = max(0, depth - 1)
            case _ where depth == 0 && "hitwxk".unicodeScalars.contains(scalar): kept.unicodeScalars.append(scalar)
            default: continue
            }
        }
        return kept
    }
}
