import Core

/// The shape of a JSON value, for the API's descriptions.
///
///     static let call = Schema.named("Call", .object(["id": .string, "user_uuid": .string.nullable]))
public struct Schema: Sendable {
    /// A member of an object.
    struct Member: Sendable {
        var name: String
        var schema: Schema
        var isRequired: Bool
    }

    private indirect enum Shape: Sendable {
        case keywords([String: JSONValue])
        case list(Schema)
        case map(Schema)
        case object([Member])
        case named(String, Schema)
    }

    private var shape: Shape
    private var isNullable = false
    private var extra: [String: JSONValue] = [:]

    private init(_ shape: Shape) { self.shape = shape }

    // MARK: Making

    /// Anything.
    public static let any = Schema(.keywords([:]))
    /// A text.
    public static let string = Schema(.keywords(["type": "string"]))
    /// A UUID.
    public static let uuid = Schema(.keywords(["type": "string", "format": "uuid"]))
    /// A moment in ISO 8601.
    public static let instant = Schema(.keywords(["type": "string", "format": "date-time"]))
    /// An integer.
    public static let integer = Schema(.keywords(["type": "integer"]))
    /// A number.
    public static let number = Schema(.keywords(["type": "number"]))
    /// A boolean.
    public static let boolean = Schema(.keywords(["type": "boolean"]))
    /// Bytes.
    static let bytes = Schema(.keywords(["type": "string", "format": "binary"]))

    /// A list.
    public static func list(of element: Schema) -> Schema { Schema(.list(element)) }
    /// An object with any keys.
    public static func map(of element: Schema) -> Schema { Schema(.map(element)) }
    /// `{"items": […]}`, with the counts that the endpoint adds.
    public static func items(of element: Schema, counts: [String] = []) -> Schema {
        let members = [Member(name: "items", schema: .list(of: element), isRequired: true)]
        return Schema(.object(members + counts.map { Member(name: $0, schema: .integer, isRequired: true) }))
    }
    /// An object with these members, all of them always there.
    public static func object(_ members: KeyValuePairs<String, Schema>) -> Schema {
        Schema(.object(members.map { Member(name: $0.key, schema: $0.value, isRequired: true) }))
    }
    /// An object with all of these members, or an empty one.
    public static func objectOrEmpty(_ members: KeyValuePairs<String, Schema>) -> Schema {
        Schema(.object(members.map { Member(name: $0.key, schema: $0.value, isRequired: false) }))
    }
    /// A shape that has a name of its own in the descriptions.
    public static func named(_ name: String, _ schema: Schema) -> Schema { Schema(.named(name, schema)) }

    static func object(fields: [Member]) -> Schema { Schema(.object(fields)) }

    /// The same, or null.
    public var nullable: Schema {
        var schema = self
        schema.isNullable = true
        return schema
    }

    func constrained(by keywords: [[String: JSONValue]]) -> Schema {
        var schema = self
        for words in keywords { schema.extra.merge(words) { $1 } }
        return schema
    }

    // MARK: Writing

    /// The two languages in which we describe the interface.
    enum Language: Sendable {
        case swagger2
        case openAPI31

        var reference: String { self == .swagger2 ? "#/definitions/" : "#/components/schemas/" }
    }

    /// The schema in a language; named ones are put into `definitions` and referred to.
    func json(_ language: Language, definitions: inout [String: JSONValue]) -> JSONValue {
        var words: [String: JSONValue]
        switch shape {
        case .keywords(let keywords): words = keywords
        case .list(let element):
            words = ["type": "array", "items": element.json(language, definitions: &definitions)]
        case .map(let element):
            words = ["type": "object", "additionalProperties": element.json(language, definitions: &definitions)]
        case .object(let members): words = Self.object(members, language, &definitions)
        case .named(let name, let schema):
            definitions[name] = definitions[name] ?? schema.json(language, definitions: &definitions)
            let reference: JSONValue = ["$ref": .string(language.reference + name)]
            guard isNullable, language == .openAPI31 else { return reference }
            return ["anyOf": [reference, ["type": "null"]]]
        }
        words.merge(extra) { $1 }
        if isNullable { Self.makeNullable(&words, language) }
        return .object(words)
    }

    private static func object(
        _ members: [Member],
        _ language: Language,
        _ definitions: inout [String: JSONValue]
    ) -> [String: JSONValue] {
        var words: [String: JSONValue] = ["type": "object"]
        var properties: [String: JSONValue] = [:]
        for member in members { properties[member.name] = member.schema.json(language, definitions: &definitions) }
        if !properties.isEmpty { words["properties"] = .object(properties) }
        let required = members.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { words["required"] = .array(required) }
        return words
    }

    private static func makeNullable(_ words: inout [String: JSONValue], _ language: Language) {
        guard language == .openAPI31 else {
            words["x-nullable"] = true
            return
        }
        if let type = words["type"] { words["type"] = [type, "null"] }
        if let choices = words["enum"]?.array { words["enum"] = .array(choices + [.null]) }
    }
}
