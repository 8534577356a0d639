/// What callers of a box hear first (contract 31 §1).
public enum Greeting: String, Sendable, Hashable, CaseIterable {
    /// Nobody answers.
    case unavailable
    /// The line is busy.
    case busy
    /// The owner's name, in the announcements that Asterisk composes.
    case name

    /// The file's name without its extension.
    public var file: String {
        switch self {
        case .unavailable: "unavail"
        case .busy: "busy"
        case .name: "greet"
        }
    }
}
