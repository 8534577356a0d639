/// How long Asterisk may take to answer a command (contract 40 §8).
public enum AGIReplyPace: Sendable, Hashable {
    /// Reading and writing variables, messages, the Asterisk database.
    case instant
    /// Playing, recording, waiting for digits.
    case media
    /// An application: as long as the session may last.
    case unbounded
}

/// One command line, encoded as the field's clients and recorders expect it (contract 40 §3): verb in
/// upper case, one space between words, text in double quotes.
struct AGICommand: Sendable, Hashable {
    /// A word after the verb.
    enum Word: Sendable, Hashable {
        /// In double quotes.
        case quoted([UInt8])
        /// Without quotes if it holds nothing that would need them.
        case plain(String)
    }

    var verb: String
    var words: [Word]
    var pace: AGIReplyPace = .instant
    /// Place of the quoted word that may lose its end when the line is too long; `nil`: such a line
    /// is refused, since its meaning would change.
    var shortenable: Int?

    init(_ verb: String, _ words: [Word] = [], pace: AGIReplyPace = .instant, shortenable: Int? = nil) {
        self.verb = verb
        self.words = words
        self.pace = pace
        self.shortenable = shortenable
    }

    /// The line with its LF, at most `limit` bytes: what Asterisk reads beyond its limit it would
    /// execute as another command (contract 40, "Exercised").
    /// - Throws: `AGIError.commandTooLong` when nothing in it may be shortened enough.
    func line(limit: Int) throws(AGIError) -> (bytes: [UInt8], shortened: Bool) {
        let whole = assembled(words)
        if whole.count <= limit { return (whole, false) }
        guard let shortenable, words.indices.contains(shortenable),
            case .quoted(let text) = words[shortenable]
        else { throw .commandTooLong(verb: verb, limit: limit) }
        var words = words
        words[shortenable] = .quoted([])
        let rest = assembled(words).count
        guard rest <= limit else { throw .commandTooLong(verb: verb, limit: limit) }
        words[shortenable] = .quoted(Self.prefix(of: text, encodedWithin: limit - rest))
        return (assembled(words), true)
    }

    private func assembled(_ words: [Word]) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(128)
        line.append(contentsOf: verb.utf8)
        for word in words {
            line.append(0x20)
            switch word {
            case .quoted(let text): Self.appendQuoted(text, to: &line)
            case .plain(let text) where text.utf8.allSatisfy(Self.needsNoQuotes) && !text.isEmpty:
                line.append(contentsOf: text.utf8)
            case .plain(let text): Self.appendQuoted(text.utf8, to: &line)
            }
        }
        line.append(0x0A)
        return line
    }

    private static func appendQuoted(_ text: some Sequence<UInt8>, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            // A line cannot hold these at all; each becomes a space (contract 40 §3).
            case 0x0A, 0x0D, 0x00: line.append(0x20)
            case UInt8(ascii: "\\"), UInt8(ascii: "\""):
                line.append(UInt8(ascii: "\\"))
                line.append(byte)
            default: line.append(byte)
            }
        }
        line.append(UInt8(ascii: "\""))
    }

    private static func needsNoQuotes(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// The longest start of `text` that needs at most `limit` bytes once escaped, and ends between
    /// two characters of UTF-8.
    private static func prefix(of text: [UInt8], encodedWithin limit: Int) -> [UInt8] {
        var used = 0
        var end = 0
        for byte in text {
            let cost = byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") ? 2 : 1
            if used + cost > limit { break }
            used += cost
            end += 1
        }
        // At most three continuation bytes are taken back: text that is not UTF-8 is cut anywhere.
        var start = end
        while start > 0, end - start < 3, start < text.count, text[start] & 0xC0 == 0x80 { start -= 1 }
        let isBoundary = start == text.count || text[start] & 0xC0 != 0x80
        return Array(text[..<(isBoundary ? start : end)])
    }
}
