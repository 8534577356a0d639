import Core
import Foundation
import Telephony

/// A channel of an application, as clients see it and as it is stored (contract 11 §2 "Call").
struct ApplicationCall: Sendable, Hashable, Codable {
    /// Where it stands.
    enum Phase: String, Sendable, Codable, CaseIterable {
        /// We dial it; nobody has answered yet.
        case placed
        /// It is in the application.
        case inside
    }

    let id: ChannelID
    var phase: Phase
    var name: String
    var conversation: String?
    var createdAt: Date?
    var state: String
    var callerName: String
    var callerNumber: String
    var isOnHold = false
    var isMuted = false
    var isCaller = false
    var dialedExtension: String?
    var music: String?
    var hasProgress = false
    var user: UserID?
    var tenant: TenantID?
    /// `X_WAZO_*` of the channel, without the prefix.
    var variables: [String: String] = [:]
    /// The bridge that it is in, a node or any other.
    var bridge: BridgeID?
    /// The node that it enters when it answers.
    var plannedNode: BridgeID?
    /// Of the stored row.
    var revision = 0

    private enum CodingKeys: String, CodingKey {
        case id, phase, name, conversation, createdAt, state, callerName, callerNumber, isOnHold, isMuted, isCaller,
            dialedExtension, music, hasProgress, user, tenant, variables, bridge, plannedNode
    }

    /// Names of the variables that say something of a call.
    enum Variable {
        static let onHold = "XIVO_ON_HOLD"
        static let muted = "WAZO_CALL_MUTED"
        static let music = "WAZO_MOH_UUID"
        static let progress = "WAZO_CALL_PROGRESS"
        static let outgoing = "WAZO_USER_OUTGOING_CALL"
        static let direction = "WAZO_CHANNEL_DIRECTION"
        static let exten = "WAZO_ENTRY_EXTEN"
        static let user = "WAZO_USERUUID"
        static let tenant = "WAZO_TENANT_UUID"
        /// Beginning of the names of a program's own variables.
        static let ownPrefix = "X_WAZO_"

        /// Whether a variable is part of what clients see.
        static func isRead(_ name: String) -> Bool {
            [onHold, muted, music, progress, outgoing].contains(name) || name.begins(with: ownPrefix)
        }
    }

    /// A call as its channel shows it.
    /// - Parameter all: Variables that were read of it; those of the snapshot win.
    init(_ channel: Channel, phase: Phase, all: [String: String] = [:]) {
        id = channel.id
        self.phase = phase
        name = channel.name
        state = channel.state
        callerName = channel.callerName
        callerNumber = channel.callerNumber
        createdAt = channel.createdAt
        refresh(channel, all: all)
        variables = Self.own(all)
    }

    /// Takes over what a newer snapshot shows. What it does not list stays.
    mutating func refresh(_ channel: Channel, all: [String: String] = [:]) {
        if !channel.name.isEmpty { name = channel.name }
        if !channel.state.isEmpty { state = channel.state }
        callerName = channel.callerName
        callerNumber = channel.callerNumber
        createdAt = createdAt ?? channel.createdAt
        conversation = channel.linkedID?.rawValue ?? conversation
        func value(_ name: String) -> String? { channel.variables[name] ?? all[name] }
        if let value = value(Variable.onHold) { isOnHold = value == "1" }
        if let value = value(Variable.muted) { isMuted = value == "1" }
        if let value = value(Variable.music) { music = value.isEmpty ? nil : value }
        if let value = value(Variable.progress) { hasProgress = value == "1" }
        if let value = value(Variable.user), !value.isEmpty { user = UserID(value) }
        if let value = value(Variable.tenant), !value.isEmpty { tenant = TenantID(value) }
        if let value = value(Variable.outgoing), !value.isEmpty {
            isCaller = value == "true"
        } else if let value = value(Variable.direction) {
            isCaller = isCaller || value == "to-wazo"
        }
        if let value = value(Variable.exten), !value.isEmpty {
            dialedExtension = value
        } else if dialedExtension == nil {
            dialedExtension = channel.place?.exten
        }
    }

