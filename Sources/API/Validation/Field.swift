public import Core
public import Foundation

/// How one value is read: its type with the contract's coercion, its constraints, its words in the API's
/// descriptions. Kinds are composed: `.list(of: .string(.length(min: 1)))`.
public struct Field<Value: Sendable>: Sendable {
    /// What reading gave: the value, or what `details` says of it.
    enum Reading: Sendable {
        case value(Value)
        case invalid(JSONValue)
    }

    let schema: @Sendable () -> Schema
    /// Stands in for a value that could not be read; it never leaves a reader that has faults.
    let placeholder: @Sendable () -> Value
    /// Reads a value that is not null.
    let read: @Sendable (JSONValue, Dialect) -> Reading
    /// A value as JSON, for a default in the API's descriptions.
    let json: @Sendable (Value) -> JSONValue?

    init(
        schema: @autoclosure @escaping @Sendable () -> Schema,
        placeholder: @autoclosure @escaping @Sendable () -> Value,
        json: @escaping @Sendable (Value) -> JSONValue? = { _ in nil },
        read: @escaping @Sendable (JSONValue, Dialect) -> Reading
    ) {
        self.schema = schema
        self.placeholder = placeholder
        self.json = json
        self.read = read
    }

    /// A value turned into a feature's own type: `.converted(.integer()) { LineID($0) }`. `transform` must work for
    /// every value of the field.
    public static func converted<Raw>(
        _ field: Field<Raw>,
        _ transform: @escaping @Sendable (Raw) -> Value
    ) -> Field {
        Field(schema: field.schema(), placeholder: transform(field.placeholder())) { value, dialect in
            switch field.read(value, dialect) {
            case .value(let value): .value(transform(value))
            case .invalid(let details): .invalid(details)
            }
        }
    }

    /// A scalar with its checks: all that are broken are told.
    static func scalar(
        _ schema: Schema,
        placeholder: Value,
        fault: Fault,
        checks: [Check<Value>],
        json: @escaping @Sendable (Value) -> JSONValue?,
        convert: @escaping @Sendable (JSONValue) -> Value?
    ) -> Field {
        Field(
            schema: schema.constrained(by: checks.map(\.keywords)),
            placeholder: placeholder,
            json: json
        ) { value, dialect in
            guard let converted = convert(value) else { return .invalid(Fault.rendered([fault], in: dialect)) }
            let faults = checks.compactMap { $0.fault(converted) }
            return faults.isEmpty ? .value(converted) : .invalid(Fault.rendered(faults, in: dialect))
        }
    }
}

extension Field where Value == String {
    /// A text; only JSON strings. One that holds a NUL is refused: neither PostgreSQL nor Asterisk could take it.
    public static func string(_ checks: Check<String>...) -> Field { text(checks) }

    fileprivate static func text(_ checks: [Check<String>]) -> Field {
        scalar(
            .string,
            placeholder: "",
            fault: .type("string", "Not a valid string."),
            checks: checks,
            json: JSONValue.string
        ) { value in
            value.string.flatMap { $0.utf8.contains(0) ? nil : $0 }
        }
    }

    /// A UUID in its canonical form, given back in lower case.
    public static var uuid: Field {
        scalar(
            .uuid,
            placeholder: "",
            fault: .type("uuid", "Not a valid UUID."),
            checks: [],
            json: JSONValue.string
        ) { value in
            value.string.flatMap(Self.canonicalUUID)
        }
    }

    private static func canonicalUUID(_ text: String) -> String? {
        UUID(uuidString: text)?.uuidString.lowercased()
    }
}

extension Field where Value: RawRepresentable<String> {
    /// A text as one of our identifiers (`UserID`, `ChannelID`, …), which take any text.
    public static func identifier(_ checks: Check<String>...) -> Field {
        .converted(.text(checks)) { text in
            guard let identifier = Value(rawValue: text) else {
                preconditionFailure("an identifier takes any text; use .choice for a closed set")
            }
            return identifier
        }
    }
}

extension Field where Value == Int {
    /// An integer, coerced as the contract says.
    public static func integer(_ checks: Check<Int>...) -> Field {
        scalar(
            .integer,
            placeholder: 0,
            fault: .type("integer", "Not a valid integer."),
            checks: checks,
            json: { .integer(Int64($0)) },
            convert: Coercion.integer
        )
    }
}

extension Field where Value == Bool {
    /// A boolean, coerced as the contract says.
    public static var boolean: Field {
        scalar(
            .boolean,
            placeholder: false,
            fault: .type("boolean", "Not a valid boolean."),
            checks: [],
            json: JSONValue.bool,
            convert: Coercion.boolean
        )
    }
}

extension Field where Value == Date {
    /// A moment in ISO 8601 that says its zone (contract 31 §3.5).
    public static var instant: Field {
        Field(schema: .instant, placeholder: Date(timeIntervalSince1970: 0)) { value, dialect in
            switch value.string.map(Instant.parse) ?? .invalid {
            case .date(let date): .value(date)
            case .withoutZone:
                .invalid(Fault.rendered([.type("datetime", "Not a valid aware datetime.")], in: dialect))
            case .invalid: .invalid(Fault.rendered([.type("datetime", "Not a valid datetime.")], in: dialect))
            }
        }
    }
}

extension Field where Value == JSONValue {
    /// Any JSON but null.
    public static var any: Field {
        Field(schema: .any, placeholder: .null, json: { $0 }, read: { value, _ in .value(value) })
    }
}

extension Field where Value: RawRepresentable<String> & CaseIterable {
    /// One of the cases of a feature's own enumeration; compared exactly.
    public static func choice(_ type: Value.Type = Value.self) -> Field {
        let cases = Array(Value.allCases)
        guard let first = cases.first else { preconditionFailure("a choice has cases") }
        let check = Check<String>.oneOf(cases.map(\.rawValue))
        let text = Field<String>.string(check)
        return Field(schema: text.schema(), placeholder: first, json: { .string($0.rawValue) }) { value, dialect in
            switch text.read(value, dialect) {
            case .invalid(let details): .invalid(details)
            case .value(let raw): .value(Value(rawValue: raw) ?? first)
            }
        }
    }
}
