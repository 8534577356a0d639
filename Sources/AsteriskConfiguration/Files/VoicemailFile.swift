import Core

/// voicemail.conf (contract 44 §6): general options, time zones, the boxes of each context.
struct VoicemailFile {
    private static let texts: Set<String> = ["emailbody", "pagerbody", "emailsubject"]

    private let site: Site
    private(set) var remarks: [String] = []

    init(_ site: Site) { self.site = site }

    mutating func sections() -> [ConfigurationSection] {
        let zones = site.voicemailZones.isEmpty ? Seeds.voicemailZones : site.voicemailZones
        var sections = [
            ConfigurationSection("general", general()), ConfigurationSection("zonemessages", zones),
        ]
        let contexts = Dictionary(grouping: site.mailboxes, by: \.context)
        let known = Set(zones.map(\.key))
        for (name, boxes) in contexts.sorted(by: \.key) {
            guard !["general", "zonemessages"].contains(name) else {
                remarks.append("mailboxes of context \(name) left out: the name means something else to Asterisk")
                continue
            }
            var section = ConfigurationSection(name)
            section.entries = boxes.sorted(by: \.number).compactMap { entry($0, zones: known) }
            if !section.entries.isEmpty { sections.append(section) }
        }
        return sections
    }

    private func general() -> [ConfigurationOption] {
        let rows = site.voicemailGeneral.isEmpty ? Seeds.voicemail : site.voicemailGeneral
        // adsi…: telephones of another time
        var options = rows.filter { !$0.key.begins(with: "adsi") }.map { option in
            guard Self.texts.contains(option.key) else { return option }
            return ConfigurationOption(option.key, Self.withBreaks(option.value))
        }
        // Without a program that stores a password changed by telephone: in the box's folder, and not in this file.
        if !options.contains(where: { ["externpass", "externpassnotify", "passwordlocation"].contains($0.key) }) {
            options.append(ConfigurationOption("passwordlocation", "spooldir"))
        }
        return options
    }

    private mutating func entry(_ box: Mailbox, zones: Set<String>) -> ConfigurationSection.Entry? {
        guard DialplanText.isWord(box.number), !box.number.begins(with: "#") else {
            remarks.append("mailbox \(box.id) left out: its number cannot be written")
            return nil
        }
        guard !box.password.begins(with: "*") else {
            remarks.append("mailbox \(box.id) left out: its password begins with a star")
            return nil
        }
        var options: [ConfigurationOption] = []
        if !box.language.isEmpty { options.append(ConfigurationOption("language", box.language)) }
        if zones.contains(box.zone) {
            options.append(ConfigurationOption("tz", box.zone))
        } else if !box.zone.isEmpty {
            remarks.append("mailbox \(box.id): its time zone is not among the zone messages")
        }
        if let attaches = box.attaches { options.append(ConfigurationOption("attach", attaches ? "yes" : "no")) }
        options.append(ConfigurationOption("deletevoicemail", box.deletes ? "yes" : "no"))
        if let maximum = box.maximum { options.append(ConfigurationOption("maxmsg", "\(maximum)")) }
        let pairs = (options + box.options).map {
            "\($0.key)=\(Self.withBreaks($0.value).replacing(scalar: "|", with: ""))"
        }
        let fields = [box.password, box.fullName, box.email, box.pager].map { $0.replacing(scalar: ",", with: "") }
        // A comma in an option is no separator: options are the last field, parted by |.
        return .object(box.number, (fields + [pairs.joined(separator: "|")]).joined(separator: ","))
    }

    /// Breaks as the two characters that app_voicemail reads.
    private static func withBreaks(_ text: String) -> String {
        text.replacing(text: "\r\n", by: "\\n").replacing(text: "\n", by: "\\n").replacing(text: "\r", by: "\\r")
            .replacing(text: "\t", by: "\\t")
    }
}
