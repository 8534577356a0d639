import Core
import Events
import Foundation
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Transfers

@Suite("Transfer: requests", .timeLimit(.minutes(1)))
struct TransferRequestTests {
    /// The order with a field changed, or without it.
    private func order(_ name: String, _ value: JSONValue?) -> JSONValue {
        var order = TransferBench.order.object ?? [:]
        order[name] = value
        return .object(order)
    }

    @Test(
        "what is wrong with a body is told in the contract's words",
        arguments: [
            ("exten", nil, "Missing data for required field."), ("exten", .null, "Field may not be null."),
            ("exten", 5, "Not a valid string."), ("exten", "", "Shorter than minimum length 1."),
            ("exten", " \t\n", "Shorter than minimum length 1."),
            ("context", "", "Shorter than minimum length 1."), ("flow", "slow", "Must be one of: attended, blind."),
            ("flow", .null, "Field may not be null."), ("timeout", true, "Not a valid integer."),
            ("timeout", "soon", "Not a valid integer."),
            ("colour", "blue", "Unknown field."),
            ("variables", "blue", "Not a valid mapping type."),
        ] as [(String, JSONValue?, String)]
    )
    func faults(_ name: String, _ value: JSONValue?, _ message: String) async throws {
        let bench = TransferBench()
        let reply = try await bench.request(.post, "/transfers", order(name, value))
        #expect(reply.status == 400)
        #expect(reply.body["error_id"] == "invalid-data")
        #expect(reply.body["details"]?[name] == [.string(message)], "\(reply.body)")
    }

    @Test("faults of variables are told by key")
    func variableFaults() async throws {
        let bench = TransferBench()
        let reply = try await bench.request(.post, "/transfers", order("variables", ["a": 1]))
        #expect(reply.body["details"] == ["variables": ["a": ["value": ["Not a valid string."]]]])
        let null = try await bench.request(.post, "/transfers", .null)
        #expect(null.body["details"] == ["_schema": ["Invalid input type."]])
    }

    @Test("a user chooses neither context nor other party", arguments: ["context", "transferred_call", "variables"])
    func userFields(_ name: String) async throws {
        let bench = TransferBench()
        let body: JSONValue = .object(["initiator_call": "I", "exten": "1003", name: "x"])
        let reply = try await bench.request(.post, "/users/me/transfers", body)
        #expect(reply.body["details"] == [name: ["Unknown field."]], "\(reply.body)")
    }

