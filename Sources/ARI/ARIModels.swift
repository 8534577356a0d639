import Foundation
import Telephony

/// ARI's channel object, the members that we read.
struct ARIChannel: Decodable {
    struct Party: Decodable {
        var name: String?
        var number: String?
    }
    struct Dialplan: Decodable {
        var appName: String?
        var appData: String?
        enum CodingKeys: String, CodingKey {
            case appName = "app_name"
            case appData = "app_data"
        }
    }
    var id: String
    var name: String?
    var state: String?
    var caller: Party?
    var dialplan: Dialplan?
    var channelvars: [String: String]?
    var creationtime: String?

    var value: Channel {
        Channel(
            id: ChannelID(id),
            name: name ?? "",
            state: state ?? "",
            callerName: caller?.name ?? "",
            callerNumber: caller?.number ?? "",
            variables: channelvars ?? [:],
            applicationName: dialplan?.appName ?? "",
            applicationData: dialplan?.appData ?? "",
            createdAt: creationtime.flatMap(ARITimestamp.date)
        )
    }
}

/// ARI's bridge object, the members that we read.
struct ARIBridge: Decodable {
    var id: String
    var bridgeType: String?
    var bridgeClass: String?
    var channels: [String]?

    enum CodingKeys: String, CodingKey {
        case id, channels
        case bridgeType = "bridge_type"
        case bridgeClass = "bridge_class"
    }

    var value: Bridge {
        Bridge(
            id: BridgeID(id),
            kind: bridgeType.flatMap(Bridge.Kind.init(rawValue:)),
            bridgeClass: bridgeClass ?? "",
            channels: (channels ?? []).map(ChannelID.init(_:))
        )
    }
}

/// A whole event, the members that we read.
struct ARIEvent {
    var type: String
    var application: String?
    var timestamp: String?
    var channel: ARIChannel?
    var bridge: ARIBridge?
    var args: [String]?
    var replaceChannel: ARIChannel?
    var cause: Int?

    var value: AsteriskEvent {
        AsteriskEvent(
            kind,
            application: application ?? "",
            timestamp: timestamp.flatMap(ARITimestamp.date) ?? Date()
        )
    }

    private var kind: AsteriskEvent.Kind {
        switch (type, channel?.value, bridge?.value) {
        case ("StasisStart", let channel?, _):
            return .stasisStart(channel, arguments: args ?? [], replaced: replaceChannel?.value)
        case ("StasisEnd", let channel?, _): return .stasisEnd(channel)
        case ("ChannelDestroyed", let channel?, _): return .channelDestroyed(channel, cause: cause ?? 0)
        case ("ChannelStateChange", let channel?, _): return .channelStateChange(channel)
        case ("ChannelCallerId", let channel?, _): return .channelCallerID(channel)
        case ("ChannelEnteredBridge", let channel?, let bridge?): return .channelEnteredBridge(channel, bridge)
        case ("ChannelLeftBridge", let channel?, let bridge?): return .channelLeftBridge(channel, bridge)
        case ("BridgeDestroyed", _, let bridge?): return .bridgeDestroyed(bridge)
        default: return .other(type)
        }
    }
}

/// Asterisk's timestamps: `2026-11-23T13:00:00.123+0000`.
enum ARITimestamp {
    /// `nil` when the text is not of that form.
    static func date(_ text: String) -> Date? {
        var text = text
        return text.withUTF8 { date($0) }
    }

    private static func date(_ bytes: UnsafeBufferPointer<UInt8>) -> Date? {
        guard bytes.count == 28, bytes[23] == UInt8(ascii: "+") || bytes[23] == UInt8(ascii: "-") else { return nil }
        func number(_ from: Int, _ count: Int) -> Int? {
            var number = 0
            for byte in bytes[from..<from + count] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                number = number * 10 + Int(byte - UInt8(ascii: "0"))
            }
            return number
        }
        guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
            let millisecond = number(20, 3), let zoneHour = number(24, 2), let zoneMinute = number(26, 2)
        else { return nil }
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        parts.tm_hour = Int32(hour)
        parts.tm_min = Int32(minute)
        parts.tm_sec = Int32(second)
        let zone = (zoneHour * 60 + zoneMinute) * 60 * (bytes[23] == UInt8(ascii: "-") ? -1 : 1)
        let seconds = Double(timegm(&parts)) - Double(zone)
        return Date(timeIntervalSince1970: seconds + Double(millisecond) / 1_000)
    }
}
