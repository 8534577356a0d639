import API
import Testing

/// Contract 00 §3 "CORS (measured)".
@Suite("CORS")
struct CORSTests {
    private let bench = APIBench { Route(.get, "/things", access: "calld.things.read", "") { _ in .items([]) } }

    @Test(
        "every answer names the origin, also errors and unknown paths",
        arguments: [
            ("GET", "/1.0/things"), ("POST", "/1.0/things"), ("GET", "/1.0/nowhere"), ("OPTIONS", "/1.0/things"),
        ],
        ["good", "bad"]
    )
    func everywhere(request: (String, String), token: String) async throws {
        let reply = try await bench.request(
            request.0,
            request.1,
            token: token,
            headers: ["Origin": "https://a.example"]
        )
        #expect(reply["Access-Control-Allow-Origin"] == "https://a.example")
        #expect(reply["Vary"] == "Origin")
        let plain = try await bench.request(request.0, request.1, token: token)
        #expect(plain["Access-Control-Allow-Origin"] == "*")
        #expect(plain["Vary"] == nil)
        #expect(plain["Access-Control-Allow-Credentials"] == nil)
        #expect(plain["Access-Control-Allow-Methods"] == nil)
    }

    @Test("a preflight is told the methods and those of its headers that are allowed, as it spells them")
    func preflight() async throws {
        let reply = try await bench.request(
            "OPTIONS",
            "/1.0/things",
            token: nil,
            headers: [
                "Origin": "https://a.example", "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "x-auth-token, X-Other,WAZO-TENANT",
            ]
        )
        #expect(reply.status == 200)
        #expect(reply["Access-Control-Allow-Headers"] == "x-auth-token, WAZO-TENANT")
        #expect(reply["Access-Control-Allow-Methods"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")
        #expect(reply["Allow"] == "GET, HEAD, OPTIONS")
    }

    @Test("OPTIONS without a wanted method is no preflight")
    func noPreflight() async throws {
        let reply = try await bench.request(
            "OPTIONS",
            "/1.0/things",
            headers: ["Access-Control-Request-Headers": "X-Auth-Token"]
        )
        #expect(reply["Access-Control-Allow-Headers"] == nil)
        #expect(reply["Access-Control-Allow-Methods"] == nil)
    }

    @Test("the policy can be turned off, and its headers chosen")
    func configured() async throws {
        let off = APIBench(configuration: APIConfiguration(cors: CORSPolicy(isEnabled: false))) {
            Route(open: .get, "/things", "") { _ in .items([]) }
        }
        #expect(try await off.request("GET", "/1.0/things")["Access-Control-Allow-Origin"] == nil)
        let other = APIBench(configuration: APIConfiguration(cors: CORSPolicy(allowedHeaders: ["X-Other"]))) {
            Route(open: .get, "/things", "") { _ in .items([]) }
        }
        let headers = [
            "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "X-Other, X-Auth-Token",
        ]
        let reply = try await other.request("OPTIONS", "/1.0/things", headers: headers)
        #expect(reply["Access-Control-Allow-Headers"] == "X-Other")
    }
}
