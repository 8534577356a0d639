/// confbridge.conf (contract 44 §7): bases, the profiles of each conference, menus, the profiles of meetings.
struct ConfBridgeFile {
    private let site: Site

    init(_ site: Site) { self.site = site }

    func sections() -> [ConfigurationSection] {
        var raw = site.rawFiles["confbridge.conf"] ?? Seeds.confBridge
        // Without the two bases Asterisk refuses the whole file.
        for base in Seeds.confBridge.reversed() where !raw.contains(where: { $0.name == base.name }) {
            raw.insert(base, at: 0)
        }
        return raw.map { ConfigurationSection($0.name, $0.options) }
            + site.conferences.sorted { $0.id < $1.id }.flatMap(Self.profiles) + Self.menus + Self.meetingProfiles
    }

    private static func profiles(_ conference: Conference) -> [ConfigurationSection] {
        func yes(_ flag: Bool) -> String { flag ? "yes" : "no" }
        let id = conference.id
        var user = [
            ConfigurationOption("type", "user"), ConfigurationOption("quiet", yes(conference.isQuiet)),
            ConfigurationOption("announce_join_leave", yes(conference.announcesNames)),
            ConfigurationOption("announce_user_count", yes(conference.announcesCount)),
            ConfigurationOption("announce_only_user", yes(conference.announcesOnlyUser)),
        ]
        if !conference.musicClass.isEmpty {
            user.append(ConfigurationOption("music_on_hold_when_empty", "yes"))
            user.append(ConfigurationOption("music_on_hold_class", conference.musicClass))
        }
        var sections = [
            ConfigurationSection(
                "wazo-bridge-profile-\(id)",
                form: .inheriting("wazo_default_bridge"),
                label: conference.label,
                [
                    ConfigurationOption("type", "bridge"),
                    ConfigurationOption("max_members", "\(conference.maximumUsers)"),
                    ConfigurationOption("record_conference", yes(conference.records)),
                ]
            ),
            ConfigurationSection("wazo-user-profile-\(id)", form: .inheriting("wazo_default_user"), user),
        ]
        if conference.hasAdministrator {
            sections.append(
                ConfigurationSection(
                    "wazo-admin-profile-\(id)",
                    form: .inheriting("wazo-user-profile-\(id)"),
                    [ConfigurationOption("admin", "yes")]
                )
            )
        }
        return sections
    }

    // MARK: Menus

    private static func help(_ keys: [(String, String)]) -> ConfigurationOption {
        let prompts = ["dir-multi1"] + keys.flatMap { ["digits/\($0.0)", "confbridge-\($0.1)-out"] }
        return ConfigurationOption("*", "playback_and_continue(\(prompts.joined(separator: "&")))")
    }

    private static let volume = [
        ("4", "dec-list-vol"), ("5", "rest-list-vol"), ("6", "inc-list-vol"), ("7", "dec-talk-vol"),
        ("8", "rest-talk-vol"), ("9", "inc-talk-vol"),
    ]

    private static let menus = [
        ConfigurationSection(
            "wazo-default-user-menu",
            [
                ConfigurationOption("type", "menu"), ConfigurationOption("1", "toggle_mute"),
                ConfigurationOption("4", "decrease_listening_volume"),
                ConfigurationOption("5", "reset_listening_volume"),
                ConfigurationOption("6", "increase_listening_volume"),
                ConfigurationOption("7", "decrease_talking_volume"), ConfigurationOption("8", "reset_talking_volume"),
                ConfigurationOption("9", "increase_talking_volume"), help([("1", "mute")] + volume),
            ]
        ),
        ConfigurationSection(
            "wazo-default-admin-menu",
            form: .inheriting("wazo-default-user-menu"),
            [
                ConfigurationOption("type", "menu"), ConfigurationOption("2", "admin_toggle_conference_lock"),
                ConfigurationOption("3", "admin_kick_last"), ConfigurationOption("0", "admin_toggle_mute_participants"),
                help([("1", "mute"), ("2", "lock"), ("3", "remove-last")] + volume),
            ]
        ),
        ConfigurationSection(
            "wazo-meeting-menu",
            [ConfigurationOption("type", "menu"), ConfigurationOption("1", "toggle_mute"), help([("1", "mute")])]
        ),
    ]

    // MARK: Meetings

    private static let meetingProfiles = [
        ConfigurationSection(
            "wazo-meeting-bridge-profile",
            [
                ("type", "bridge"), ("video_mode", "sfu"), ("remb_send_interval", "1000"),
                ("remb_behavior", "lowest_all"), ("max_members", "25"), ("record_conference", "no"),
                ("enable_events", "yes"), ("sound_join", "confbridge-join"), ("sound_leave", "confbridge-leave"),
            ].map { ConfigurationOption($0.0, $0.1) }
        ),
        ConfigurationSection(
            "wazo-meeting-user-profile",
            [
                ("type", "user"), ("dsp_drop_silence", "yes"), ("talk_detection_events", "yes"),
                ("echo_events", "yes"), ("send_events", "yes"), ("announce_join_leave", "no"),
                ("announce_user_count", "no"), ("announce_only_user", "no"),
            ].map { ConfigurationOption($0.0, $0.1) }
        ),
    ]
}
