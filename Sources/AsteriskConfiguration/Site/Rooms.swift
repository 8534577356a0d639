struct Pickup: Sendable {
    var id: Int
}

struct PickupMember: Sendable {
    enum Category: String, Sendable {
        /// may pick up
        case member
        /// may be picked up
        case pickup
    }
    var pickup: Int
    var category: Category
    /// user, group or queue
    var type: String
    var member: Int
}

/// What is known of a group or queue besides Asterisk's options.
struct QueueObject: Sendable {
    var id: Int
    /// Name of its queue in Asterisk.
    var name: String
    var label = ""
}

/// An enabled queue of Asterisk: of a group or of a queue.
struct Queue: Sendable {
    var name: String
    var isGroup: Bool
    /// Columns that are set, in the order of the table.
    var options: [ConfigurationOption] = []
}

/// An enabled member of usertype `user`.
struct QueueMember: Sendable {
    var queue: String
    var interface: String
    var penalty = 0
    var user: Int
    var position = 0
}

/// An enabled mailbox.
struct Mailbox: Sendable {
    var id: Int
    var context: String
    var number: String
    var password = ""
    var fullName = ""
    var email = ""
    var pager = ""
    var language = ""
    var zone = ""
    var attaches: Bool?
    var deletes = false
    var maximum: Int?
    var options: [ConfigurationOption] = []
}

struct Conference: Sendable {
    var id: Int
    var label = ""
    var maximumUsers = 50
    var records = false
    var isQuiet = false
    var announcesNames = false
    var announcesCount = false
    var announcesOnlyUser = true
    var musicClass = ""
    var hasAdministrator = false
}

struct ParkingLot: Sendable {
    var id: Int
    var label = ""
    var firstSlot: String
    var lastSlot: String
    var timeout: Int?
    var musicClass = ""
}

struct MusicClass: Sendable {
    var name: String
    var label = ""
    var mode = "files"
    var application = ""
    var sort: String?
}
