/// The part of a list that a query asks for (contract 00 §3.3; each endpoint's document sets the limits).
///
/// `Column` is the endpoint's own enumeration of the columns that `order` may name.
public struct Paging<Column: RawRepresentable<String> & CaseIterable & Sendable>: Sendable {
    /// Which end comes first.
    public enum Direction: String, CaseIterable, Sendable {
        /// The smallest first.
        case ascending = "asc"
        /// The greatest first.
        case descending = "desc"
    }

    /// Elements at most; `nil`: all.
    public let limit: Int?
    /// Elements that are left out at the beginning.
    public let offset: Int
    /// Which end comes first.
    public let direction: Direction
    /// What is sorted by.
    public let order: Column
    /// A text that elements must hold.
    public let search: String?

    /// Reads the query's part.
    /// - Parameters:
    ///   - reader: The query.
    ///   - order: The column when none is named.
    ///   - minimumLimit: The smallest `limit`.
    ///   - hasSearch: Whether the endpoint knows `search`.
    public init(
        reading reader: inout FieldReader,
        order: Column,
        minimumLimit: Int = 0,
        hasSearch: Bool = true
    ) {
        limit = reader.optional("limit", .integer(.range(min: minimumLimit)))
        offset = reader.optional("offset", .integer(.range(min: 0)), default: 0)
        direction = reader.optional("direction", .choice(), default: .ascending)
        self.order = reader.optional("order", .choice(), default: order)
        search = hasSearch ? reader.optional("search", .string()) : nil
    }

    /// The wanted part of `elements`, which are sorted and filtered already.
    public func part<Element>(of elements: [Element]) -> [Element] {
        let rest = elements.dropFirst(offset)
        return Array(limit.map { rest.prefix($0) } ?? rest)
    }
}
