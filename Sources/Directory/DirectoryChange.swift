public import Core
import Foundation

/// An object of the directory that was made, changed or removed; an id of `nil`: any of its kind.
public enum DirectoryChange: Sendable, Hashable {
    case user(UserID?)
    case line(Int?)
    case trunk(Int?)
    case switchboard(String?)
    case voicemail(Int?)
    case application(String?)
    case music(String?)
    case conference(Int?)
    case meeting(String?)
    case parkingLot(Int?)
    case group(Int?)
    case tenant
    /// A tenant was deleted, with all its objects: nothing else tells of them.
    case tenantDeleted(TenantID)
    /// What changed cannot be told.
    case everything
}

extension DirectoryChange {
    /// Names of the bus events of confd, and of wazo-auth where confd tells nothing, that ``changes(event:data:)`` understands (contract 38 §9.1).
    public static let events: [String] = sources.keys.sorted()

    /// What such an event tells.
    /// - Parameters:
    ///   - event: Its name.
    ///   - data: Its payload. One without the expected ids counts as ``everything``.
    /// - Returns: Empty for an event that changes nothing of the directory's records.
    public static func changes(event: String, data: JSONValue) -> [DirectoryChange] {
        guard let source = sources[event] else { return [] }
        return source(data) ?? [.everything]
    }

    private typealias Source = @Sendable (JSONValue) -> [DirectoryChange]?

    private static let sources: [String: Source] = {
        var sources: [String: Source] = [:]
        func add(_ object: String, _ verbs: String, _ source: @escaping Source) {
            for verb in verbs.parts(separatedBy: " ") { sources["\(object)_\(verb)"] = source }
        }
        add("user", "edited deleted") { data in data["uuid"]?.string.map { [.user(UserID($0))] } }
        add("user_line", "associated dissociated") { data in
            guard let user = data["user"]?["uuid"]?.string, let line = data["line"]?["id"]?.identifier else {
                return nil
            }
            return [.user(UserID(user)), .line(line)]
        }
        add("user_voicemail", "associated dissociated") { data in
            data["voicemail_id"]?.identifier.map { [.voicemail($0)] }
        }
        add("line", "edited deleted") { data in data["id"]?.identifier.map { [.line($0)] } }
        add("trunk", "edited deleted") { data in data["id"]?.identifier.map { [.trunk($0)] } }
        for kind in ["sip", "sccp", "iax", "custom"] {
            add("line_endpoint_\(kind)", "associated dissociated") { data in
                data["line"]?["id"]?.identifier.map { [.line($0)] }
            }
            add("trunk_endpoint_\(kind)", "associated dissociated") { data in
                data["trunk"]?["id"]?.identifier.map { [.trunk($0)] }
            }
            // confd sends "edited"; "updated" stands in other documents (contract 38 §9.1).
            add("\(kind)_endpoint", "edited updated deleted") { data in
                guard data.object != nil else { return nil }
                let line = data["line"]?["id"]?.identifier.map { DirectoryChange.line($0) }
                let trunk = data["trunk"]?["id"]?.identifier.map { DirectoryChange.trunk($0) }
                let named = [line, trunk].compactMap { $0 }
                // A deleted one, and one that others are made after, names neither: it may be any line's.
                return named.isEmpty ? [.line(nil), .trunk(nil)] : named
            }
        }
        add("switchboard", "edited deleted") { data in data["uuid"]?.string.map { [.switchboard($0)] } }
        add("voicemail", "created edited deleted") { data in data["id"]?.identifier.map { [.voicemail($0)] } }
        add("application", "created edited deleted") { data in data["uuid"]?.string.map { [.application($0)] } }
        add("moh", "created edited deleted") { data in data["uuid"]?.string.map { [.music($0)] } }
        add("conference", "created edited deleted") { data in data["id"]?.identifier.map { [.conference($0)] } }
        // confd deletes the tenant's objects without an event for each, some time later (contract 38 §9.1).
        add("auth_tenant", "deleted") { data in
            data["uuid"]?.string.map { [.tenantDeleted(TenantID($0.lowercased())), .everything] }
        }
        add("meeting", "deleted") { data in data["uuid"]?.string.map { [.meeting($0)] } }
        add("parking_lot", "created edited deleted") { data in data["id"]?.identifier.map { [.parkingLot($0)] } }
        return sources
    }()
}

extension DirectoryChange {
    /// The channel that the standalone tables notify (sql/standalone, contract 43 §7).
    public static let channel = "gateway_config"

    /// What a notification tells: `{"table": …, "key": …}`. One that cannot be read counts as ``everything``.
    public static func changes(notification payload: String) -> [DirectoryChange] {
        guard let body = try? JSONValue(parsing: Data(payload.utf8)), let table = body["table"]?.string else {
            return [.everything]
        }
        let text = body["key"]?.string
        let number = text.flatMap { Int($0) }
        switch table {
        case "userfeatures": return [.user(text.map { UserID($0) })]
        case "linefeatures": return [.line(number)]
        case "trunkfeatures": return [.trunk(number)]
        case "switchboard": return [.switchboard(text)]
        case "voicemail": return [.voicemail(number)]
        case "application": return [.application(text)]
        case "moh": return [.music(text)]
        case "conference": return [.conference(number)]
        case "meeting": return [.meeting(text)]
        case "parking_lot": return [.parkingLot(number)]
        case "groupfeatures": return [.group(number)]
        case "tenant": return [.tenant]
        case "user_line": return [.user(nil), .line(nil)]
        case "context": return [.user(nil), .line(nil), .voicemail(nil)]
        default: return []
        }
    }
}

extension JSONValue {
    /// A numeric id; some senders write it as text.
    fileprivate var identifier: Int? { integer.map { Int($0) } ?? string.flatMap { Int($0) } }
}
