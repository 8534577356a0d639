import API
import Core
import Foundation
import NIOCore
import Testing

private struct Named: RequestFields {
    let name: String
    init(reading reader: inout FieldReader) { name = reader.optional("name", .string(), default: "nobody") }
}

/// Contract 00 §3, §3.1 and §5.3, rule by rule.
@Suite("HTTP rules")
struct HTTPRulesTests {
    private let bench = APIBench {
        Route(.get, "/things", access: "calld.things.read", "") { _ in .items([]) }
        Route(.post, "/things", access: "calld.things.create", "", takes: .json(Named.self)) { request in
            let named: Named = try await request.body()
            return .created(["name": .string(named.name)])
        }
        Route(.put, "/things/{id}/act", access: "calld.things.{id}.act.update", "") { _ in .noContent }
        Route(.put, "/things/{id}", access: "calld.x", "", takes: .optionalJSON(Named.self)) { request in
            let named: Named = try await request.optionalBody()
            return .ok(["name": .string(named.name)])
        }
        Route(.get, "/things/{id}", access: "calld.things.{id}.read", "") { request in
            .ok(["id": .string(request.path("id"))])
        }
        for verb in ["start", "stop"] {
            Route(.put, "/things/{id}/hold/\(verb)", access: "calld.things.{id}.hold.\(verb).update", "") { request in
                .ok(["verb": .string(verb), "id": .string(request.path("id"))])
            }
        }
        Route(.get, "/boxes/all", access: "calld.x", "") { _ in .ok("all") }
        Route(.get, "/boxes/{number:int}", access: "calld.x", "") { .ok(.integer(Int64($0.pathInteger("number")))) }
        Route(.get, "/apps/{a:uuid}/nodes/{n:uuid}", access: "calld.{a}.{n}", "") { .ok(.string($0.path("n"))) }
        Route(.get, "/users/me/things", access: "calld.users.me.things.read", "") { request in
            .ok(.string(try request.user().rawValue))
        }
        Route(.get, "/download", access: "calld.download.read", "", options: .tokenInQuery) { request in
            .ok(["token": request.queryText("token").map(JSONValue.string) ?? .null])
        }
        Route(.get, "/masters", access: "calld.masters.read", "", options: .masterTenantOnly) { request in
            .ok(["tenant": .string(request.tenant.rawValue), "chooses": .bool(request.choosesTenant)])
        }
        Route(open: .get, "/client", "") { request in
            .ok([
                "address": request.clientAddress.map(JSONValue.string) ?? .null, "scheme": .string(request.scheme),
                "recurse": .bool(request.queryFlag("recurse")),
            ])
        }
    }
    private let uuid = "6b0e0c4a-9f0a-4d55-8d5e-3a0f6a5b1C2d"

    // MARK: Bodies

    @Test("a JSON body counts whatever its content type", arguments: [nil, "application/json", "text/plain", "a/b"])
    func anyContentType(type: String?) async throws {
        let headers = type.map { ["Content-Type": $0] } ?? [:]
        let reply = try await bench.request("POST", "/1.0/things", headers: headers, body: #"{"name": "Zoë"}"#)
        #expect(reply.status == 201)
        #expect(reply.json == ["name": "Zoë"])
    }

    @Test(
        "an empty or malformed body is 400 with the contract's message",
        arguments: ["", "{", "nul", "{}x", "\u{feff}{}"]
    )
    func malformed(body: String) async throws {
        let reply = try await bench.request("POST", "/1.0/things", body: body)
        #expect(reply.status == 400)
        #expect(reply.errorID == "invalid-json")
        #expect(
            reply.json["message"] == "The browser (or proxy) sent a request that this server could not understand."
        )
        #expect(reply.details == [:])
        #expect(reply.json["timestamp"] != nil)
    }

    @Test("JSON that is no object is a validation error", arguments: ["[]", "null", "1", "\"x\""])
    func wrongTopLevel(body: String) async throws {
        let reply = try await bench.request("POST", "/1.0/things", body: body)
        #expect(reply.status == 400)
        #expect(reply.errorID == "invalid-data")
        #expect(reply.json["message"] == "Sent data is invalid")
        #expect(reply.details == ["_schema": ["Invalid input type."]])
    }

