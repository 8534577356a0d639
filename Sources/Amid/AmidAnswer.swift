import Core
import ServiceClient
import Telephony

/// What amid is sent and what it answers, as JSON (contract 38 §3, §0.3).
enum AmidAnswer {
    /// The headers of an action; a repeated one is an array.
    static func body(of action: ManagerAction) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for field in action.fields {
            switch members[field.name] {
            case nil: members[field.name] = .string(field.value)
            case .array(let values)?: members[field.name] = .array(values + [.string(field.value)])
            case let value?: members[field.name] = .array([value, .string(field.value)])
            }
        }
        return .object(members)
    }

    /// The body of a success; null when it is empty.
    /// - Throws: ``ManagerFailure/unreachable(_:)`` for another status, `ServiceFailure` when the body is no JSON.
    static func value(of answer: ServiceAnswer) throws -> JSONValue {
        guard answer.isSuccess else { throw ManagerFailure.unreachable(text(ofRefusal: answer)) }
        return answer.body.isEmpty ? .null : try answer.json()
    }

    /// What a client may be told of a refusal: the status, amid's own error id and message. The cause is left out: with
    /// Asterisk away it quotes amid's whole request to it, the manager's name and password included.
    private static func text(ofRefusal answer: ServiceAnswer) -> String {
        let error = try? answer.json()
        let id = error?["error_id"]?.string.map { " \($0)" } ?? ""
        let message = error?["message"]?.string ?? "no message"
        return SecretMasking.forClient("amid answered \(answer.status)\(id): \(message)")
    }

    /// The cause of a refusal for the log, secrets masked; `nil` when amid tells none.
    static func cause(ofRefusal answer: ServiceAnswer) -> String? {
        guard !answer.isSuccess, let text = (try? answer.json())?["details"]?["original_error"]?.string else {
            return nil
        }
        return SecretMasking.masked(String(text.prefix(1_000)))
    }

    /// The messages of an answer. Anything but an array, and elements that are no objects, are no messages.
    static func messages(_ answer: JSONValue) -> [ManagerMessage] {
        (answer.array ?? []).compactMap { $0.object.map(message) }
    }

    /// A message. All values are texts, also where an older release sends numbers or booleans.
    static func message(_ members: [String: JSONValue]) -> ManagerMessage {
        var message = ManagerMessage()
        for (name, value) in members {
            switch value {
            case .object(let variables):
                for (variable, value) in variables { message.append(name, "\(variable)=\(text(value))") }
            case .array(let values):
                for value in values { message.append(name, text(value)) }
            default:
                message.append(name, text(value))
            }
        }
        return message
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .null: ""
        default: value.text
        }
    }
}
