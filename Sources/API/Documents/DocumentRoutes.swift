import Core
import Hummingbird
import NIOCore
import Yams

/// `GET /1.0/api/api.yml` (contract 00 §9.3) and, ours, `GET /1.0/api/openapi.json`: the interface as its routes
/// declare it. Both are written once, when the server starts; only the few lines that name the place differ.
struct DocumentRoutes: RouteProviding {
    private let described: [Route]

    init(describing routes: [Route]) { described = routes }

    var routes: [Route] {
        // The documents describe themselves too.
        let description = APIDescription(
            described
                + declarations { _ in
                    .noContent
                } json: { _ in
                    .noContent
                }
        )
        let yaml = YAMLText.write(description.body(.swagger2))
        let json = description.body(.openAPI31)
        declarations { request in
            let head = YAMLText.write(description.head(.swagger2, mountedAt: request.mountPrefix))
            return APIResponse(ByteBuffer(string: head + yaml), mediaType: "application/x-yaml")
        } json: { request in
            let head = description.head(.openAPI31, mountedAt: request.mountPrefix)
            return .ok(.object(json.merging(head) { $1 }))
        }
    }

    private func declarations(
        yaml: @escaping Route.OpenHandler,
        json: @escaping Route.OpenHandler
    ) -> [Route] {
        [
            Route(
                open: .get,
                "/api/api.yml",
                "This interface in Swagger 2.0",
                answers: .bytes("application/x-yaml"),
                handler: yaml
            ),
            Route(open: .get, "/api/openapi.json", "This interface in OpenAPI 3.1", handler: json),
        ]
    }
}

extension RequestReading {
    /// Where the proxy shows us (`X-Script-Name`); `nil` without a proxy.
    fileprivate var mountPrefix: String? {
        contents.headers[.scriptName].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// JSON values as YAML that people can read.
enum YAMLText {
    /// The members of a map, one below the other; a part of a document.
    static func write(_ members: [String: JSONValue]) -> String {
        // JSON is YAML too, should Yams ever refuse.
        (try? Yams.serialize(node: node(.object(members)), sortKeys: true)) ?? JSONValue.object(members).text
    }

    private static func node(_ value: JSONValue) -> Node {
        switch value {
        case .null: Node("null", Tag(.null))
        case .bool(let flag): Node(flag ? "true" : "false", Tag(.bool))
        case .integer(let number): Node(String(number), Tag(.int))
        case .number(let number): Node(String(number), Tag(.float))
        // `represented` quotes the texts that would read as something else.
        case .string(let text): .scalar(text.represented())
        case .array(let elements): Node(elements.map(node))
        case .object(let members):
            Node(
                members.sorted { $0.key < $1.key }.map { (Node.scalar($0.key.represented()), node($0.value)) }
            )
        }
    }
}
