extension SiteTables {
    func readQueues(into site: inout Site) throws {
        site.pickups = try rows(Self.pickup).filter(\.isEnabled).map { Pickup(id: $0.number("id")) }
        site.pickupMembers = try rows(Self.pickupMember).compactMap { row in
            PickupMember.Category(rawValue: row["category"]).map {
                PickupMember(
                    pickup: row.number("pickupid"),
                    category: $0,
                    type: row["membertype"],
                    member: row.number("memberid")
                )
            }
        }
        site.groups = try rows(Self.groupFeatures).map {
            QueueObject(id: $0.number("id"), name: $0["name"], label: $0["label"])
        }
        site.queueObjects = try rows(Self.queueFeatures).map {
            QueueObject(id: $0.number("id"), name: $0["name"], label: $0["displayname"])
        }
        let columns = presentColumns(Self.queue).filter { !["name", "category", "commented"].contains($0) }
        site.queues = try rows(Self.queue).filter(\.isEnabled).map { row in
            Queue(
                name: row["name"],
                isGroup: row["category"] == "group",
                options: columns.compactMap { column in row.optional(column).map { ConfigurationOption(column, $0) } }
            )
        }
        site.queueMembers = try rows(Self.queueMember).filter { $0.isEnabled && $0["usertype"] == "user" }.map { row in
            QueueMember(
                queue: row["queue_name"],
                interface: row["interface"],
                penalty: row.number("penalty"),
                user: row.number("userid"),
                position: row.number("position")
            )
        }
        site.queueGeneral = try fileOptions(Self.staticQueue, file: "queues.conf")["general", default: []]
    }

    func readRooms(into site: inout Site) throws {
        try readMailboxes(into: &site)
        try readConferencesAndParking(into: &site)
        site.musicClasses = try rows(Self.moh).map { row in
            MusicClass(
                name: row["name"],
                label: row["label"],
                mode: row["mode"],
                application: row["application"],
                sort: row.optional("sort")
            )
        }
    }

    private func readMailboxes(into site: inout Site) throws {
        site.mailboxes = try rows(Self.voicemail).filter(\.isEnabled).map { row in
            Mailbox(
                id: row.number("uniqueid"),
                context: row["context"],
                number: row["mailbox"],
                password: row["password"],
                fullName: row["fullname"],
                email: row["email"],
                pager: row["pager"],
                language: row["language"],
                zone: row["tz"],
                attaches: row.integer("attach").map { $0 != 0 },
                deletes: row.flag("deletevoicemail"),
                maximum: row.integer("maxmsg"),
                options: Self.pairs(row["options"])
            )
        }
        let voicemail = try fileOptions(Self.staticVoicemail, file: "voicemail.conf")
        site.voicemailGeneral = voicemail["general", default: []]
        site.voicemailZones = voicemail["zonemessages", default: []]
    }

    private func readConferencesAndParking(into site: inout Site) throws {
        site.conferences = try rows(Self.conference).map { row in
            Conference(
                id: row.number("id"),
                label: row["name"],
                maximumUsers: row.integer("max_users") ?? 50,
                records: row.flag("record"),
                isQuiet: row.flag("quiet_join_leave"),
                announcesNames: row.flag("announce_join_leave"),
                announcesCount: row.flag("announce_user_count"),
                announcesOnlyUser: row.optional("announce_only_user") == nil || row.flag("announce_only_user"),
                musicClass: row["music_on_hold"],
                hasAdministrator: !row["admin_pin"].isEmpty
            )
        }
        site.parkingLots = try rows(Self.parkingLot).map { row in
            ParkingLot(
                id: row.number("id"),
                label: row["name"],
                firstSlot: row["slots_start"],
                lastSlot: row["slots_end"],
                timeout: row.integer("timeout"),
                musicClass: row["music_on_hold"]
            )
        }
    }

    /// Raw sections by priority, the rest last (contract 44 §10).
    func readRawFiles(into site: inout Site) throws {
        let variables = Dictionary(grouping: try rows(Self.fileVariable)) { $0.number("asterisk_file_section_id") }
        let sections = Dictionary(grouping: try rows(Self.fileSection)) { $0.number("asterisk_file_id") }
        for file in try rows(Self.file) {
            let list = sections[file.number("id"), default: []].map { section in
                RawSection(
                    name: section["name"],
                    options: variables[section.number("id"), default: []].map {
                        ConfigurationOption($0["key"], $0["value"])
                    }
                )
            }
            if !list.isEmpty { site.rawFiles[file["name"]] = list }
        }
    }
}
