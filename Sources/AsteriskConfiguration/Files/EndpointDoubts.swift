import Core

/// What an endpoint names that is not there: it would be loaded, and its calls would fail (contract 44 §11).
struct EndpointDoubts {
    private let contexts: Set<String>

    init(_ site: Site) {
        contexts = Set(site.contexts.map(\.name))
            // contexts of the static dialplan, and of applications
            .union(["wazo-meeting-guest", "wazo-disabled", "xivo-initconfig"])
            .union(site.applications.map { "stasis-wazo-app-\($0)" })
    }

    /// Remarks on the sections of one endpoint.
    func remarks(_ name: String, _ sections: [ConfigurationSection]) -> [String] {
        sections.flatMap(\.entries).flatMap { entry -> [String] in
            guard case .option(let key, let value) = entry else { return [] }
            switch key {
            case "context":
                if contexts.contains(value) { return [] }
                return [
                    "endpoint \(name): there is no context \(ConfigurationWriter.withoutControls(value)), so its calls fail"
                ]
            case "allow":
                return Self.unknownCodecs(value).map { "endpoint \(name): Asterisk knows no codec \($0)" }
            default: return []
            }
        }
    }

    private static func unknownCodecs(_ list: String) -> [String] {
        list.unicodeScalars.split { $0 == "," || $0 == "|" || $0 == " " }.map { word in
            String(scalars: word.drop { $0 == "!" }.prefix { $0 != ":" })
        }.filter { !codecs.contains($0) }.map(ConfigurationWriter.withoutControls)
    }

    /// Those of Asterisk 22.
    private static let codecs: Set<String> = [
        "all", "none", "ulaw", "alaw", "gsm", "g719", "g722", "g723", "g726", "g726aal2", "g729", "adpcm", "slin",
        "slin12", "slin16", "slin24", "slin32", "slin44", "slin48", "slin96", "slin192", "lpc10", "speex", "speex16",
        "speex32", "ilbc", "siren7", "siren14", "testlaw", "opus", "codec2", "silk", "silk8", "silk12", "silk16",
        "silk24", "jpeg", "png", "h261", "h263", "h263p", "h264", "h265", "mpeg4", "vp8", "vp9", "red", "t140",
        "t140red",
    ]
}
