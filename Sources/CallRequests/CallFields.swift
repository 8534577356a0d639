public import API
import Core
public import Telephony

/// Fields that requests of several features have in common: numbers, contexts, channel variables.
extension FieldReader {
    /// An extension without white space and invisible characters (contract 10 §2.5); one that consists of them alone
    /// counts as empty.
    public mutating func exten(_ name: String) -> String {
        let check = Check<String>(keywords: ["minLength": 1]) { text in
            DialledNumber.normalized(text).isEmpty
                ? Fault(
                    "Shorter than minimum length 1.",
                    constraintID: "length",
                    constraint: ["min": 1, "max": .null]
                ) : nil
        }
        let printable = Check<String>.pattern(PrintableText.pattern) {
            PrintableText.allows(DialledNumber.normalized($0))
        }
        return DialledNumber.normalized(required(name, .string(check, printable)))
    }

    /// The name of a context.
    public mutating func context(_ name: String) -> String {
        required(name, .string(.length(min: 1), .printable))
    }

    /// Channel variables for the call that a client places.
    public mutating func variables(_ name: String, from client: ClientVariables.Client) -> [String: String] {
        let variables = optional(
            name,
            .map(
                keys: .string(
                    .length(min: 1, max: ClientVariables.longestName),
                    .pattern(#"^_{0,2}[A-Za-z][A-Za-z0-9_.-]*$|^(function)\(.*\)$"#) {
                        ClientVariables.allows($0, from: client)
                    }
                ),
                values: .string(.length(min: 1, max: ClientVariables.longestValue), .printable)
            ),
            default: [:]
        )
        if let refusal = ClientVariables.refusal(of: variables, from: client) { fault(name, refusal.fault) }
        return variables
    }
}

extension Check where Value == String {
    /// No control characters: the text goes to a phone, into a header or a variable.
    public static var printable: Check { .pattern(PrintableText.pattern, PrintableText.allows) }
    /// The name of a class of music on hold (`ClientVariables.isMusicClass`).
    public static var musicClass: Check {
        .pattern("^[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029/$]+$", ClientVariables.isMusicClass)
    }
}

extension ClientVariables.Refusal {
    /// What the client is told.
    public var fault: Fault {
        switch self {
        case .name(let name):
            Fault("\(name) cannot be set.", constraintID: "key-value-name", constraint: .string(name))
        case .value(let name):
            Fault(
                "The value of \(name) has control characters.",
                constraintID: "key-value-pattern",
                constraint: .string(name)
            )
        case .nameLength, .valueLength: Self.length("A variable is too long.", ClientVariables.longestValue)
        case .number: Self.length("More than \(ClientVariables.most) variables.", ClientVariables.most)
        case .size:
            Self.length("The variables have more than \(ClientVariables.largest) bytes.", ClientVariables.largest)
        }
    }

    private static func length(_ message: String, _ limit: Int) -> Fault {
        Fault(
            message,
            constraintID: "length",
            constraint: ["min": .null, "max": .integer(Int64(limit))]
        )
    }
}
