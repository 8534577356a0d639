/// Everything of the directory that Asterisk's files are made of, read at one moment. It holds secrets.
public struct Site: Sendable {
    var tenants: [Tenant] = []
    var contexts: [Context] = []
    var includes: [ContextInclude] = []
    var extensions: [Extension] = []

    var users: [User] = []
    var lines: [Line] = []
    var userLines: [UserLine] = []
    var lineExtensions: [LineExtension] = []
    /// Names of SCCP lines by id.
    var sccpNames: [Int: String] = [:]
    /// Interfaces of custom endpoints by id.
    var customInterfaces: [Int: String] = [:]

    var endpoints: [SIPEndpoint] = []
    var transports: [Transport] = []
    var trunks: [Trunk] = []
    var meetings: [Meeting] = []
    var iax = IAXSite()

    var pickups: [Pickup] = []
    var pickupMembers: [PickupMember] = []
    var groups: [QueueObject] = []
    var queueObjects: [QueueObject] = []
    var queues: [Queue] = []
    var queueMembers: [QueueMember] = []
    var queueGeneral: [ConfigurationOption] = []

    var mailboxes: [Mailbox] = []
    var voicemailGeneral: [ConfigurationOption] = []
    var voicemailZones: [ConfigurationOption] = []

    var conferences: [Conference] = []
    var parkingLots: [ParkingLot] = []
    var musicClasses: [MusicClass] = []
    /// UUIDs.
    var applications: [String] = []

    var featureCodes: [FeatureCode] = []
    /// Rows of features.conf by section.
    var features: [String: [ConfigurationOption]] = [:]
    var callFilters: Set<Int> = []
    var callFilterMembers: [CallFilterMember] = []
    var functionKeys: [FunctionKey] = []

    var voiceMenus: [VoiceMenu] = []
    var destinations: [Destination] = []

    /// Raw sections by file name (contract 44 §10).
    var rawFiles: [String: [RawSection]] = [:]
    /// What could not be read, for the log.
    public internal(set) var remarks: [String] = []

    init() {}
}

struct Tenant: Sendable {
    var uuid: String
    var recordingStart = ""
    var recordingStop = ""
}

struct Context: Sendable {
    var name: String
    var tenant: String
    var type = "internal"
    var label = ""
}

struct ContextInclude: Sendable {
    var context: String
    var include: String
    var priority = 0
}

/// A number in a context. Only those that are enabled and lead somewhere are read.
struct Extension: Sendable {
    var id: Int
    var context: String
    var exten: String
    var type: String
    /// Id of its object as text.
    var target: String
}

struct FeatureCode: Sendable {
    var uuid: String
    var exten: String
    var feature: String
    var isEnabled = true
}

struct CallFilterMember: Sendable {
    var id: Int
    var filter: Int
    var user: Int
}

/// A key of a template of a user's phone, as far as it has a hint.
struct FunctionKey: Sendable {
    enum Target: Sendable, Hashable {
        case service(code: String)
        case forward(code: String, number: String)
        case groupMember(code: String, group: Int)
        case agent(code: String, agent: Int)
        case callFilter(member: Int)
        case custom(exten: String)
    }
    var template: Int
    var lights: Bool
    var target: Target
}

/// A voice menu and its keys.
struct VoiceMenu: Sendable {
    struct Choice: Sendable {
        var id: Int
        var exten: String
    }
    var id: Int
    var label = ""
    var greetingSound = ""
    var menuSound = ""
    var invalidSound = ""
    var abortSound = ""
    var timeout = 5
    var maximumTries = 3
    var choices: [Choice] = []
}

/// Where a call goes on an event of an object (table dialaction).
struct Destination: Sendable {
    var event: String
    var category: String
    var object: String
    var action: String
    var argument1 = ""
    var argument2 = ""
}

/// A section that is written as it is stored.
struct RawSection: Sendable, Hashable {
    var name: String
    var options: [ConfigurationOption] = []
}
