struct User: Sendable {
    var id: Int
    var uuid: String
    /// `"name" <number>`, the number often missing.
    var callerID = ""
    var mailbox: Int?
    var simultaneousCalls = 5
    var hasHint = true
    var recordsOnline = false
    /// The template of function keys that is the user's own.
    var template = 0
}

struct Line: Sendable {
    var id: Int
    var context: String
    var application: String?
    var isEnabled = true
    var sipEndpoint: String?
    var sccp: Int?
    var custom: Int?
}

struct UserLine: Sendable {
    var user: Int
    var line: Int
    var isMainUser = true
    var isMainLine = true
}

struct LineExtension: Sendable {
    var line: Int
    var `extension`: Int
    var isMain = true
}

/// A PJSIP endpoint or a template of some.
struct SIPEndpoint: Sendable {
    /// The parts of it, each a section of pjsip.conf of its own (enum `endpoint_sip_section_type`).
    enum Part: String, Sendable, CaseIterable {
        case aor, auth, endpoint, identify
        case outboundAuth = "outbound_auth"
        case registration
        case registrationOutboundAuth = "registration_outbound_auth"
    }

    var uuid: String
    var name: String
    var label = ""
    var tenant: String
    var transport: String?
    /// Templates in order: the last is the strongest.
    var parents: [String] = []
    var parts: [Part: [ConfigurationOption]] = [:]
}

struct Transport: Sendable {
    var uuid: String
    var name: String
    var options: [ConfigurationOption] = []
}

struct Trunk: Sendable {
    var id: Int
    var sipEndpoint: String?
    var iaxEndpoint: Int?
    var context = ""
    var callerIDFormat = "+E164"
}

struct Meeting: Sendable {
    var uuid: String
    var name = ""
    var guestEndpoint: String?
}

/// What iax.conf is made of.
struct IAXSite: Sendable {
    struct Peer: Sendable {
        var id: Int
        var name: String
        /// Columns that are set, in the order of the table, `allow` as it is stored; then the extra options.
        var options: [ConfigurationOption] = []
    }
    struct CallLimit: Sendable {
        var network: String
        var calls: String
    }
    var general: [ConfigurationOption] = []
    var callLimits: [CallLimit] = []
    /// Enabled peers of category trunk.
    var peers: [Peer] = []
}
