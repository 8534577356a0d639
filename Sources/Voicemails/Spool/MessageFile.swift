import Core

/// The text file of a message, as app_voicemail writes it (contract 31 §8.2).
enum MessageFile {
    /// Bytes that are read of a text file; ours have a few hundred.
    static let longest = 65_536

    /// The message in a folder. One odd value never hides a message: what cannot be read is not known, and bytes that
    /// are no UTF-8 are shown as U+FFFD.
    /// - Parameter modified: When the file was written, in Unix seconds: stands for a missing time.
    /// - Returns: `nil` when the text has none of the keys that Asterisk writes: it is not a message.
    static func parse(
        _ bytes: some Collection<UInt8>,
        in folder: VoicemailFolder,
        modified: Int = 0
    ) -> VoicemailMessage? {
        let text = String(decoding: bytes, as: UTF8.self)
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
        if callerID == nil, id == nil, time == nil, duration == nil { return nil }
        let caller = caller(callerID ?? "Unknown")
        let timestamp = time.flatMap { Int($0) } ?? modified
        return VoicemailMessage(
            id: id.flatMap { VoicemailMessage.isID($0) ? String($0) : nil } ?? ownID(bytes, timestamp),
            callerName: caller.name,
            callerNumber: caller.number,
            duration: duration.flatMap { Int($0) } ?? 0,
            timestamp: timestamp,
            folder: folder
        )
    }

    /// The id of a message without one, in the form of Asterisk's: of its time and its text (FNV-1a), so it stays when
    /// the message is moved or renumbered.
    private static func ownID(_ bytes: some Collection<UInt8>, _ time: Int) -> String {
        let hash = bytes.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let digits = String(hash, radix: 16)
        return "\(max(time, 0))-\(String(repeating: "0", count: 8 - digits.utf8.count))\(digits)"
    }

    /// `Unknown`, `"name" <number>`, or whatever stands there as the number (contract 31 §8.2).
    private static func caller(_ text: Substring) -> (name: String?, number: String?) {
        if text == "Unknown" { return (nil, nil) }
        guard let quoted = text.suffix(after: "\""), quoted.ends(with: ">"),
            let (name, end) = quoted.halves(atLast: "<"), name.ends(with: "\" ")
        else { return (nil, String(text)) }
        let number = end.without(">")
        guard number.utf8.count == end.utf8.count - 1, (number.suffix(after: "+") ?? number).consists(of: \.isDigit)
        else { return (nil, String(text)) }
        return (String(scalars: name.unicodeScalars.dropLast(2)), number)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        var bytes = text.utf8
        while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        return Substring(bytes)
    }
}
