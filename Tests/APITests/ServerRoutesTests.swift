import API
import Core
import Synchronization
import Testing

private final class FakeConfiguration: ConfigurationShowing {
    private let debug = Mutex(false)
    func tree() -> JSONValue { ["debug": .bool(debug.withLock { $0 }), "auth": ["password": "********"]] }
    func setDebug(_ isOn: Bool) { debug.withLock { $0 = isOn } }
}

/// Contract 00 §9.2.
@Suite("Configuration over REST")
struct ConfigurationRoutesTests {
    private let bench = APIBench(features: [ConfigurationRoutes(FakeConfiguration())])

    private func patch(_ body: String, token: String = "master") async throws -> Reply {
        try await bench.request("PATCH", "/1.0/config", token: token, body: body)
    }

    @Test("only the master tenant sees and changes it")
    func master() async throws {
        let shown = try await bench.request("GET", "/1.0/config", token: "master")
        #expect(shown.status == 200 && shown.json["debug"] == false)
        #expect(try await bench.request("GET", "/1.0/config").details == ["invalid_token": "XXXX"])
        #expect(try await patch("[]", token: "good").details == ["invalid_token": "XXXX"])
    }

    @Test("the debug log is turned on and off, values are coerced, and an empty patch changes nothing")
    func debug() async throws {
        let on = try await patch(#"[{"op": "replace", "path": "/debug", "value": "Yes"}]"#)
        #expect(on.status == 200 && on.json["debug"] == true && on.json["auth"] != nil)
        #expect(try await patch("[]").json["debug"] == true)
        #expect(try await patch(#"[{"op": "replace", "path": "/debug", "value": false}]"#).json["debug"] == false)
    }

    @Test("faults are told by index, the value's as an object")
    func faults() async throws {
        let type: JSONValue = ["message": "Not a valid boolean.", "constraint_id": "type", "constraint": "boolean"]
        let missing: JSONValue = [
            "message": "Missing data for required field.", "constraint_id": "required", "constraint": "required",
        ]
        let bad = try await patch(#"[{"op": "add", "path": "/x", "value": "maybe"}]"#)
        #expect(bad.status == 400)
        #expect(
            bad.details
                == [
                    "0": ["op": ["Must be equal to replace."], "path": ["Must be equal to /debug."], "value": type]
                ]
        )
        let absent = try await patch(
            #"[{"op": "replace", "path": "/debug", "value": 1}, {"op": "replace", "path": "/debug"}]"#
        )
        #expect(absent.details == ["1": ["value": missing]])
        #expect(try await bench.request("GET", "/1.0/config", token: "master").json["debug"] == false)
        #expect(try await patch("{}").details == ["_schema": ["Invalid input type."]])
        #expect(try await patch("").errorID == "invalid-json")
    }
}

@Suite("Health and metrics")
struct HealthRoutesTests {
    @Test("live is always, ready when every component is, both without a token and outside /1.0")
    func health() async throws {
        let isReady = Mutex(false)
        let bench = APIBench(
            features: [
                HealthRoutes { ["database": true, "ari": isReady.withLock { $0 }] },
                MetricsRoutes { "tandem_up 1\n" },
            ]
        )
        #expect(try await bench.request("GET", "/health/live", token: nil).status == 200)
        let not = try await bench.request("GET", "/health/ready", token: nil)
        #expect(not.status == 503)
        #expect(not.json == ["status": "fail", "components": ["database": true, "ari": false]])
        isReady.withLock { $0 = true }
        #expect(try await bench.request("GET", "/health/ready", token: nil).status == 200)
        let metrics = try await bench.request("GET", "/metrics", token: nil)
        #expect(metrics.text == "tandem_up 1\n")
        #expect(metrics["Content-Type"]?.hasPrefix("text/plain") == true)
        #expect(try await bench.request("GET", "/1.0/metrics", token: nil).status == 404)
    }
}
