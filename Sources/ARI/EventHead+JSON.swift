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
            case 6 where key.equals("bridge"): head.bridge = try Self.id(&scanner).map(BridgeID.init(_:))
            case 7 where key.equals("channel"): head.channel = try Self.id(&scanner).map(ChannelID.init(_:))
            case 8 where key.equals("playback"): head.playback = try Self.id(&scanner).map(PlaybackID.init(_:))
            case 11 where key.equals("application"): head.application = try scanner.string()
            case 15 where key.equals("replace_channel"):
                head.replaced = try Self.id(&scanner).map(ChannelID.init(_:))
            default: return false
            }
            return true
        }
        guard !head.type.isEmpty else { throw Unreadable() }
        self = head
    }

    /// Member `id` of the object that begins here.
    private static func id(_ scanner: inout JSONScanner) throws -> String? {
        guard scanner.peek() == UInt8(ascii: "{") else {
            try scanner.skipValue()
            return nil
        }
        var id: String?
        try scanner.object { key, scanner in
            guard key.count == 2, key.equals("id") else { return false }
            id = try scanner.string()
            return true
        }
        return id
    }
}

extension Span<UInt8> {
    func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != text.utf8Start[index] { return false }
        return true
    }
}
