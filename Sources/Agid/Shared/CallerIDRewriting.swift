import Directory
import FastAGI
import Logging

/// The caller id before a rule rewrote it, as bytes: a name from a trunk may be no UTF-8 and is
/// passed through as it came.
struct CurrentCallerID: Hashable {
    var name: [UInt8]
    var number: [UInt8]
}

extension CallerIDRule {
    /// The value for `CALLERID(all)` (contract 41 §0 "Caller-id rewriting"); `nil` when the rule's
    /// text is no caller id.
    func rewritten(_ current: CurrentCallerID) -> [UInt8]? {
        guard let parsed = CallerIDParts(display) else { return nil }
        var number = parsed.number.map { Array($0.utf8) } ?? current.number.filter(Self.mayBeInBrackets)
        if number.isEmpty { number = Array("unknown".utf8) }
        let name = newName(parsed.name.map { Array($0.utf8) }, current.name, number)
        return Array("\"".utf8) + name.filter(Self.mayBeQuoted) + Array("\" <".utf8) + number
            + Array(">".utf8)
    }

    private func newName(_ parsed: [UInt8]?, _ current: [UInt8], _ number: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        var current = current
        if current.count >= 2, current.first == quote, current.last == quote {
            current = Array(current.dropFirst().dropLast())
        }
        if current.isEmpty { current = number }
        guard let parsed else { return mode == .overwrite ? number : current }
        if mode != .overwrite && parsed == current && current == number { return current }
        let dash = Array(" - ".utf8)
        switch mode {
        case .overwrite: return parsed
        case .prepend: return parsed + dash + current
        case .append: return current + dash + parsed
        }
    }

    /// A bracket of the caller's would begin or end the number elsewhere.
    private static func mayBeInBrackets(_ byte: UInt8) -> Bool {
        mayBeQuoted(byte) && byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">")
    }

    /// A quote or backslash of the caller's would end the quoted name early.
    private static func mayBeQuoted(_ byte: UInt8) -> Bool {
        byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}

extension AGISession {
    /// Rewrites the caller id, once per call unless `isForced`.
    func rewriteCallerID(_ rule: CallerIDRule, isForced: Bool) async throws {
        guard CallerIDParts(rule.display) != nil else {
            logger.warning("caller id rule does not parse", metadata: ["display": "\(rule.display)"])
            return
        }
        let isRewritten = try await !getVariable("WAZO_CID_REWRITTEN").isEmpty
        if isRewritten && !isForced { return }
        let name = try await getVariableBytes("CALLERID(name)")
        let number = try await getVariableBytes("CALLERID(num)")
        guard let value = rule.rewritten(CurrentCallerID(name: name, number: number)) else { return }
        try await setVariable("CALLERID(name-pres)", "allowed")
        try await setVariable("CALLERID(num-pres)", "allowed")
        try await setVariable("CALLERID(all)", bytes: value)
        if !isForced { try await setVariable("WAZO_CID_REWRITTEN", "1") }
    }
}
