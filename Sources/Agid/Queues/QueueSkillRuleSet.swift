import Core
import Directory
import FastAGI
import Foundation

/// `queue_skill_rule_set`: which agents a call may reach, by their skills, and how long it waits (contract 41 §2).
/// The rule is for the platform's patched Queue; another Asterisk takes no notice.
struct QueueSkillRuleSet: AGIHandler {
    let name = "queue_skill_rule_set"
    let queues: any CallQueueDirectory

    func run(_ session: AGISession) async throws {
        try await BestEffort.handler(name, session) { try await serve(session) }
    }

    private func serve(_ session: AGISession) async throws {
        let argument = SkillRuleArgument(try await session.getVariable("ARG2"))
        var rule = try await session.getVariable("WAZO_QUEUESKILLRULESET")
        if !argument.rule.isEmpty {
            let found: String?? = try await BestEffort.run(name, session) { try await ruleSet(argument, session) }
            rule = (found ?? nil) ?? rule
        }
        try await session.setVariable("WAZO_QUEUESKILLRULESET", rule)
        try await session.setVariable("ARG2_TIMEOUT", argument.timeout)
    }

    /// `nil` when there is no such rule in the channel's tenant.
    private func ruleSet(_ argument: SkillRuleArgument, _ session: AGISession) async throws -> String? {
        guard let id = integer(argument.rule) else { throw HandlerFault("No id of a skill rule: '\(argument.rule)'") }
        let tenant = try await session.getVariable("WAZO_TENANT_UUID")
        guard let owner = try await queues.tenant(ofSkillRule: id), owner.admits(tenant) else { return nil }
        return "skillrule-\(id)" + (try argument.variables())
    }
}

/// The queue's second argument: `timeout`, `rule;variables` or `timeout;rule;variables`.
struct SkillRuleArgument: Hashable {
    var timeout = ""
    var rule = ""
    /// JSON with `|` for commas; empty: none.
    private var json = ""

    init(_ text: String) {
        let parts = text.split(separator: ";", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 3: (timeout, rule, json) = (parts[0], parts[1], parts[2])
        case 2: (rule, json) = (parts[0], parts[1])
        default: timeout = text
        }
    }

    /// `(k=v,…)` ordered by name; empty without variables. One that would change the form is left out.
    /// - Throws: `HandlerFault` when they are no JSON object.
    func variables() throws -> String {
        if json.isEmpty { return "" }
        let text = String(json.map { $0 == "|" ? "," : $0 })
        guard let body = try? JSONValue(parsing: Data(text.utf8)), let members = body.object else {
            throw HandlerFault("Variables of a skill rule are no JSON object: '\(text)'")
        }
        let pairs = members.sorted { $0.key < $1.key }.compactMap { name, value -> String? in
            let value = Self.text(value)
            return Self.fits(name) && !name.contains("=") && Self.fits(value) ? "\(name)=\(value)" : nil
        }
        return pairs.isEmpty ? "" : "(\(pairs.joined(separator: ",")))"
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .bool(let flag): flag ? "True" : "False"
        default: value.text
        }
    }

    private static func fits(_ text: String) -> Bool { !text.contains { "(),;|\"".contains($0) || $0.isNewline } }
}
