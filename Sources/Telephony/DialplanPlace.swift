/// A place in the dialplan.
public struct DialplanPlace: Sendable, Hashable {
    /// Context.
    public var context: String
    /// Extension.
    public var exten: String
    /// Priority, from 1.
    public var priority: Int

    /// A place with its parts.
    public init(context: String, exten: String, priority: Int = 1) {
        self.context = context
        self.exten = exten
        self.priority = priority
    }
}
