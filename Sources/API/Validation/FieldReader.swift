public import Core

/// What an object does with fields that it does not know.
public enum UnknownFields: Sendable {
    /// Nothing; the ordinary case (contract 00 §3.1).
    case ignored
    /// `{"<name>": ["Unknown field."]}`, where a document says so.
    case rejected
}

/// Reads the fields of an object one by one and gathers every fault, so that a client sees all of them at once
/// (contract 00 §5.2).
///
/// A field that cannot be read gives a stand-in, so that the reading type stays plain; it is never seen, because
/// a reader with faults ends in a failure.
public struct FieldReader: ~Copyable {
    /// What a type reads, for the API's descriptions.
    struct Description {
        var name: String
        var schema: Schema
        var isRequired: Bool
    }

    private let members: [String: JSONValue]
    private let dialect: Dialect
    private let unknownFields: UnknownFields
    private var faults: [String: JSONValue] = [:]
    private var known: [String] = []
    private let isDescribing: Bool
    private(set) var descriptions: [Description] = []

    init(
        _ members: [String: JSONValue],
        dialect: Dialect,
        unknownFields: UnknownFields,
        isDescribing: Bool = false
    ) {
        self.members = members
        self.dialect = dialect
        self.unknownFields = unknownFields
        self.isDescribing = isDescribing
    }

    /// The faults so far, those of unknown fields included.
    var allFaults: [String: JSONValue] {
        guard unknownFields == .rejected else { return faults }
        var all = faults
        for name in members.keys where !known.contains(name) {
            if all.count - faults.count == Fault.maximumTold { break }
            all[name] = SchemaFault.unknownField
        }
        return all
    }

    // MARK: Fields

    /// A field that must be there and not be null.
    public mutating func required<Value>(_ name: String, _ field: Field<Value>) -> Value {
        note(name, field, isRequired: true)
        guard let value = members[name] else {
            faults[name] = Fault.rendered([.missing], in: dialect)
            return field.placeholder()
        }
        return read(name, value, field) ?? field.placeholder()
    }

    /// A field that may be absent, but not null.
    public mutating func optional<Value>(_ name: String, _ field: Field<Value>) -> Value? {
        note(name, field)
        guard let value = members[name] else { return nil }
        return read(name, value, field)
    }

    /// A field with a default when it is absent; null is a fault.
    public mutating func optional<Value>(_ name: String, _ field: Field<Value>, default fallback: Value) -> Value {
        note(name, field, default: fallback)
        guard let value = members[name] else { return fallback }
        return read(name, value, field) ?? fallback
    }

    /// A field that may be null, which reads as `nil`.
    /// - Parameter fallback: What an absent field reads as.
    public mutating func nullable<Value>(
        _ name: String,
        _ field: Field<Value>,
        default fallback: Value? = nil
    ) -> Value? {
        note(name, field, isNullable: true, default: fallback)
        guard let value = members[name] else { return fallback }
        return value == .null ? nil : read(name, value, field)
    }

    // MARK: Rules between fields

    /// Whether the field is there, null included.
    public func has(_ name: String) -> Bool { members[name] != nil }

    /// The field as it came; `nil` when it is absent.
    public func raw(_ name: String) -> JSONValue? { members[name] }

    /// Adds a fault that a single field's rules cannot tell.
    public mutating func fault(_ name: String, _ fault: Fault) {
        faults[name] = Fault.rendered([fault], in: dialect)
    }

    /// Adds a fault of a shape of its own.
    public mutating func fault(_ name: String, details: JSONValue) { faults[name] = details }

    // MARK: How

    private mutating func read<Value>(_ name: String, _ value: JSONValue, _ field: Field<Value>) -> Value? {
        if value == .null {
            faults[name] = Fault.rendered([.null], in: dialect)
            return nil
        }
        switch field.read(value, dialect) {
        case .value(let value): return value
        case .invalid(let details):
            faults[name] = details
            return nil
        }
    }

    private mutating func note<Value>(
        _ name: String,
        _ field: Field<Value>,
        isRequired: Bool = false,
        isNullable: Bool = false,
        default fallback: Value? = nil
    ) {
        if unknownFields == .rejected { known.append(name) }
        guard isDescribing else { return }
        var schema = isNullable ? field.schema().nullable : field.schema()
        if let text = fallback.flatMap(field.json) { schema = schema.constrained(by: [["default": text]]) }
        descriptions.append(Description(name: name, schema: schema, isRequired: isRequired))
    }
}
