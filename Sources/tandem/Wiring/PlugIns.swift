/// A feature that a site can leave out with `enabled_plugins`.
enum PlugIn: String, CaseIterable, Sendable {
    case adhocConferences = "adhoc_conferences"
    case api, applications, calls, config, faxes
    case parkingLots = "parking_lots"
    case relocates, status, switchboards, transfers, voicemails
}

/// The features of a site: the routes and handlers of one that is left out are not there.
struct PlugIns: Sendable {
    private let enabled: Set<String>

    init(_ settings: Settings) { enabled = settings.enabledFeatures }

    func isOn(_ plugIn: PlugIn) -> Bool { enabled.contains(plugIn.rawValue) }

    /// The parts of features that are there; one of no feature always is.
    func parts<Part>(_ parts: [(plugIn: PlugIn?, part: Part)]) -> [Part] {
        parts.filter { $0.plugIn.map(isOn) ?? true }.map(\.part)
    }
}
