import Core

/// res_parking.conf (contract 44 §8). Asterisk itself adds the numbers to the context.
struct ParkingFile {
    private let site: Site
    private(set) var remarks: [String] = []

    init(_ site: Site) { self.site = site }

    mutating func sections() -> [ConfigurationSection] {
        // The built-in lot cannot be reached.
        var sections = [
            ConfigurationSection("general"),
            ConfigurationSection("default", [ConfigurationOption("context", "wazo-disabled")]),
        ]
        var numbers: [String: Extension] = [:]
        for number in site.extensions.sorted(by: { $0.id < $1.id }) where number.type == "parking" {
            if numbers[number.target] == nil { numbers[number.target] = number }
        }
        for lot in site.parkingLots.sorted(by: { $0.id < $1.id }) {
            guard let number = numbers["\(lot.id)"] else { continue }
            if let section = section(lot, number) { sections.append(section) }
        }
        return sections
    }

    /// One range that cannot be read and the module refuses the whole file.
    private mutating func section(_ lot: ParkingLot, _ number: Extension) -> ConfigurationSection? {
        guard let first = Int(lot.firstSlot), let last = Int(lot.lastSlot), first > 0, first <= last else {
            remarks.append("parking lot \(lot.id) left out: its slots are no range of numbers")
            return nil
        }
        guard DialplanText.isWord(number.exten), DialplanText.isWord(number.context) else {
            remarks.append("parking lot \(lot.id) left out: its number cannot be written")
            return nil
        }
        let options = [
            ("parkext", number.exten), ("context", number.context), ("parkedmusicclass", lot.musicClass),
            ("parkpos", "\(first)-\(last)"), ("parkingtime", "\(lot.timeout ?? 0)"), ("findslot", "next"),
            ("parkext_exclusive", "yes"), ("parkinghints", "yes"), ("comebacktoorigin", "yes"),
            ("parkedplay", "caller"), ("parkedcalltransfers", "no"), ("parkedcallreparking", "no"),
            ("parkedcallhangup", "no"), ("parkedcallrecording", "no"),
        ]
        return ConfigurationSection(
            "parkinglot-\(lot.id)",
            label: lot.label,
            options.map { ConfigurationOption($0.0, $0.1) }
        )
    }
}

/// musiconhold.conf (contract 44 §8).
struct MusicFile {
    private let site: Site
    private let folder: String
    private(set) var remarks: [String] = []

    /// - Parameter folder: Where the classes' folders are; a relative one is below Asterisk's data directory.
    init(_ site: Site, folder: String) {
        self.site = site
        self.folder = folder
    }

    /// Classes that play files, whose folders must be there and not be empty.
    var folders: [String] { ["default"] + classes.filter { $0.mode != "custom" }.map(\.name) }

    private var classes: [MusicClass] {
        site.musicClasses.filter { !["default", "general", "", ".", ".."].contains($0.name) && !$0.name.holds("/") }
            .sorted(by: \.name)
    }

    mutating func sections() -> [ConfigurationSection] {
        let own = site.musicClasses.first { $0.name == "default" } ?? MusicClass(name: "default")
        return ([own] + classes).map { section($0) }
    }

    /// Music of Asterisk's own packages lies in the folder itself, and class `default` plays it: a folder `default` below
    /// Asterisk's data directory is on no stock machine. A site that names a folder has one for each class.
    private func directory(of name: String) -> String {
        name == "default" && !folder.begins(with: "/") ? folder : "\(folder)/\(name)"
    }

    private mutating func section(_ music: MusicClass) -> ConfigurationSection {
        var options: [ConfigurationOption]
        if music.mode == "custom" {
            options = [ConfigurationOption("mode", "custom"), ConfigurationOption("application", music.application)]
        } else {
            if music.mode != "files" {
                remarks.append("music class \(music.name): mode \(music.mode) is played as files")
            }
            options = [
                ConfigurationOption("mode", "files"), ConfigurationOption("directory", directory(of: music.name)),
            ]
        }
        switch music.sort {
        case "alphabetical": options.append(ConfigurationOption("sort", "alpha"))
        case "random_start": options.append(ConfigurationOption("sort", "randstart"))
        case let sort?: options.append(ConfigurationOption("sort", sort))
        case nil: break
        }
        return ConfigurationSection(music.name, label: music.label, options)
    }
}

/// features.conf (contract 44 §8): digits during a call.
struct FeaturesFile {
    private let site: Site

    init(_ site: Site) { self.site = site }

    func sections() -> [ConfigurationSection] {
        let rows = site.features.isEmpty ? Seeds.features : site.features
        var general = rows["general", default: []]
        let map = rows["featuremap", default: []]
        // One code hangs up and also gives an attended transfer up.
        if let code = map.last(where: { $0.key == "disconnect" })?.value {
            general.removeAll { $0.key == "atxferabort" }
            general.append(ConfigurationOption("atxferabort", code))
        }
        return [
            ConfigurationSection("general", general), ConfigurationSection("featuremap", map),
            ConfigurationSection("applicationmap", rows["applicationmap", default: []]),
        ]
    }
}

/// iax.conf (contract 44 §3), needed with IAX trunks only.
struct IAXFile {
    private let site: Site

    init(_ site: Site) { self.site = site }

    var isNeeded: Bool { site.trunks.contains { $0.iaxEndpoint != nil } }

    func sections() -> [ConfigurationSection] {
        let general = site.iax.general.isEmpty ? Seeds.iax : site.iax.general
        var first = ConfigurationSection("general")
        first.entries = general.filter { $0.key != "disallow" }.flatMap { option -> [ConfigurationSection.Entry] in
            if option.key == "register" { return [.object("register", option.value)] }
            return Self.codecs(option).map { .option($0.key, $0.value) }
        }
        var sections = [first]
        if !site.iax.callLimits.isEmpty {
            let limits = site.iax.callLimits.sorted(by: \.network)
            sections.append(
                ConfigurationSection("callnumberlimits", limits.map { ConfigurationOption($0.network, $0.calls) })
            )
        }
        for peer in site.iax.peers.sorted(by: \.name) where !["general", "callnumberlimits"].contains(peer.name) {
            let options = peer.options.filter { !$0.value.isEmpty && $0.key != "disallow" }.flatMap(Self.codecs)
            sections.append(ConfigurationSection(peer.name, options))
        }
        return sections
    }

    /// A list of codecs forbids all others.
    private static func codecs(_ option: ConfigurationOption) -> [ConfigurationOption] {
        guard option.key == "allow" else { return [option] }
        let codecs = option.value.parts(separatedBy: ",").map { $0.without(" ") }.filter { !$0.isEmpty }
        return [ConfigurationOption("disallow", "all")] + codecs.map { ConfigurationOption("allow", String($0)) }
    }
}
