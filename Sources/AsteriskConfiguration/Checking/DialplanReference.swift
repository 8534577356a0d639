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
                guard let open = branch.firstIndex(of: "("), branch.last == ")" else { continue }
                found += all(
                    application: String(branch[..<open]),
                    data: String(branch[branch.index(after: open)...].dropLast())
                )
            }
        case "agi":
            let uri = split(data, at: ",").first ?? ""
            if uri.hasPrefix("agi://"), let slash = uri.dropFirst(6).firstIndex(of: "/") {
                let script = uri[uri.index(after: slash)...].prefix { $0 != "?" }
                if isLiteral(String(script)) { found.append(.handler(String(script))) }
            }
        case "playback", "background": found += sounds(split(data, at: ",").first ?? "")
        case "read": found += sounds(split(data, at: ",").dropFirst().first ?? "")
        case "set": if data.hasPrefix("TANDEM_PROMPT=") { found += sounds(String(data.dropFirst(14))) }
        default: break
        }
        return found
    }

    private static func isLiteral(_ text: String) -> Bool { !text.isEmpty && !text.contains("$") }

    private static func sounds(_ chain: String) -> [DialplanReference] {
        chain.split(separator: "&").map(String.init).filter(isLiteral).map { .sound($0) }
    }

    /// The part before the arguments in parentheses, as context, extension and priority.
    private static func destination(_ text: String) -> [DialplanReference] {
        var parts = split(text, at: ",").map { $0.filter { $0 != " " } }
        guard let last = parts.popLast() else { return [] }
        // A variable may have parentheses of its own: those of arguments follow a word.
        parts.append(last.contains("$") && !last.hasPrefix("$") ? String(last.prefix { $0 != "(" }) : last)
        if let priority = parts.popLast() { parts.append(String(priority.prefix { $0 != "(" })) }
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

    /// What follows the question mark of a condition, parted by the colon.
    private static func branches(_ text: String) -> [String] {
        let parts = split(text, at: "?", limit: 1)
        guard parts.count == 2 else { return [] }
        return split(parts[1], at: ":").filter { !$0.isEmpty }
    }

    /// Parts of a text, separators within brackets and quotes apart.
    static func split(_ text: String, at separator: Character, limit: Int = .max) -> [String] {
        var parts = [""]
        var depth = 0
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "(", "[", "{": if !isQuoted { depth += 1 }
            case ")", "]", "}": if !isQuoted { depth -= 1 }
            default: break
            }
            if character == separator, depth == 0, !isQuoted, parts.count <= limit {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }
}
