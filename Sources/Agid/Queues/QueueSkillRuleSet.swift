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
        let parts = text.parts(separatedBy: ";", most: 3, keepingEmpty: true)
        switch parts.count {
        case 3: (timeout, rule, json) = (parts[0], parts[1], parts[2])
        case 2: (rule, json) = (parts[0], parts[1])
        default: timeout = text
        }
    }

    /// `(k=v,…)` in the order in which they were given; `()` without variables. One that would change the form is left
    /// out.
    /// - Throws: `HandlerFault` when they are no JSON object.
    func variables() throws -> String {
        if json.isEmpty { return "()" }
        let text = json.replacing(scalars: { $0 == "|" }, by: ",")
        guard let body = try? JSONValue(parsing: Data(text.utf8)), let members = body.object else {
            throw HandlerFault("Variables of a skill rule are no JSON object: '\(text)'")
        }
        let pairs = Self.names(in: text).compactMap { name -> String? in
            guard let value = members[name].map(Self.text) else { return nil }
            return Self.fits(name) && !name.holds(anyOf: "=") && Self.fits(value) ? "\(name)=\(value)" : nil
        }
        return "(\(pairs.joined(separator: ",")))"
    }

    /// The names of an object's members as they are written, each once. The text is JSON: it was parsed before.
    private static func names(in text: String) -> [String] {
        let bytes = Array(text.utf8)
        var names: [String] = []
        var depth = 0
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let start = index
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                let next = bytes[Swift.min(index + 1, bytes.count)...].first { !" \t\r\n".utf8.contains($0) }
                if depth == 1, next == UInt8(ascii: ":"),
                    let name = (try? JSONValue(parsing: Data(bytes[start...index])))?.string, !names.contains(name)
                {
                    names.append(name)
                }
            default: break
            }
            index += 1
        }
        return names
    }

    /// As the field's rules of skills are written.
    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .bool(let flag): flag ? "True" : "False"
        case .null: "None"
        default: value.text
        }
    }

    private static func fits(_ text: String) -> Bool {
        !text.holds(anyOf: "(),;|\"") && !text.unicodeScalars.contains(where: \.isControl)
    }
}