    @Test("an optional body may be left out, but must say that it is JSON")
    func optionalBody() async throws {
        let absent = try await bench.request("PUT", "/1.0/things/1")
        #expect(absent.status == 200 && absent.json == ["name": "nobody"])
        let json = ["Content-Type": "Application/JSON; charset=utf-8"]
        let named = try await bench.request("PUT", "/1.0/things/1", headers: json, body: #"{"name": "Ann"}"#)
        #expect(named.status == 200 && named.json == ["name": "Ann"])
        let unnamed = try await bench.request("PUT", "/1.0/things/1", body: #"{"name": "Ann"}"#)
        #expect(unnamed.status == 400 && unnamed.errorID == "invalid-json")
    }

    @Test("an action ignores any body, and its 204 says JSON with nothing in it")
    func noContent() async throws {
        let reply = try await bench.request("PUT", "/1.0/things/1/act", body: "{not json")
        #expect(reply.status == 204)
        #expect(reply["Content-Type"] == "application/json")
        #expect(reply.body.readableBytes == 0)
    }

    @Test("the token is checked before the body is looked at")
    func tokenFirst() async throws {
        let reply = try await bench.request("POST", "/1.0/things", token: "bad", body: "{not json")
        #expect(reply.status == 401)
    }

    @Test("a body beyond the limit is 413 with the limit")
    func tooLarge() async throws {
        let small = APIBench(configuration: APIConfiguration(bodyLimit: 64)) {
            Route(.post, "/things", access: "calld.x", "") { .ok(try await $0.json()) }
        }
        let allowed = try await small.request(
            "POST",
            "/1.0/things",
            body: "\"" + String(repeating: "a", count: 62) + "\""
        )
        #expect(allowed.status == 200)
        let refused = try await small.request(
            "POST",
            "/1.0/things",
            body: "\"" + String(repeating: "a", count: 63) + "\""
        )
        #expect(refused.status == 413)
        #expect(refused.errorID == "body-too-large")
        #expect(refused.details == ["limit": 64])
    }

    // MARK: Methods and paths

    @Test("HEAD is served wherever GET is")
    func head() async throws {
        let reply = try await bench.request("HEAD", "/1.0/things")
        #expect(reply.status == 200)
        #expect(reply.body.readableBytes == 0)
        #expect(reply["Content-Type"] == "application/json")
        #expect(reply["Content-Length"] == "13")
    }

    @Test(
        "OPTIONS lists the methods without a token",
        arguments: [
            ("/1.0/things", "GET, HEAD, OPTIONS, POST"), ("/1.0/things/x/act", "OPTIONS, PUT"),
            ("/1.0/things/x", "GET, HEAD, OPTIONS, PUT"), ("/1.0/api/api.yml", "GET, HEAD, OPTIONS"),
        ]
    )
    func options(path: String, allowed: String) async throws {
        let reply = try await bench.request("OPTIONS", path, token: nil)
        #expect(reply.status == 200)
        #expect(reply["Allow"] == allowed)
        #expect(reply.body.readableBytes == 0)
    }

    @Test("another method is 405 with the allowed ones", arguments: ["DELETE", "PATCH", "TRACE", "PROPFIND"])
    func wrongMethod(method: String) async throws {
        let reply = try await bench.request(method, "/1.0/things", token: nil)
        #expect(reply.status == 405)
        #expect(reply["Allow"] == "GET, HEAD, OPTIONS, POST")
        #expect(reply["Content-Type"] == "application/json")
        #expect(reply.json["message"] == "The method is not allowed for the requested URL.")
        #expect(reply.errorID == "method-not-allowed")
        #expect(reply.details == [:])
        #expect(reply.json["timestamp"] != nil)
    }

    @Test(
        "an unknown path is 404 in JSON, for every method",
        arguments: ["/", "/1.0", "/1.0/nowhere", "/2.0/things", "/1.0/things/a/b/c", "/1.0/apps/x/nodes/y"]
    )
    func unknownPath(path: String) async throws {
        for method in ["GET", "OPTIONS", "POST", "HEAD"] {
            let reply = try await bench.request(method, path)
            #expect(reply.status == 404)
            if method != "HEAD" { #expect(reply.errorID == "not-found") }
        }
    }

    @Test(
        "nothing between two slashes of a path makes it an unknown one; a slash at its end does not",
        arguments: ["//1.0/things", "/1.0//things", "/1.0/things//", "/1.0/things//x", "///1.0/things"]
    )
    func emptySegments(path: String) async throws {
        for method in ["GET", "OPTIONS", "DELETE"] {
            let reply = try await bench.request(method, path)
            #expect(reply.status == 404 && reply.errorID == "not-found")
        }
        #expect(try await bench.request("GET", "/1.0/things/").status == 200)
        #expect(try await bench.request("GET", "/1.0/things?x=a//b").status == 200)
    }

    @Test(
        "path parameters are percent-decoded",
        arguments: [("a%20b", "a b"), ("1455.13", "1455.13"), ("%C3%A9", "é"), ("a+b", "a+b"), ("%zz", "%zz")]
    )
    func decoded(raw: String, value: String) async throws {
        let reply = try await bench.request("GET", "/1.0/things/\(raw)")
        #expect(reply.status == 200)
        #expect(reply.json == ["id": .string(value)])
    }

    @Test("a parameter that hides a slash or a NUL is an unknown path", arguments: ["a%2Fb", "..%2f..", "a%00"])
    func hiddenSlash(raw: String) async throws {
        let reply = try await bench.request("GET", "/1.0/things/\(raw)")
        #expect(reply.status == 404 && reply.errorID == "not-found")
    }

    @Test("a UUID parameter wants the canonical form, a number decimal digits, and literals win")
    func forms() async throws {
        #expect(try await bench.request("GET", "/1.0/apps/\(uuid)/nodes/\(uuid)").status == 200)
        #expect(try await bench.request("GET", "/1.0/apps/\(uuid)/nodes/\(uuid.dropLast())").status == 404)
        #expect(
            try await bench.request("GET", "/1.0/apps/\(uuid)/nodes/\(uuid.replacing("-", with: ""))").status == 404
        )
        #expect(try await bench.request("PUT", "/1.0/apps/\(uuid)/nodes/\(uuid)").status == 405)
        #expect(try await bench.request("GET", "/1.0/boxes/007").json == 7)
        #expect(try await bench.request("GET", "/1.0/boxes/7a").status == 404)
        #expect(try await bench.request("GET", "/1.0/boxes/99999999999999999999").status == 404)
        #expect(try await bench.request("GET", "/1.0/boxes/all").json == "all")
    }

    @Test("routes can be declared in a loop, each with its own access")
    func loop() async throws {
        for verb in ["start", "stop"] {
            let reply = try await bench.request("PUT", "/1.0/things/7/hold/\(verb)")
            #expect(reply.json == ["verb": .string(verb), "id": "7"])
            let refused = try await bench.request("PUT", "/1.0/things/7.1/hold/\(verb)", token: "dotted")
            #expect(refused.details?["required_access"] == .string("calld.things.7_1.hold.\(verb).update"))
        }
    }

    @Test("a value that is a route's literal elsewhere is an unknown path, not a refused method")
    func literalValue() async throws {
        let odd = APIBench {
            Route(open: .get, "/a/b/c", "") { _ in .noContent }
            Route(open: .get, "/a/{x}", "") { _ in .noContent }
        }
        #expect(try await odd.request("GET", "/1.0/a/x").status == 204)
        #expect(try await odd.request("GET", "/1.0/a/b").status == 404)
        #expect(try await odd.request("PUT", "/1.0/a/b").status == 405)
    }

    // MARK: Identity

    @Test("users/me needs a token with a user")
    func user() async throws {
        #expect(try await bench.request("GET", "/1.0/users/me/things").json == "u1")
        let refused = try await bench.request("GET", "/1.0/users/me/things", token: "userless")
        #expect(refused.status == 400)
        #expect(refused.errorID == "token-with-user-uuid-required")
        #expect(refused.json["message"] == "A valid token with a user UUID is required")
        #expect(refused.details == [:])
    }

    @Test("a token in the query wins over the header's, unless it is empty, and the feature does not see it")
    func queryToken() async throws {
        #expect(try await bench.request("GET", "/1.0/download?token=good", token: "bad").status == 200)
        #expect(try await bench.request("GET", "/1.0/download?token=good", token: nil).json == ["token": nil])
        #expect(try await bench.request("GET", "/1.0/download?token=bad", token: "good").status == 401)
        #expect(try await bench.request("GET", "/1.0/download?token=", token: "good").status == 200)
        #expect(try await bench.request("GET", "/1.0/things?token=good", token: nil).status == 401)
    }

    @Test("a route of the master tenant refuses other tokens with their own body")
    func masterTenant() async throws {
        let refused = try await bench.request("GET", "/1.0/masters")
        #expect(refused.status == 401)
        #expect(refused.errorID == "unauthorized")
        #expect(refused.details == ["invalid_token": "XXXX"])
        let accepted = try await bench.request("GET", "/1.0/masters", token: "master")
        #expect(accepted.json == ["tenant": "t0", "chooses": false])
        let elsewhere = try await bench.request("GET", "/1.0/masters", token: "master", headers: ["Wazo-Tenant": "t9"])
        #expect(elsewhere.json == ["tenant": "t9", "chooses": true])
    }

    @Test("an id that nothing can have is not found", arguments: [256, 8_192])
    func longIDs(length: Int) async throws {
        let id = String(repeating: "a", count: length)
        let reply = try await bench.request("GET", "/1.0/things/\(id)")
        #expect(reply.status == 404 && reply.errorID == "not-found")
        let encoded = String(repeating: "%61", count: length)
        #expect(try await bench.request("GET", "/1.0/things/\(encoded)").status == 404)
        #expect(try await bench.request("GET", "/1.0/things/\(id.prefix(255))").status == 200)
    }

    @Test("a text that is too long for a token is refused without asking, and is not sent back whole")
    func longToken() async throws {
        let reply = try await bench.request("GET", "/1.0/things", token: String(repeating: "f", count: 8_000))
        #expect(reply.status == 401 && reply.text.utf8.count < 1_000)
    }

    @Test(
        "a flag of the query is true in the words that clients use for it",
        arguments: [("True", true), ("1", false)]
    )
    func flags(text: String, isTrue: Bool) async throws {
        let reply = try await bench.request("GET", "/1.0/client?recurse=\(text)")
        #expect(reply.json["recurse"] == .bool(isTrue))
        #expect(reply.json["scheme"] == "http")
    }
}