    /// Takes over a variable that was set.
    mutating func set(_ name: String, to value: String) {
        switch name {
        case Variable.onHold: isOnHold = value == "1"
        case Variable.muted: isMuted = value == "1"
        case Variable.music: music = value.isEmpty ? nil : value
        case Variable.progress: hasProgress = value == "1"
        case Variable.outgoing: isCaller = value == "true"
        default:
            guard let own = name.suffix(after: Variable.ownPrefix), !own.isEmpty else { return }
            variables[own] = value.isEmpty ? nil : value
            if variables.count > Self.mostVariables { variables[own] = nil }
        }
    }

    /// Variables of a program that are kept of one call at most.
    static let mostVariables = 128

    /// The program's own variables among all, without their prefix.
    static func own(_ all: [String: String]) -> [String: String] {
        var own: [String: String] = [:]
        for (name, value) in all where own.count < mostVariables {
            // Underscores at the beginning make a variable inherited, and are not part of its name.
            let plain = String(scalars: name.unicodeScalars.drop { $0 == "_" })
            guard let short = plain.suffix(after: Variable.ownPrefix), !short.isEmpty else { continue }
            own[short] = value
        }
        return own
    }

    /// The second half of a Local channel is no call of its own in lists (contract 11 §3.1).
    var isListed: Bool { !(name.begins(with: "Local/") && name.ends(with: ";2")) }

    /// What clients see as its status.
    var status: String { state == "Ring" && hasProgress ? "Progress" : state }
}

extension ApplicationCall {
    /// The call as clients see it.
    /// - Parameters:
    ///   - snoops: The application's snoops.
    ///   - showsVariables: Whether key `variables` is there.
    ///   - node: Shown while it is in no bridge.
    func json(snoops: [ApplicationSnoop] = [], showsVariables: Bool = false, node: BridgeID? = nil) -> JSONValue {
        var roles: [String: JSONValue] = [:]
        for snoop in snoops {
            let role = snoop.snooped == id ? "snooped" : snoop.snooping == id ? "snooper" : nil
            if let role { roles[snoop.id] = ["uuid": .string(snoop.id), "role": .string(role)] }
        }
        let isInSnoop = snoops.contains { $0.id == bridge?.rawValue }
        let shownNode = (isInSnoop ? nil : bridge) ?? node
        var json: [String: JSONValue] = [
            "id": .string(id.rawValue),
            "conversation_id": .optional(conversation),
            "creation_time": .optional(createdAt.map(Self.timestamp)),
            "status": .string(status),
            "caller_id_name": .string(callerName),
            "caller_id_number": .string(callerNumber),
            "on_hold": .bool(isOnHold),
            "muted": .bool(isMuted),
            "is_caller": .bool(isCaller),
            "dialed_extension": .optional(dialedExtension),
            "moh_uuid": .optional(music),
            "node_uuid": .optional(shownNode?.rawValue),
            "snoops": .object(roles),
            "user_uuid": .optional(user?.rawValue),
            "tenant_uuid": .optional(tenant?.rawValue),
        ]
        if showsVariables { json["variables"] = .object(variables.mapValues(JSONValue.string)) }
        return .object(json)
    }

    /// As Asterisk writes it: `2026-11-28T16:05:54.123+0000`.
    private static func timestamp(_ date: Date) -> String {
        let milliseconds = Int64((date.timeIntervalSince1970 * 1_000).rounded())
        var time = time_t(milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&time, &parts)
        func digits(_ value: Int, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let day =
            "\(digits(Int(parts.tm_year) + 1_900, 4))-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
        let clock = "\(digits(Int(parts.tm_hour), 2)):\(digits(Int(parts.tm_min), 2)):\(digits(Int(parts.tm_sec), 2))"
        return "\(day)T\(clock).\(digits(Int(milliseconds % 1_000), 3))+0000"
    }
}

extension JSONValue {
    /// A text, or null.
    static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}
