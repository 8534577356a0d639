import Core
import TandemLab

/// Requests against every operation of the API document: each field and each part of a path, with each hostile value.
struct AttackPlan: Sendable {
    /// One request.
    struct Shot: Sendable {
        enum Content: Sendable {
            case none
            case json(JSONValue)
            case bytes([UInt8], mediaType: String)
        }
        let operation: APIDocument.Operation
        let path: String
        let content: Content
        /// What is hostile in it, for a failure's text.
        let aim: String
    }

    let values: HostileValues
    /// Values that an operation takes, by the name of the field or parameter.
    let good: [String: JSONValue]

    /// The request as a friendly client would send it.
    func friendly(_ operation: APIDocument.Operation) -> Shot {
        shot(operation, aim: "nothing")
    }

    /// Every hostile request against an operation.
    func shots(at operation: APIDocument.Operation) -> [Shot] {
        inPaths(operation) + inQueries(operation) + inBodies(operation)
    }

    private func inPaths(_ operation: APIDocument.Operation) -> [Shot] {
        operation.pathNames.flatMap { name in
            values.forPaths.map { shot(operation, path: [name: $0], aim: "\(name)=\($0.prefix(60))") }
        }
    }

    private func inQueries(_ operation: APIDocument.Operation) -> [Shot] {
        operation.query.flatMap { field in
            values.forQueries.map { value in
                shot(operation, query: [field.name: value], aim: "\(field.name)=\(value.prefix(60))")
            }
        }
    }

    private func inBodies(_ operation: APIDocument.Operation) -> [Shot] {
        switch operation.body {
        case .none: return []
        case .bytes(let mediaType):
            return [
                "", "%PDF-1.4\n%%EOF", "RIFF\u{0}\u{0}\u{0}\u{0}WAVEfmt ", "%!PS\n(\(values.file)) (w) file", "\u{0}",
            ].map {
                shot(operation, content: .bytes(Array($0.utf8), mediaType: mediaType), aim: "document \($0.prefix(20))")
            }
        case .json(let schema):
            let body = sample(schema)
            let fields = Self.places(in: schema, of: body)
            return fields.flatMap { place in
                values.forFields.map { value in
                    shot(
                        operation,
                        content: .json(body.replacing(place[...], by: value)),
                        aim: "\(place.joined(separator: "."))=\(value.text.prefix(60))"
                    )
                }
            }
                + values.forFields.map { shot(operation, content: .json($0), aim: "body \($0.text.prefix(60))") }
                + names(in: fields, of: body, operation)
        }
    }

    /// Names of members, where the client chooses them: variables.
    private func names(in fields: [[String]], of body: JSONValue, _ operation: APIDocument.Operation) -> [Shot] {
        fields.filter { $0.last == Self.anyName }.flatMap { place in
            values.forFields.compactMap(\.string).map { name in
                shot(
                    operation,
                    content: .json(body.replacing(place.dropLast(), by: .object([name: "1"]))),
                    aim: "name of \(place.joined(separator: ".")): \(name.prefix(60))"
                )
            }
        }
    }

    private func shot(
        _ operation: APIDocument.Operation,
        path: [String: String] = [:],
        query: [String: String] = [:],
        content: Shot.Content? = nil,
        aim: String
    ) -> Shot {
        let text = operation.pathNames.reduce(operation.path) { text, name in
            let value = path[name] ?? HostileValues.encoded(good[name]?.string ?? good[name]?.text ?? "1")
            return text.replacing("{\(name)}", with: value)
        }
        let fields = operation.query.compactMap { field -> String? in
            let value = query[field.name] ?? (field.isRequired ? (good[field.name]?.string ?? "1102") : nil)
            return value.map { "\(field.name)=\(HostileValues.encoded($0))" }
        }
        return Shot(
            operation: operation,
            path: text + (fields.isEmpty ? "" : "?" + fields.joined(separator: "&")),
            content: content ?? friendlyContent(operation),
            aim: aim
        )
    }

    private func friendlyContent(_ operation: APIDocument.Operation) -> Shot.Content {
        switch operation.body {
        case .none: .none
        case .json(let schema): .json(sample(schema))
        case .bytes(let mediaType): .bytes(Array("%PDF-1.4".utf8), mediaType: mediaType)
        }
    }

    // MARK: Bodies

    /// A name that stands for any name that the client chooses.
    private static let anyName = "X_COLOR"

    /// A body that the operation takes, with every member.
    private func sample(_ schema: JSONValue, named name: String = "") -> JSONValue {
        if let value = good[name] { return value }
        if let choice = schema["enum"]?.array?.first { return choice }
        let type = schema["type"]?.string ?? schema["type"]?.array?.first?.string
        switch type {
        case "object":
            if let members = schema["properties"]?.object {
                return .object(
                    Dictionary(uniqueKeysWithValues: members.map { ($0.key, sample($0.value, named: $0.key)) })
                )
            }
            return .object([Self.anyName: "1"])
        case "array": return [sample(schema["items"] ?? .null, named: "one of " + name)]
        case "integer", "number": return 1
        case "boolean": return false
        default: return "x"
        }
    }

    /// Where values stand in a body: names of members and numbers of elements, from the outside in.
    private static func places(in schema: JSONValue, of body: JSONValue) -> [[String]] {
        switch body {
        case .object(let members):
            members.sorted { $0.key < $1.key }.flatMap { name, value in
                [[name]] + places(in: schema, of: value).map { [name] + $0 }
            }
        case .array(let elements):
            elements.indices.flatMap { index in
                [["\(index)"]] + places(in: schema, of: elements[index]).map { ["\(index)"] + $0 }
            }
        default: []
        }
    }
}

extension JSONValue {
    /// The same value with another one at a place.
    fileprivate func replacing(_ place: ArraySlice<String>, by value: JSONValue) -> JSONValue {
        guard let name = place.first else { return value }
        switch self {
        case .object(var members):
            members[name] = (members[name] ?? .null).replacing(place.dropFirst(), by: value)
            return .object(members)
        case .array(var elements):
            guard let index = Int(name), elements.indices.contains(index) else { return self }
            elements[index] = elements[index].replacing(place.dropFirst(), by: value)
            return .array(elements)
        default: return self
        }
    }
}
