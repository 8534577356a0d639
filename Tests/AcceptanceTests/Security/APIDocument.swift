import Core
import TandemLab

/// The operations of the served API document, as far as an attacker needs to know them.
struct APIDocument {
    /// One value that a request can carry.
    struct Field: Sendable {
        let name: String
        let schema: JSONValue
        let isRequired: Bool
    }

    /// What the body of a request is.
    enum Body: Sendable {
        case none
        /// With its schema, references resolved.
        case json(JSONValue)
        case bytes(mediaType: String)
    }

    /// A method of a path.
    struct Operation: Sendable, CustomStringConvertible {
        let method: String
        /// With `{names}` of its parameters, and the version in front of it where it has one.
        let path: String
        /// The access that a token needs; `nil`: none.
        let access: String?
        let pathNames: [String]
        let query: [Field]
        let body: Body
        /// Statuses that the document promises.
        let statuses: Set<Int>

        var description: String { "\(method) \(path)" }
        var isForUsers: Bool { path.hasPrefix("/users/me/") }
    }

    let operations: [Operation]

    /// Reads the document that a server serves.
    /// - Throws: `LabFailure.answer` when it is no such document.
    init(of rest: RESTClient) async throws {
        let answer = try await rest.get("/api/openapi.json")
        guard let document = answer.body, let paths = document["paths"]?.object else {
            throw LabFailure.answer("no API document: \(answer.status)")
        }
        operations = paths.sorted { $0.key < $1.key }.flatMap { path, item in
            (item.object ?? [:]).sorted { $0.key < $1.key }.compactMap { method, operation in
                // What has no version is not part of the interface, and needs no token.
                guard method != "servers", item["servers"] == nil else { return nil }
                return Self.operation(method, path, operation, in: document)
            }
        }
    }

    private static func operation(
        _ method: String,
        _ path: String,
        _ value: JSONValue,
        in document: JSONValue
    ) -> Operation {
        let parameters = (value["parameters"]?.array ?? []).map { resolved($0, in: document) }
        var body = Body.none
        if let (mediaType, content) = value["requestBody"]?["content"]?.object?.first {
            body =
                mediaType == "application/json"
                ? .json(resolved(content["schema"] ?? .null, in: document)) : .bytes(mediaType: mediaType)
        }
        return Operation(
            method: method.uppercased(),
            path: path,
            access: value["x-required-acl"]?.string,
            pathNames: parameters.filter { $0["in"] == "path" }.compactMap { $0["name"]?.string },
            query: parameters.filter { $0["in"] == "query" }.compactMap { parameter in
                parameter["name"]?.string.map {
                    Field(
                        name: $0,
                        schema: parameter["schema"] ?? .null,
                        isRequired: parameter["required"] == true
                    )
                }
            },
            body: body,
            statuses: Set((value["responses"]?.object ?? [:]).keys.compactMap { Int($0) })
        )
    }

    /// A value of the document with its references followed.
    private static func resolved(_ value: JSONValue, in document: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            if let reference = members["$ref"]?.string {
                let names = reference.split(separator: "/").dropFirst().map(String.init)
                return resolved(names.reduce(document) { $0[$1] ?? .null }, in: document)
            }
            return .object(members.mapValues { resolved($0, in: document) })
        case .array(let elements): return .array(elements.map { resolved($0, in: document) })
        default: return value
        }
    }
}
