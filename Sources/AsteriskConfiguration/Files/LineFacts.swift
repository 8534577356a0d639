import Core

/// What the users, numbers, mailboxes and pickup groups of a line add to its endpoint (contract 44 §2.1).
struct LineFacts {
    private let users: [Int: User]
    /// The users of a line, the main one first.
    private let usersOfLine: [Int: [Int]]
    private let mainExtensionOfLine: [Int: Extension]
    private let mailboxNames: [Int: String]
    private let pickupGroups: [Int: [PickupMember.Category: Set<Int>]]

    init(_ site: Site) {
        users = Dictionary(site.users.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        usersOfLine = Dictionary(grouping: site.userLines, by: \.line).mapValues { links in
            links.sorted { ($0.isMainUser ? 0 : 1, $0.user) < ($1.isMainUser ? 0 : 1, $1.user) }.map(\.user)
        }
        let extensions = Dictionary(site.extensions.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        mainExtensionOfLine = Dictionary(grouping: site.lineExtensions, by: \.line).compactMapValues { links in
            links.sorted { ($0.isMain ? 0 : 1, $0.extension) < ($1.isMain ? 0 : 1, $1.extension) }
                .lazy.compactMap { extensions[$0.extension] }.first
        }
        mailboxNames = Dictionary(
            site.mailboxes.map { ($0.id, "\($0.number)@\($0.context)") },
            uniquingKeysWith: { first, _ in first }
        )
        pickupGroups = Self.pickupGroups(site)
    }

    /// Context and channel variables: those of the main user alone, also on a line that several share.
    func options(of line: Line) -> [ConfigurationOption] {
        var options: [ConfigurationOption] = [
            .variable("WAZO_CHANNEL_DIRECTION", "from-wazo"), .variable("WAZO_LINE_ID", "\(line.id)"),
            ConfigurationOption("context", line.application.map { "stasis-wazo-app-\($0)" } ?? line.context),
            .variable("TRANSFER_CONTEXT", line.context),
        ]
        if let user = mainUser(of: line) {
            options += [
                .variable("XIVO_USERID", "\(user.id)"), .variable("WAZO_USERID", "\(user.id)"),
                .variable("XIVO_USERUUID", user.uuid), .variable("WAZO_USERUUID", user.uuid),
            ]
            if user.recordsOnline { options.append(.variable("WAZO_USER_DTMF_RECORD_TOGGLE_ENABLED", "1")) }
            options.append(.variable("WAZO_CALLER_SIMULTCALLS", "\(user.simultaneousCalls)"))
        }
        if let number = mainExtensionOfLine[line.id] {
            options.append(.variable("PICKUPMARK", "\(number.exten)%\(number.context)"))
        }
        return options
    }

    func groupsAndMailboxes(of line: Line) -> [ConfigurationOption] {
        func list(_ key: String, _ category: PickupMember.Category) -> [ConfigurationOption] {
            let ids = pickupGroups[line.id]?[category] ?? []
            if ids.isEmpty { return [] }
            return [ConfigurationOption(key, ids.sorted().map(String.init).joined(separator: ","))]
        }
        return list("named_pickup_group", .member) + list("named_call_group", .pickup) + mailboxes(of: line)
    }

    /// The mailboxes of all its users; empty or one option.
    func mailboxes(of line: Line) -> [ConfigurationOption] {
        var names: [String] = []
        for name in usersOfLine[line.id, default: []].compactMap({ users[$0]?.mailbox.flatMap { mailboxNames[$0] } })
        where !names.contains(name) {
            names.append(name)
        }
        return names.isEmpty ? [] : [ConfigurationOption("mailboxes", names.joined(separator: ","))]
    }

    /// The caller id of its main user, with the number of the user or else of the line.
    func callerID(of line: Line) -> String? {
        guard let text = mainUser(of: line)?.callerID, !text.isEmpty else { return nil }
        if text.holds("<") { return text }
        return mainExtensionOfLine[line.id].map { "\(text) <\($0.exten)>" } ?? text
    }

    private func mainUser(of line: Line) -> User? {
        usersOfLine[line.id, default: []].lazy.compactMap { users[$0] }.first
    }

    /// Named groups by line: of its users, and of the groups and queues whose members have it as main line.
    private static func pickupGroups(_ site: Site) -> [Int: [PickupMember.Category: Set<Int>]] {
        let enabled = Set(site.pickups.map(\.id))
        let linesOfUser = Dictionary(grouping: site.userLines, by: \.user)
        let membersOfQueue = Dictionary(grouping: site.queueMembers, by: \.queue)
        func name(_ objects: [QueueObject], _ id: Int) -> String? { objects.first { $0.id == id }?.name }
        var groups: [Int: [PickupMember.Category: Set<Int>]] = [:]
        for member in site.pickupMembers where enabled.contains(member.pickup) {
            let lines: [Int]
            switch member.type {
            case "user": lines = linesOfUser[member.member, default: []].map(\.line)
            case "group", "queue":
                let queue = name(member.type == "group" ? site.groups : site.queueObjects, member.member)
                let users = queue.flatMap { membersOfQueue[$0] } ?? []
                lines = users.flatMap { linesOfUser[$0.user, default: []] }
                    .filter { $0.isMainUser && $0.isMainLine }.map(\.line)
            default: lines = []
            }
            for line in lines { groups[line, default: [:]][member.category, default: []].insert(member.pickup) }
        }
        return groups
    }
}
