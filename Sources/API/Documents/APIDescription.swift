import Core

/// The description of the interface, made from the routes' declarations.
struct APIDescription: Sendable {
    static let title = "wazo-calld"
    private static let description =
        "Control your calls from a REST API. Served by Tandem, compatible on the wire with wazo-calld 26.08."

    private let routes: [Route]

    init(_ routes: [Route]) { self.routes = routes }

    /// The document's part that does not depend on where a proxy shows us; see ``head(_:mountedAt:)``.
    func body(_ language: Schema.Language) -> [String: JSONValue] {
        var definitions: [String: JSONValue] = [:]
        let error = Self.errorSchema.json(language, definitions: &definitions)
        var paths: [String: [String: JSONValue]] = [:]
        for route in routes where language == .openAPI31 || !route.options.contains(.outsideVersion) {
            let operation = OperationDescription(route: route, language: language, error: error)
                .json(&definitions)
            let isOutside = route.options.contains(.outsideVersion)
            let path = isOutside ? route.path : String(route.path.dropFirst("/1.0".count))
            paths[path, default: isOutside ? ["servers": [["url": "/"]]] : [:]][route.method.rawValue.lowercased()] =
                operation
        }
        var body: [String: JSONValue] = [
            "info": [
                "title": .string(Self.title), "version": "1.0", "description": .string(Self.description),
                "license": ["name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"],
            ],
            "paths": .object(paths.mapValues(JSONValue.object)),
        ]
        let token: JSONValue = ["type": "apiKey", "name": "X-Auth-Token", "in": "header"]
        switch language {
        case .swagger2:
            body["swagger"] = "2.0"
            body["produces"] = ["application/json"]
            body["consumes"] = ["application/json"]
            body["x-xivo-port"] = 9500
            body["x-xivo-name"] = "calld"
            body["securityDefinitions"] = ["wazo_auth_token": token]
            body["parameters"] = ["tenant_uuid": Self.tenantParameter(.swagger2)]
            body["definitions"] = .object(definitions)
        case .openAPI31:
            body["openapi"] = "3.1.0"
            body["components"] = [
                "schemas": .object(definitions), "securitySchemes": ["wazo_auth_token": token],
                "parameters": ["tenant_uuid": Self.tenantParameter(.openAPI31)],
            ]
        }
        return body
    }

    /// Where the interface is: behind a proxy that says its prefix in `X-Script-Name`, or here.
    func head(_ language: Schema.Language, mountedAt prefix: String?) -> [String: JSONValue] {
        let path = JSONValue.string((prefix ?? "") + "/1.0")
        return switch language {
        case .swagger2: ["schemes": [prefix == nil ? "http" : "https"], "basePath": path]
        case .openAPI31: ["servers": [["url": path]]]
        }
    }

    private static let errorSchema = Schema.named(
        "Error",
        .object(["message": .string, "error_id": .string, "details": .map(of: .any), "timestamp": .number])
    )

    private static func tenantParameter(_ language: Schema.Language) -> JSONValue {
        var parameter: [String: JSONValue] = [
            "name": "Wazo-Tenant", "in": "header", "required": false,
            "description": "The tenant in which to act; the token's own when absent",
        ]
        switch language {
        case .swagger2: parameter["type"] = "string"
        case .openAPI31: parameter["schema"] = ["type": "string"]
        }
        return .object(parameter)
    }
}
