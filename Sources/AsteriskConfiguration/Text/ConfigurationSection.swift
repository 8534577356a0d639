/// One `key = value` of a section.
struct ConfigurationOption: Hashable, Sendable {
    var key: String
    var value: String

    init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }

    /// A channel variable of an endpoint.
    static func variable(_ name: String, _ value: String) -> ConfigurationOption {
        ConfigurationOption("set_var", "\(name)=\(value)")
    }
}

/// One section of a configuration file of Asterisk, as data: the writer makes text of it.
struct ConfigurationSection: Hashable, Sendable {
    /// A line of it.
    enum Entry: Hashable, Sendable {
        /// `key = value`
        case option(String, String)
        /// `key => value`: mailboxes, IAX registrations, includes, the first step of an extension
        case object(String, String)
        /// A further step of the extension before it.
        case step(String)
    }

    /// What follows the name in parentheses.
    enum Form: Hashable, Sendable {
        case plain
        /// Takes over the options of another section.
        case inheriting(String)
        /// Adds to a section that stands before it.
        case addition
    }

    var name: String
    var form = Form.plain
    /// What people call it; a comment line.
    var label = ""
    var entries: [Entry] = []

    init(_ name: String, form: Form = .plain, label: String = "", _ options: [ConfigurationOption] = []) {
        self.name = name
        self.form = form
        self.label = label
        entries = options.map { .option($0.key, $0.value) }
    }
}
