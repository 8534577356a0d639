import Foundation
import Telephony

extension EventHead {
    struct Unreadable: Error, CustomStringConvertible {
        var description: String { "no JSON object with a type" }
    }

    /// Reads the head of an event.
    /// - Throws: ``Unreadable``
    init(scanning message: Data) throws {
        let found = message.withUnsafeBytes { raw -> EventHead? in
            raw.withMemoryRebound(to: UInt8.self) { bytes in
                var scanner = JSONScanner(bytes)
                return try? EventHead(scanning: &scanner)
            }
        }
        guard let found else { throw Unreadable() }
        self = found
    }

    private init(scanning scanner: inout JSONScanner) throws {
        var head = EventHead(type: "", application: "")
        try scanner.object { key, scanner in
            // The length tells most keys apart before a byte is compared.
            switch key.count {
            case 4 where key.equals("type"): head.type = try scanner.string()
            case 4 where key.equals("args"): head.arguments = try scanner.strings()
            case 4 where key.equals("peer"): head.peer = try scanner.member("id").map(ChannelID.init(_:))
            case 6 where key.equals("bridge"): head.bridge = try scanner.member("id").map(BridgeID.init(_:))
            // Only Dial has one, and no channel beside it; an attended transfer has two legs instead.
            case 6 where key.equals("caller"): head.channel = try scanner.member("id").map(ChannelID.init(_:))
            case 20 where key.equals("transferer_first_leg"):
                head.channel = try scanner.member("id").map(ChannelID.init(_:))
            case 7 where key.equals("channel"): head.channel = try scanner.member("id").map(ChannelID.init(_:))
            case 8 where key.equals("playback"):
                let (id, target) = try scanner.members("id", "target_uri")
                head.playback = id.map(PlaybackID.init(_:))
                head.target = target.flatMap(MediaTarget.init(uri:))
            case 8 where key.equals("endpoint"):
                let (technology, resource) = try scanner.members("technology", "resource")
                if let technology, let resource { head.endpoint = "\(technology)/\(resource)" }
            case 8 where key.equals("variable"): head.variable = try scanner.string()
            case 9 where key.equals("recording"):
                let (name, target) = try scanner.members("name", "target_uri")
                head.recording = name
                head.target = target.flatMap(MediaTarget.init(uri:))
            case 11 where key.equals("application"): head.application = try scanner.string()
            case 15 where key.equals("replace_channel"):
                head.replaced = try scanner.member("id").map(ChannelID.init(_:))
            default: return false
            }
            return true
        }
        guard !head.type.isEmpty else { throw Unreadable() }
        self = head
    }
}

extension JSONScanner {
    /// The text of a member of the object that begins here.
    fileprivate mutating func member(_ name: StaticString) throws -> String? { try members(name, name).0 }

    /// The texts of two members of the object that begins here; `nil` for what is not there, or no text, and for
    /// another kind of value.
    fileprivate mutating func members(_ first: StaticString, _ second: StaticString) throws -> (String?, String?) {
        guard peek() == UInt8(ascii: "{") else {
            try skipValue()
            return (nil, nil)
        }
        var found: (String?, String?)
        try object { key, scanner in
            let isFirst = key.equals(first)
            guard isFirst || key.equals(second), scanner.peek() == UInt8(ascii: "\"") else { return false }
            let text = try scanner.string()
            if isFirst { found.0 = text } else { found.1 = text }
            return true
        }
        return found
    }
}

extension Span<UInt8> {
    func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != text.utf8Start[index] { return false }
        return true
    }
}
