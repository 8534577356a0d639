import API
import Core
import Foundation
import Testing
import Yams

private struct Connect: RequestFields {
    enum Side: String, CaseIterable, Sendable { case left, right }
    let timeout: Int?
    let side: Side
    let name: String
    init(reading reader: inout FieldReader) {
        timeout = reader.nullable("timeout", .integer(.range(min: 0)), default: 30)
        side = reader.optional("side", .choice(), default: .left)
        name = reader.required("name", .string(.length(min: 1, max: 80)))
    }
}

/// Contract 00 §9.3.
@Suite("API descriptions")
struct DocumentTests {
    private static let call = Schema.named("Call", .object(["id": .string, "user_uuid": .string.nullable]))
    private let bench = APIBench(
        features: [
            StatusRoutes(components: [:]), ConfigurationRoutes(Shown()), HealthRoutes { [:] }, MetricsRoutes { "" },
        ]
    ) {
        Route(.get, "/calls", access: "calld.calls.read", "List calls", answers: .ok(.items(of: Self.call))) { _ in
            .items([])
        }
        Route(
            .put,
            "/calls/{call_id}/user/{user_uuid:uuid}",
            access: "calld.calls.{call_id}.user.{user_uuid}.update",
            "Connect: a call to a user",
            query: Connect.self,
            takes: .optionalJSON(Connect.self),
            answers: .ok(Self.call)
        ) { _ in .noContent }
        Route(
            .post,
            "/greetings/{number:int}",
            access: "calld.x",
            "Upload",
            takes: .bytes("audio/wav"),
            answers: .noContent
        ) { _ in .noContent }
        Route(
            .get,
            "/greetings/{number:int}",
            access: "calld.y",
            "Download",
            answers: .bytes("audio/wav"),
            options: .tokenInQuery
        ) { _ in .noContent }
    }

    private struct Shown: ConfigurationShowing {
        func tree() -> JSONValue { [:] }
        func setDebug(_ isOn: Bool) {}
    }

    private static let routes = [
        "get /calls", "put /calls/{call_id}/user/{user_uuid}", "post /greetings/{number}", "get /greetings/{number}",
        "get /status", "get /config", "patch /config", "get /api/api.yml", "get /api/openapi.json",
    ]
    private static let outside = ["get /health/live", "get /health/ready", "get /metrics"]

    private func operations(_ document: JSONValue) -> Set<String> {
        Set(
            (document["paths"]?.object ?? [:]).flatMap { path, methods in
                (methods.object ?? [:]).keys.filter { $0 != "servers" }.map { "\($0) \(path)" }
            }
        )
    }

    /// YAML read back as JSON.
    private func swagger(headers: [String: String] = [:]) async throws -> JSONValue {
        let reply = try await bench.request("GET", "/1.0/api/api.yml", token: nil, headers: headers)
        #expect(reply.status == 200)
        #expect(reply["Content-Type"] == "application/x-yaml")
        return json(try #require(try Yams.load(yaml: reply.text)))
    }

    private func json(_ value: Any) -> JSONValue {
        switch value {
        case let map as [String: Any]: .object(map.mapValues(json))
        case let list as [Any]: .array(list.map(json))
        case let flag as Bool: .bool(flag)
        case let number as Int: .integer(Int64(number))
        case let number as Double: .number(number)
        case let text as String: .string(text)
        default: .null
        }
    }

    @Test("Swagger 2.0 has every route below /1.0 and the contract's head")
    func swaggerHead() async throws {
        let document = try await swagger()
        #expect(operations(document) == Set(Self.routes))
        #expect(document["swagger"] == "2.0")
        #expect(document["info"]?["title"] == "wazo-calld")
        #expect(document["info"]?["version"] == "1.0")
        #expect(document["basePath"] == "/1.0")
        #expect(document["schemes"] == ["http"])
        #expect(document["x-xivo-port"] == 9500)
        #expect(document["x-xivo-name"] == "calld")
        #expect(
            document["securityDefinitions"]
                == ["wazo_auth_token": ["type": "apiKey", "in": "header", "name": "X-Auth-Token"]]
        )
    }

    @Test("behind a proxy the documents name its prefix, whatever it holds", arguments: ["/api/calld", "/a\"b: {c}"])
    func scriptName(prefix: String) async throws {
        let document = try await swagger(headers: ["X-Script-Name": prefix])
        #expect(document["schemes"] == ["https"])
        #expect(document["basePath"] == .string(prefix + "/1.0"))
        let open = try await bench.request(
            "GET",
            "/1.0/api/openapi.json",
            token: nil,
            headers: ["X-Script-Name": prefix]
        )
        #expect(open.json["servers"] == [["url": .string(prefix + "/1.0")]])
    }

    @Test("OpenAPI 3.1 has every route, those outside /1.0 with their own server")
    func openAPI() async throws {
        let document = try await bench.request("GET", "/1.0/api/openapi.json", token: nil).json
        #expect(operations(document) == Set(Self.routes + Self.outside))
        #expect(document["openapi"] == "3.1.0")
        #expect(document["servers"] == [["url": "/1.0"]])
        #expect(document["paths"]?["/metrics"]?["servers"] == [["url": "/"]])
    }

    @Test("an operation tells its access, its parameters, its body and its answers")
    func operation() async throws {
        let document = try await bench.request("GET", "/1.0/api/openapi.json", token: nil).json
        let put = try #require(document["paths"]?["/calls/{call_id}/user/{user_uuid}"]?["put"])
        #expect(put["x-required-acl"] == "calld.calls.{call_id}.user.{user_uuid}.update")
        #expect(put["security"] == [["wazo_auth_token": []]])
        let parameters = try #require(put["parameters"]?.array)
        #expect(parameters.compactMap { $0["name"]?.string } == ["call_id", "user_uuid", "timeout", "side", "name"])
        #expect(parameters[1]["schema"] == ["type": "string", "format": "uuid"])
        #expect(parameters[2]["schema"] == ["type": ["integer", "null"], "minimum": 0, "default": 30])
        #expect(parameters[4]["required"] == true)
        let body = put["requestBody"]?["content"]?["application/json"]?["schema"]
        #expect(put["requestBody"]?["required"] == false)
        #expect(body?["required"] == ["name"])
        #expect(body?["properties"]?["side"] == ["type": "string", "enum": ["left", "right"], "default": "left"])
        #expect(Set((put["responses"]?.object ?? [:]).keys) == ["200", "400", "401", "404", "413", "503"])
        let schema = document["components"]?["schemas"]?["Call"]
        #expect(schema?["properties"]?["user_uuid"]?["type"] == ["string", "null"])
        #expect(document["paths"]?["/status"]?["get"]?["security"] != nil)
        #expect(document["paths"]?["/metrics"]?["get"]?["security"] == nil)
    }

    @Test("no two operations share their name, and every reference leads somewhere")
    func references() async throws {
        for document in [try await swagger(), try await bench.request("GET", "/1.0/api/openapi.json", token: nil).json]
        {
            var names: [String] = []
            var references: [String] = []
            func walk(_ value: JSONValue) {
                if let name = value["operationId"]?.string { names.append(name) }
                if let reference = value["$ref"]?.string { references.append(reference) }
                for part in value.array ?? [] { walk(part) }
                for part in (value.object ?? [:]).values { walk(part) }
            }
            walk(document)
            #expect(Set(names).count == names.count)
            #expect(references.count > 5)
            for reference in references {
                let target = reference.dropFirst(2).split(separator: "/").reduce(document) { $0[String($1)] ?? .null }
                #expect(target != .null, "\(reference)")
            }
        }
    }
}
