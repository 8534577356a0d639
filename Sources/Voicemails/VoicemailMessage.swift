import Core

/// A message in a box.
public struct VoicemailMessage: Sendable, Hashable {
    /// `msg_id`: stays when the message is moved or renumbered. Letters, digits and dashes.
    public var id: String
    /// `nil`: not known.
    public var callerName: String?
    /// `nil`: not known.
    public var callerNumber: String?
    /// Seconds.
    public var duration: Int
    /// When it was left: Unix seconds.
    public var timestamp: Int
    /// Where it is.
    public var folder: VoicemailFolder

    /// MessageBase of contract 31 §2.
    var members: [String: JSONValue] {
        [
            "id": .string(id), "caller_id_name": callerName.map(JSONValue.string) ?? .null,
            "caller_id_num": callerNumber.map(JSONValue.string) ?? .null,
            "duration": .integer(Int64(duration)), "timestamp": .integer(Int64(timestamp)),
            "empty": .bool(duration == 0),
        ]
    }

    /// Whether the text is what a message's id may be (contract 31 §3).
    static func isID(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
            }
    }
}
