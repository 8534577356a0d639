/// A SIP message as the lab needs it: what kind it is, whose call it is, and where its sender wants media.
public struct SIPMessage: Sendable, Hashable {
    /// The first line.
    public let startLine: String
    /// Names and values in order; a name as it was written.
    public let headers: [Header]
    /// The body, usually a session description.
    public let body: String

    /// One header line.
    public struct Header: Sendable, Hashable {
        /// The name as it was written.
        public let name: String
        /// The value without surrounding blanks.
        public let value: String
    }

    /// Parses a message; `nil` when there is no start line.
    public init?(_ text: String) {
        // In Swift a CR LF is one character, and a newline as such.
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard let first = lines.first, !first.isEmpty else { return nil }
        startLine = String(first)
        lines.removeFirst()
        let end = lines.firstIndex(where: \.isEmpty) ?? lines.endIndex
        headers = lines[..<end].compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...]
            return Header(
                name: String(line[..<colon]),
                value: value.trimmingPrefix(while: \.isWhitespace).asText
            )
        }
        body = end < lines.endIndex ? lines[(end + 1)...].joined(separator: "\n") : ""
    }

    /// The first value of a header; names are compared without case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The method of a request, `nil` for a response.
    public var method: String? {
        startLine.hasPrefix("SIP/2.0 ") ? nil : startLine.split(separator: " ").first.map(String.init)
    }

    /// The status of a response, `nil` for a request.
    public var status: Int? {
        guard startLine.hasPrefix("SIP/2.0 ") else { return nil }
        return Int(startLine.dropFirst("SIP/2.0 ".count).prefix(3))
    }

    /// The method that a response answers, or the request's own.
    public var sequenceMethod: String? {
        header("CSeq")?.split(separator: " ").last.map(String.init)
    }

    /// Which call it belongs to.
    public var callID: String? { header("Call-ID") }

    /// Where the sender wants to receive audio: address and port of the session description.
    public var audioAddress: (host: String, port: Int)? {
        var host: String?
        var port: Int?
        for line in body.split(whereSeparator: \.isNewline) {
            let words = line.dropFirst(2).split(separator: " ")
            if line.hasPrefix("c=IN "), let last = words.last { host = String(last) }
            if line.hasPrefix("m=audio "), words.count > 1 { port = Int(words[1]) }
        }
        guard let host, let port, port > 0 else { return nil }
        return (host, port)
    }
}

extension Substring {
    fileprivate var asText: String {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
