import Core

extension ConfigurationFolder.Change {
    /// Lines that go (`-`) and come (`+`), in their order, under the section that they are in. Values of passwords
    /// are not shown.
    public var difference: [String] {
        let old = Self.lines(self.old ?? "")
        let new = Self.lines(self.new)
        // Both ends that are alike cost nothing; what is between is compared line by line.
        let head = zip(old, new).prefix { $0 == $1 }.count
        let tail = zip(old.dropFirst(head).reversed(), new.dropFirst(head).reversed()).prefix { $0 == $1 }.count
        let before = Array(old[head..<(old.count - tail)])
        let after = Array(new[head..<(new.count - tail)])
        guard before.count + after.count <= 20_000 else {
            return ["\(before.count) lines go, \(after.count) come: too many to show"]
        }
        return Self.edits(before, after)
    }

    /// A line with the section that it is in: the same option may stand in many.
    private struct Line: Hashable {
        var section: Substring
        var text: Substring
    }

    private static func lines(_ text: String) -> [Line] {
        var section: Substring = ""
        return text.unicodeScalars.split(separator: "\n").map(Substring.init).map { line in
            if line.begins(with: "[") { section = line }
            return Line(section: section, text: line)
        }
    }

    private static func edits(_ before: [Line], _ after: [Line]) -> [String] {
        let difference = after.difference(from: before)
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var text: [String] = []
        var section: Substring = ""
        func show(_ sign: String, _ line: Line) {
            if line.section != section, line.section != line.text { text.append("  \(line.section)") }
            section = line.section
            text.append("\(sign) \(masked(line.text))")
        }
        var (i, j) = (0, 0)
        while i < before.count || j < after.count {
            if removed.contains(i) {
                show("-", before[i])
                i += 1
            } else if inserted.contains(j) {
                show("+", after[j])
                j += 1
            } else {
                i += 1
                j += 1
            }
        }
        return text
    }

    private static let secretKeys: Set<String> = [
        "password", "secret", "dbsecret", "md5_cred", "auth_pass", "refresh_token", "oauth_secret", "imappassword",
        "authpassword", "pin", "admin_pin", "inkeys", "outkey", "turnpassword", "password_digest",
    ]

    /// The line without its secret.
    static func masked(_ line: Substring) -> String {
        // destinations that ask for a PIN: it is their first argument
        if let application = line.firstRange(of: /\(application:[a-z]+,/.matchingSemantics(.unicodeScalar)) {
            return "\(line[..<application.upperBound])…"
        }
        guard let (name, value) = line.halves(at: "=") else { return String(line) }
        let key = name.trimmed { $0 == " " }
        if secretKeys.contains(key) { return "\(key) = …" }
        guard let fields = value.suffix(after: ">"), !["exten", "same", "include"].contains(key) else {
            return String(line)
        }
        if key == "register" { return "register => …" }
        // a mailbox: its password is the first field
        guard let (_, others) = fields.halves(at: ",") else { return "\(key) => …" }
        return "\(key) => …,\(others)"
    }
}
