import Core

/// What a step of the dialplan names without a variable in it.
enum DialplanReference: Hashable {
    /// Another place; context and extension are empty where the step's own count.
    case place(context: String, exten: String, priority: String)
    /// A context, of which the rest is a variable.
    case context(String)
    /// A script of ours.
    case handler(String)
    case sound(String)
    case application(String)

    /// All that a step names.
    static func all(application: String, data: String) -> [DialplanReference] {
        var found = [DialplanReference.application(application)]
        switch application.lowercased() {
        case "goto", "gosub": found += destination(data)
        case "gotoif", "gosubif": found += branches(data).flatMap(destination)
        case "execif":
            for branch in branches(data) {
                guard let (name, data) = branch.halves(at: "("), data.ends(with: ")") else { continue }
                found += all(application: name, data: String(data.dropLast()))
            }
        case "agi":
            let uri = split(data, at: ",").first ?? ""
            if let path = uri.suffix(after: "agi://")?.halves(at: "/")?.behind {
                let script = path.halves(at: "?")?.before ?? path
                if isLiteral(script) { found.append(.handler(script)) }
            }
        case "playback", "background": found += sounds(split(data, at: ",").first ?? "")
        case "read": found += sounds(split(data, at: ",").dropFirst().first ?? "")
        case "set": if let chain = data.suffix(after: "TANDEM_PROMPT=") { found += sounds(chain) }
        default: break
        }
        return found
    }

    private static func isLiteral(_ text: String) -> Bool { !text.isEmpty && !text.holds("$") }

    private static func sounds(_ chain: String) -> [DialplanReference] {
        chain.parts(separatedBy: "&").filter(isLiteral).map { .sound($0) }
    }

    /// The part before the arguments in parentheses, as context, extension and priority.
    private static func destination(_ text: String) -> [DialplanReference] {
        var parts = split(text, at: ",").map { $0.without(" ") }
        guard let last = parts.popLast() else { return [] }
        // A variable may have parentheses of its own: those of arguments follow a word.
        parts.append(last.holds("$") && !last.begins(with: "$") ? withoutArguments(last) : last)
        if let priority = parts.popLast() { parts.append(withoutArguments(priority)) }
        switch parts.count {
        case 1: return isLiteral(parts[0]) ? [.place(context: "", exten: "", priority: parts[0])] : []
        case 2:
            return parts.allSatisfy(isLiteral) ? [.place(context: "", exten: parts[0], priority: parts[1])] : []
        case 3:
            if parts.allSatisfy(isLiteral) {
                return [.place(context: parts[0], exten: parts[1], priority: parts[2])]
            }
            return isLiteral(parts[0]) ? [.context(parts[0])] : []
        default: return []
        }
    }

    private static func withoutArguments(_ text: String) -> String { text.halves(at: "(")?.before ?? text }

    /// What follows the question mark of a condition, parted by the colon.
    private static func branches(_ text: String) -> [String] {
        let parts = split(text, at: "?", limit: 1)
        guard parts.count == 2 else { return [] }
        return split(parts[1], at: ":").filter { !$0.isEmpty }
    }

    /// Parts of a text, separators within brackets and quotes apart.
    static func split(_ text: String, at separator: Unicode.Scalar, limit: Int = .max) -> [String] {
        var parts = [""]
        var depth = 0
        var isQuoted = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": isQuoted.toggle()
            case "(", "[", "{": if !isQuoted { depth += 1 }
            case ")", "]", "}": if !isQuoted { depth -= 1 }
            default: break
            }
            if scalar == separator, depth == 0, !isQuoted, parts.count <= limit {
                parts.append("")
            } else {
                parts[parts.count - 1].unicodeScalars.append(scalar)
            }
        }
        return parts
    }
}
