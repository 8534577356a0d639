import Core

/// The text file of a message, as app_voicemail writes it (contract 31 §8.2).
enum MessageFile {
    /// Bytes that a text file has at most; ours have a few hundred.
    static let longest = 65_536

    /// The message in a folder.
    /// - Returns: `nil` when a required key is missing or makes no sense, or the text is not UTF-8.
    static func parse(_ bytes: some Collection<UInt8>, in folder: VoicemailFolder) -> VoicemailMessage? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var callerID: Substring?
        var id: Substring?
        var time: Substring?
        var duration: Substring?
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { continue }
            // The last occurrence counts.
            let value = { trimmed(Substring(line[line.index(after: equals)...])) }
            switch trimmed(Substring(line[..<equals])) {
            case "callerid": callerID = value()
            case "msg_id": id = value()
            case "origtime": time = value()
            case "duration": duration = value()
            default: break
            }
        }
        guard let callerID, let id, VoicemailMessage.isID(id), let time = time.flatMap({ Int($0) }),
            let duration = duration.flatMap({ Int($0) })
        else { return nil }
        let caller = caller(callerID)
        return VoicemailMessage(
            id: String(id),
            callerName: caller.name,
            callerNumber: caller.number,
            duration: duration,
            timestamp: time,
            folder: folder
        )
    }

    /// `Unknown`, `"name" <number>`, or whatever stands there as the number (contract 31 §8.2).
    private static func caller(_ text: Substring) -> (name: String?, number: String?) {
        if text == "Unknown" { return (nil, nil) }
        guard text.hasPrefix("\""), text.hasSuffix(">"),
            let bracket = text.lastIndex(of: "<"), text[..<bracket].hasSuffix("\" ")
        else { return (nil, String(text)) }
        let number = text[text.index(after: bracket)...].dropLast()
        let digits = number.hasPrefix("+") ? number.dropFirst() : number
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return (nil, String(text))
        }
        // The opening quote may be the closing one: `" <12>`.
        let name = text[..<bracket].dropLast(2)
        guard !name.isEmpty else { return (nil, String(text)) }
        return (String(name.dropFirst()), String(number))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var bytes = text.utf8
        while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return Substring(bytes)
    }
}
