public import Core

/// How an endpoint words its faults (contract 00 §5.2): plain texts, or objects that a program can read, for
/// constraints, for types, or for both. Each feature's document says which.
public struct Dialect: OptionSet, Sendable {
    /// The bits.
    public let rawValue: Int
    /// A dialect by its bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Texts only: `{"extension": ["Shorter than minimum length 1."]}`.
    public static let plain: Dialect = []
    /// Broken constraints are objects within the array: `{"uri": [{"message": …, "constraint_id": "length", …}]}`
    /// (applications, voicemails).
    public static let extendedConstraints = Dialect(rawValue: 1)
    /// Wrong types, missing fields and nulls are an object that stands alone:
    /// `{"value": {"message": …, "constraint_id": "type", "constraint": "boolean"}}`
    /// (configuration, conferences, endpoints, faxes, meetings, parking lots).
    public static let extendedTypes = Dialect(rawValue: 2)
}

/// What is wrong with a value.
public struct Fault: Sendable, Hashable {
    /// The contract's text.
    public let message: String
    /// The contract's `constraint_id`; `nil`: there is none, the fault is its text in every dialect.
    public let constraintID: String?
    /// The contract's `constraint`.
    public let constraint: JSONValue
    /// Whether it concerns type or presence, not a constraint.
    let isOfType: Bool

    /// A broken constraint.
    public init(_ message: String, constraintID: String? = nil, constraint: JSONValue = .null) {
        self.message = message
        self.constraintID = constraintID
        self.constraint = constraint
        isOfType = false
    }

    private init(_ message: String, _ constraintID: String, _ constraint: JSONValue) {
        self.message = message
        self.constraintID = constraintID
        self.constraint = constraint
        isOfType = true
    }

    /// Faults of a list, a map or unknown fields that are told at most, so that a body of millions of them is not
    /// answered with a longer one.
    static let maximumTold = 1_000

    static let missing = Fault("Missing data for required field.", "required", "required")
    static let null = Fault("Field may not be null.", "not_null", "not_null")

    /// "Not a valid …"; `name` is how the contract calls the type.
    static func type(_ name: String, _ message: String) -> Fault { Fault(message, "type", .string(name)) }

    private var object: JSONValue {
        [
            "message": .string(message),
            "constraint_id": constraintID.map(JSONValue.string) ?? .null,
            "constraint": constraint,
        ]
    }

    /// The value of a field in `details`. Faults of type come alone, for no constraint is checked after them.
    static func rendered(_ faults: [Fault], in dialect: Dialect) -> JSONValue {
        if let first = faults.first, first.isOfType, dialect.contains(.extendedTypes) { return first.object }
        return .array(
            faults.map { fault in
                let isObject =
                    !fault.isOfType && fault.constraintID != nil && dialect.contains(.extendedConstraints)
                return isObject ? fault.object : .string(fault.message)
            }
        )
    }
}

/// What is said of a body or an object of another kind, in every dialect.
enum SchemaFault {
    static let wrongObject: JSONValue = ["_schema": ["Invalid input type."]]
    static let wrongList: JSONValue = ["Invalid type."]
    static let unknownField: JSONValue = ["Unknown field."]
}
