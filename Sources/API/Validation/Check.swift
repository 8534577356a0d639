public import Core

/// A constraint on a value that has the right type already.
public struct Check<Value: Sendable>: Sendable {
    let fault: @Sendable (Value) -> Fault?
    /// Its words in JSON Schema.
    let keywords: [String: JSONValue]

    /// A constraint.
    /// - Parameters:
    ///   - keywords: Its words in JSON Schema, for the API's descriptions.
    ///   - fault: What is wrong with a value; `nil`: nothing.
    public init(keywords: [String: JSONValue] = [:], _ fault: @escaping @Sendable (Value) -> Fault?) {
        self.fault = fault
        self.keywords = keywords
    }

    /// A rule of a feature's own, whose fault is its text in every dialect.
    public static func rule(_ message: String, _ holds: @escaping @Sendable (Value) -> Bool) -> Check {
        Check { holds($0) ? nil : Fault(message) }
    }

    /// A rule with the contract's `predicate` fault: text "Invalid input."
    /// - Parameter method: The name that clients see in `constraint`.
    public static func predicate(_ method: String, _ holds: @escaping @Sendable (Value) -> Bool) -> Check {
        Check {
            holds($0)
                ? nil
                : Fault("Invalid input.", constraintID: "predicate", constraint: ["method": .string(method)])
        }
    }
}

extension Check where Value == String {
    /// The number of characters (Unicode scalars, as Python counts).
    public static func length(min: Int? = nil, max: Int? = nil) -> Check {
        var keywords: [String: JSONValue] = [:]
        if let min { keywords["minLength"] = .integer(Int64(min)) }
        if let max { keywords["maxLength"] = .integer(Int64(max)) }
        return Check(keywords: keywords) { Fault.length($0.unicodeScalars.count, min, max) }
    }

    /// A pattern. The text documents it; `matches` decides.
    public static func pattern(_ pattern: String, _ matches: @escaping @Sendable (String) -> Bool) -> Check {
        Check(keywords: ["pattern": .string(pattern)]) {
            matches($0)
                ? nil
                : Fault("String does not match expected pattern.", constraintID: "regex", constraint: .string(pattern))
        }
    }

    /// One of these texts; for a closed set of a feature's own see `Field.choice`.
    public static func oneOf(_ choices: [String]) -> Check {
        let texts = choices.map(JSONValue.string)
        return Check(keywords: ["enum": .array(texts)]) {
            choices.contains($0)
                ? nil
                : Fault(
                    "Must be one of: \(choices.joined(separator: ", ")).",
                    constraintID: "enum",
                    constraint: ["choices": .array(texts)]
                )
        }
    }

    /// Exactly this text.
    public static func equal(to expected: String) -> Check {
        Check(keywords: ["enum": [.string(expected)]]) {
            $0 == expected
                ? nil
                : Fault(
                    "Must be equal to \(expected).",
                    constraintID: "equal",
                    constraint: ["must_be": .string(expected)]
                )
        }
    }
}

extension Check where Value == Int {
    /// A range, both ends included.
    public static func range(min: Int? = nil, max: Int? = nil) -> Check {
        var keywords: [String: JSONValue] = [:]
        var constraint: [String: JSONValue] = [:]
        if let min {
            keywords["minimum"] = .integer(Int64(min))
            constraint["min"] = .integer(Int64(min))
        }
        if let max {
            keywords["maximum"] = .integer(Int64(max))
            constraint["max"] = .integer(Int64(max))
        }
        let bounds = JSONValue.object(constraint)
        return Check(keywords: keywords) { value in
            if let min, value < min {
                return Fault(
                    "Must be greater than or equal to \(min).",
                    constraintID: "range",
                    constraint: bounds
                )
            }
            if let max, value > max {
                return Fault("Must be less than or equal to \(max).", constraintID: "range", constraint: bounds)
            }
            return nil
        }
    }
}

/// The number of a list's elements.
public struct ListLength: Sendable {
    let min: Int?
    let max: Int?

    /// Any number.
    public static let any = ListLength(min: nil, max: nil)
    /// At least so many.
    public static func atLeast(_ count: Int) -> ListLength { ListLength(min: count, max: nil) }
    /// At most so many.
    public static func atMost(_ count: Int) -> ListLength { ListLength(min: nil, max: count) }

    var keywords: [String: JSONValue] {
        var keywords: [String: JSONValue] = [:]
        if let min { keywords["minItems"] = .integer(Int64(min)) }
        if let max { keywords["maxItems"] = .integer(Int64(max)) }
        return keywords
    }
}

extension Fault {
    /// A wrong length of a text or a list; `nil` when it is right.
    static func length(_ count: Int, _ min: Int?, _ max: Int?) -> Fault? {
        let message: String
        if let min, count < min {
            message = "Shorter than minimum length \(min)."
        } else if let max, count > max {
            message = "Longer than maximum length \(max)."
        } else {
            return nil
        }
        return Fault(
            message,
            constraintID: "length",
            constraint: [
                "min": min.map { .integer(Int64($0)) } ?? .null,
                "max": max.map { .integer(Int64($0)) } ?? .null,
            ]
        )
    }
}
