import Foundation
import Telephony

/// Whole events are read with the scanner, which passes over what we do not keep: Foundation's decoder needs ten
/// times as long for an event with forty channel variables.
extension ARIEvent {
    /// Reads an event.
    /// - Throws: when a member that we keep is of another kind than ARI says, or an object lacks its id.
    init(scanning message: Data) throws {
        self = try message.withUnsafeBytes { raw in
            try raw.withMemoryRebound(to: UInt8.self) { bytes in
                var scanner = JSONScanner(bytes)
                let event = try ARIEvent(scanning: &scanner)
                try scanner.end()
                return event
            }
        }
    }

    private init(scanning scanner: inout JSONScanner) throws {
        self.init(type: "")
        try scanner.object { key, scanner in
            switch key.count {
            case 4 where key.equals("type"): type = try scanner.string()
            case 4 where key.equals("args"): args = try scanner.optional { try $0.strings() }
            case 5 where key.equals("cause"): cause = try scanner.optional { try $0.integer() }
            case 6 where key.equals("bridge"): bridge = try scanner.optional { try ARIBridge(scanning: &$0) }
            case 7 where key.equals("channel"): channel = try scanner.optional { try ARIChannel(scanning: &$0) }
            case 9 where key.equals("timestamp"): timestamp = try scanner.optional { try $0.string() }
            case 11 where key.equals("application"): application = try scanner.optional { try $0.string() }
            case 15 where key.equals("replace_channel"):
                replaceChannel = try scanner.optional { try ARIChannel(scanning: &$0) }
            default: return false
            }
            return true
        }
    }
}

extension ARIChannel {
    /// Reads the channel that begins here.
    init(scanning scanner: inout JSONScanner) throws {
        self.init(id: "")
        try scanner.object { key, scanner in
            switch key.count {
            case 2 where key.equals("id"): id = try scanner.string()
            case 4 where key.equals("name"): name = try scanner.optional { try $0.string() }
            case 5 where key.equals("state"): state = try scanner.optional { try $0.string() }
            case 6 where key.equals("caller"): caller = try scanner.optional { try Party(scanning: &$0) }
            case 8 where key.equals("dialplan"): dialplan = try scanner.optional { try Dialplan(scanning: &$0) }
            case 11 where key.equals("channelvars"): channelvars = try scanner.optional { try $0.texts() }
            case 12 where key.equals("creationtime"): creationtime = try scanner.optional { try $0.string() }
            default: return false
            }
            return true
        }
        if id.isEmpty { throw JSONScanner.Malformed() }
    }
}

extension ARIChannel.Party {
    fileprivate init(scanning scanner: inout JSONScanner) throws {
        self.init()
        try scanner.object { key, scanner in
            switch key.count {
            case 4 where key.equals("name"): name = try scanner.optional { try $0.string() }
            case 6 where key.equals("number"): number = try scanner.optional { try $0.string() }
            default: return false
            }
            return true
        }
    }
}

extension ARIChannel.Dialplan {
    fileprivate init(scanning scanner: inout JSONScanner) throws {
        self.init()
        try scanner.object { key, scanner in
            guard key.count == 8 else { return false }
            if key.equals("app_name") {
                appName = try scanner.optional { try $0.string() }
            } else if key.equals("app_data") {
                appData = try scanner.optional { try $0.string() }
            } else {
                return false
            }
            return true
        }
    }
}

extension ARIBridge {
    /// Reads the bridge that begins here.
    init(scanning scanner: inout JSONScanner) throws {
        self.init(id: "")
        try scanner.object { key, scanner in
            switch key.count {
            case 2 where key.equals("id"): id = try scanner.string()
            case 8 where key.equals("channels"): channels = try scanner.optional { try $0.strings() }
            case 11 where key.equals("bridge_type"): bridgeType = try scanner.optional { try $0.string() }
            case 12 where key.equals("bridge_class"): bridgeClass = try scanner.optional { try $0.string() }
            default: return false
            }
            return true
        }
        if id.isEmpty { throw JSONScanner.Malformed() }
    }
}
