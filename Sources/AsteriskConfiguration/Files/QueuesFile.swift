/// queues.conf (contract 44 §5): groups and queues with their static members. Agents join at login.
struct QueuesFile {
    /// Options that Asterisk 22 no longer knows.
    private static let outdated: Set<String> = ["monitor-type", "membermacro", "updatecdr"]

    private let site: Site

    init(_ site: Site) { self.site = site }

    func sections() -> [ConfigurationSection] {
        let general = site.queueGeneral.isEmpty ? Seeds.queues : site.queueGeneral
        var sections = [ConfigurationSection("general", general.filter { !Self.outdated.contains($0.key) })]
        let groups = Dictionary(site.groups.map { ($0.name, $0.label) }, uniquingKeysWith: { first, _ in first })
        let queues = Dictionary(site.queueObjects.map { ($0.name, $0.label) }, uniquingKeysWith: { first, _ in first })
        let users = Dictionary(site.users.map { ($0.id, $0.uuid) }, uniquingKeysWith: { first, _ in first })
        let members = Dictionary(grouping: site.queueMembers, by: \.queue)
        for queue in site.queues.sorted(by: \.name) where queue.name != "general" {
            let label = (queue.isGroup ? groups : queues)[queue.name] ?? ""
            let options = queue.options.filter { !$0.value.isEmpty && !Self.outdated.contains($0.key) }
                .map { Self.withoutLinear($0, of: queue) }
            let inOrder = members[queue.name, default: []].sorted(by: \.interface).sorted { $0.position < $1.position }
            sections.append(
                ConfigurationSection(
                    queue.name,
                    label: label,
                    options + inOrder.compactMap { Self.member($0, users[$0.user]) }
                )
            )
        }
        return sections
    }

    /// The dialplan rings the members of a linear group itself, and a loaded queue cannot become linear.
    private static func withoutLinear(_ option: ConfigurationOption, of queue: Queue) -> ConfigurationOption {
        guard queue.isGroup, option.key == "strategy", option.value == "linear" else { return option }
        return ConfigurationOption("strategy", "ringall")
    }

    private static func member(_ member: QueueMember, _ uuid: String?) -> ConfigurationOption? {
        if let uuid {
            let place = "\(uuid)@usersharedlines"
            return ConfigurationOption("member", "Local/\(place),\(member.penalty),,hint:\(place)")
        }
        // An interface with a comma would say more than where to ring.
        guard !member.interface.isEmpty, !member.interface.unicodeScalars.contains(",") else { return nil }
        return ConfigurationOption("member", "\(member.interface),\(member.penalty),,")
    }
}