    @Test("white space is taken out of the extension; a timeout in a text is a number")
    func coercions() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let reply = try await bench.request(.post, "/transfers", order("timeout", " 20 "))
            #expect(reply.status == 201)
            #expect(bench.asterisk.requests.contains("originate Local/1003@default"))
        }
    }

    @Test("a timeout of -1 is no limit, and any other number is taken too", arguments: [-1, 0, -5, 3_000_000_000])
    func timeouts(_ seconds: Int64) async throws {
        for path in ["/transfers", "/users/me/transfers"] {
            let bench = TransferBench()
            try await bench.run {
                try await bench.call(inStasis: true)
                let own: JSONValue = ["initiator_call": "I", "exten": "1003", "timeout": .integer(seconds)]
                let body = path == "/transfers" ? order("timeout", .integer(seconds)) : own
                let reply = try await bench.request(.post, path, body)
                #expect(reply.status == 201, "\(path): \(reply.body)")
                #expect(bench.asterisk.requests.contains { $0.hasPrefix("originate Local/1003@") })
            }
        }
    }

    @Test("a channel that does not exist", arguments: ["transferred_call", "initiator_call"])
    func unknownChannel(_ name: String) async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let reply = try await bench.request(.post, "/transfers", order(name, "nobody"))
            #expect(reply.status == 400)
            #expect(reply.body["error_id"] == "transfer-creation-error")
            #expect(reply.body["message"] == "Transfer creation error")
            #expect(reply.body["details"] == ["message": "channel not found"])
            let same = try await bench.request(.post, "/transfers", order(name, name == "transferred_call" ? "I" : "T"))
            #expect(same.status == 400, "nobody is transferred to himself")
        }
    }

    @Test("an extension that the dialplan does not have; no manager at all")
    func extensions() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            bench.manager.setExtensions([])
            let reply = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(reply.status == 400)
            #expect(reply.body["error_id"] == "invalid-extension")
            #expect(reply.body["details"] == ["context": "default", "exten": "1003"])
            bench.manager.fail("ShowDialplan", with: .refused(message: "no", action: "ShowDialplan"))
            let refused = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(refused.status == 400)
            bench.manager.fail("ShowDialplan", with: .unreachable("away"))
            let away = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(away.status == 503)
            #expect(away.body["error_id"] == "wazo-amid-error")
            #expect(away.body["details"]?["wazo_amid_config"]?["host"] == "pbx")
            #expect(bench.store.rows.isEmpty)
        }
    }

    @Test("one transfer for an initiator at a time, also when two come at once; the lock goes with the transfer")
    func lock() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            async let first = bench.request(.post, "/transfers", TransferBench.order)
            async let second = bench.request(.post, "/transfers", TransferBench.order)
            let replies = try await [first, second].sorted { $0.status < $1.status }
            #expect(replies.map(\.status) == [201, 409])
            #expect(replies[1].body["error_id"] == "transfer-already-started")
            #expect(replies[1].body["details"] == ["initiator_call": "I"])
            let id = try #require(replies[0].body["id"]?.string)
            _ = try await bench.request(.delete, "/transfers/\(id)")
            let again = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(again.status == 201)
        }
    }

    @Test("an initiator without a user is refused, and is not locked afterwards")
    func noUser() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true, user: nil)
            for _ in 1...2 {
                let reply = try await bench.request(.post, "/transfers", TransferBench.order)
                #expect(reply.status == 400)
                #expect(reply.body["details"] == ["message": "initiator has no user UUID"])
            }
        }
    }

    @Test("an initiator without a tenant is of his user's tenant")
    func noTenant() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true, tenant: nil)
            let reply = try await bench.request(.post, "/transfers", TransferBench.order)
            #expect(reply.status == 201)
            #expect(reply.body["initiator_tenant_uuid"] == .string(TransferBench.tenant.rawValue))
        }
    }

    @Test("another tenant sees neither the channels nor the transfer; the master tenant sees all")
    func tenants() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let foreign = try await bench.request(.post, "/transfers", TransferBench.order, token: "foreign")
            #expect(foreign.status == 400)
            #expect(foreign.body["details"] == ["message": "channel not found"])
            let (id, _) = try await bench.begin()
            let get = try await bench.request(.get, "/transfers/\(id)", token: "foreign")
            let delete = try await bench.request(.delete, "/transfers/\(id)", token: "foreign")
            let complete = try await bench.request(.put, "/transfers/\(id)/complete", token: "foreign")
            for reply in [get, delete, complete] { #expect(reply.status == 404) }
            #expect(get.body["error_id"] == "no-such-transfer")
            #expect(get.body["details"] == ["transfer_id": .string(id)])
            let master = try await bench.request(.get, "/transfers/\(id)", token: "master")
            #expect(master.status == 200)
            let powerless = try await bench.request(.get, "/transfers/\(id)", token: "powerless")
            #expect(powerless.status == 401)
        }
    }

    // MARK: users/me

    private let mine: JSONValue = ["initiator_call": "I", "exten": "1003"]

    @Test("a user's transfer: the other party of his bridge, the context of his main line")
    func user() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let reply = try await bench.request(.post, "/users/me/transfers", mine)
            #expect(reply.status == 201, "\(reply.body)")
            #expect(reply.body["transferred_call"] == "T")
            #expect(bench.asterisk.requests.contains("originate Local/1003@internal"))
            let id = try #require(reply.body["id"]?.string)
            let own = try await bench.request(.get, "/users/me/transfers")
            #expect(own.body["items"]?.array?.count == 1)
            let others = try await bench.request(.get, "/users/me/transfers", token: "idle")
            #expect(others.body == ["items": []])
            for method in [0, 1] {
                let reply =
                    method == 0
                    ? try await bench.request(.delete, "/users/me/transfers/\(id)", token: "idle")
                    : try await bench.request(.put, "/users/me/transfers/\(id)/complete", token: "idle")
                #expect(reply.status == 403)
                #expect(
                    reply.body["details"] == ["transfer": .string(id), "user": .string(TransferBench.idle.rawValue)]
                )
            }
            let service = try await bench.request(.get, "/users/me/transfers", token: "service")
            #expect(service.status == 400)
            #expect(service.body["error_id"] == "token-with-user-uuid-required")
            let cancel = try await bench.request(.delete, "/users/me/transfers/\(id)")
            #expect(cancel.status == 204)
        }
    }

    @Test("checks of a user's creation, in their order")
    func userChecks() async throws {
        let bench = TransferBench()
        try await bench.run {
            func post(_ token: String = "bob") async throws -> (Int, JSONValue?, JSONValue?) {
                let reply = try await bench.request(.post, "/users/me/transfers", mine, token: token)
                return (reply.status, reply.body["error_id"], reply.body["details"])
            }
            let service = try await post("service")
            #expect(service.1 == "token-with-user-uuid-required")
            let unknown = try await post()
            #expect(unknown.2 == ["message": "initiator channel not found"])
            try await bench.call(inStasis: true)
            let other = try await post("idle")
            #expect(other.0 == 403 && other.1 == "user-permission-denied")
            #expect(other.2 == ["call": "I", "user": .string(TransferBench.idle.rawValue)])
            bench.put("Z", inStasis: true)
            try await bench.asterisk.add([ChannelID("Z")], to: TransferBench.shared, as: .init())
            let many = try await post()
            #expect(many.0 == 409 && many.1 == "too-many-transferred-candidates")
            #expect(many.2 == ["candidates": ["T", "Z"]])
            try await bench.asterisk.destroyBridge(TransferBench.shared)
            let alone = try await post()
            #expect(alone.2 == ["message": "transferred channel not found"])
        }
    }

    @Test("a user without a line, and one that the directory does not know")
    func userLines() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true, user: TransferBench.idle)
            let idle = try await bench.request(.post, "/users/me/transfers", mine, token: "idle")
            #expect(idle.body["error_id"] == "user-missing-main-line")
            bench.asterisk.put(
                Channel(id: ChannelID("I"), applicationName: "Stasis", applicationData: "callcontrol"),
                variables: ["WAZO_USERUUID": "nobody"]
            )
            let unknown = try await bench.request(.post, "/users/me/transfers", mine, token: "unknown")
            #expect(unknown.body["error_id"] == "invalid-user")
        }
    }

    @Test("bus events: routing keys, headers and access as in the contract")
    func bus() async throws {
        let bench = TransferBench()
        try await bench.run {
            try await bench.call(inStasis: true)
            let (id, _) = try await bench.begin()
            _ = try await bench.request(.delete, "/transfers/\(id)")
            let keys = bench.store.messages.map(\.routingKey)
            #expect(
                keys == [
                    "calls.transfer.created", "calls.transfer.created", "calls.transfer.edited",
                    "calls.transfer.deleted",
                ]
            )
            let headers = try #require(bench.store.messages.first?.headers)
            let bob = TransferBench.bob.rawValue
            #expect(headers["name"] == "transfer_updated")
            #expect(headers["tenant_uuid"] == .string(TransferBench.tenant.rawValue))
            #expect(headers["user_uuid:\(bob)"] == true)
            #expect(headers["required_acl"] == .string("events.transfers.\(bob)"))
            #expect(headers["required_access"] == "event.transfer_updated")
        }
    }
}
