/// The files of Asterisk that follow from a site's directory (contract 44): the same site always gives the same
/// bytes.
public struct GeneratedConfiguration: Sendable {
    /// What the files need to know besides the directory.
    public struct Options: Sendable, Hashable {
        /// Where the folders of music are; a relative path is below Asterisk's data directory.
        public var musicFolder: String

        /// - Parameter musicFolder: See ``musicFolder``.
        public init(musicFolder: String = "moh") { self.musicFolder = musicFolder }
    }

    /// One file.
    public struct File: Sendable, Hashable {
        /// Its name, for instance `pjsip.conf`.
        public let name: String
        /// All of it.
        public let text: String
        /// Whether it is written though there is no such file yet.
        public let isNeeded: Bool
    }

    /// In the order in which Asterisk reads them again: what others refer to comes first.
    public let files: [File]
    /// What was left out or looks wrong, one line each, without secrets.
    public let remarks: [String]
    /// Folders of music classes that must hold files, by their names below ``Options/musicFolder``.
    public let musicFolders: [String]

    /// Makes the files.
    public init(_ site: Site, options: Options = Options()) {
        var site = site
        if site.transports.isEmpty { site.transports = Seeds.transports }
        var collection = Collection(remarks: site.remarks)
        var music = MusicFile(site, folder: options.musicFolder)
        var voicemail = VoicemailFile(site)
        var extensions = ExtensionsFile(site)
        var pjsip = PJSIPFile(site)
        var parking = ParkingFile(site)
        let iax = IAXFile(site)
        collection.add(
            "rtp.conf",
            Self.raw("rtp.conf", site) ?? Seeds.rtp.map { ConfigurationSection($0.name, $0.options) }
        )
        collection.add("hep.conf", Self.raw("hep.conf", site) ?? [], isNeeded: site.rawFiles["hep.conf"] != nil)
        collection.add("musiconhold.conf", music.sections())
        collection.add("features.conf", FeaturesFile(site).sections())
        collection.add("confbridge.conf", ConfBridgeFile(site).sections())
        collection.add("voicemail.conf", voicemail.sections())
        collection.add("iax.conf", iax.isNeeded ? iax.sections() : [], isNeeded: iax.isNeeded)
        collection.add("pjsip.conf", pjsip.sections())
        collection.add("extensions.conf", extensions.sections())
        collection.add("queues.conf", QueuesFile(site).sections())
        collection.add("res_parking.conf", parking.sections())
        files = collection.files
        remarks =
            collection.remarks + music.remarks + voicemail.remarks + pjsip.remarks + extensions.remarks
            + parking.remarks
        musicFolders = music.folders
    }

    private static func raw(_ name: String, _ site: Site) -> [ConfigurationSection]? {
        site.rawFiles[name]?.map { ConfigurationSection($0.name, $0.options) }
    }

    private struct Collection {
        var files: [File] = []
        var remarks: [String]

        mutating func add(_ name: String, _ sections: [ConfigurationSection], isNeeded: Bool = true) {
            var writer = ConfigurationWriter()
            writer.write(sections)
            files.append(File(name: name, text: writer.text, isNeeded: isNeeded))
            remarks += writer.remarks.map { "\(name): \($0)" }
        }
    }
}
