import ConfdDirectory
import Core
import Directory
import TandemTesting
import Testing

private let tenant = TenantID("T")

/// Older releases and proxies send far less than the golden bodies (contract 38 §0.3), newer ones more kinds.
@Suite("The smallest bodies that must still work")
struct LeniencyTests {
    /// A confd that has these answers by path and 404 for the rest.
    private func answering(_ bodies: [String: JSONValue]) -> FakeService.Handler {
        { request in bodies[request.path].map { .init(200, $0) } ?? .init(404, ["Resource Not Found"]) }
    }

    @Test("a user with nothing but ids, and a line of four keys")
    func user() async throws {
        let bodies: [String: JSONValue] = [
            "/1.1/users/u": ["uuid": "u", "lines": [["id": 31], ["id": 32]]],
            "/1.1/lines/31": ["id": 31, "name": "k3f9q2", "protocol": "sip", "context": "c"],
        ]
        try await withConfd(answering(bodies)) { directory, service async throws in
            let user = try #require(try await directory.user(UserID("u"), tenant: nil))
            #expect(
                user.lines == [
                    LineRecord(id: 31, context: "c", endpoint: .sip(name: "k3f9q2")),
                    // listed, and gone when it was asked for
                    LineRecord(id: 32, context: "", endpoint: nil),
                ]
            )
            #expect(user.mobileNumber == nil)
            #expect(!user.isMobileFallbackEnabled)
            #expect(user.name == "")
            #expect(service.requests.allSatisfy { $0.headers["wazo-tenant"] == nil })
        }
    }

    @Test("the reads that follow carry the tenant that was asked for, else the user's own")
    func tenantHeaders() async throws {
        let bodies: [String: JSONValue] = [
            "/1.1/users/u": ["uuid": "u", "tenant_uuid": "T", "lines": [["id": 31]]],
            "/1.1/lines/31": ["id": 31, "name": "k", "protocol": "sip", "context": "c"],
        ]
        try await withConfd(answering(bodies)) { directory, service async throws in
            _ = try await directory.user(UserID("u"), tenant: nil)
            _ = try await directory.user(UserID("u"), tenant: TenantID("M"))
            #expect(service.requests.map(\.path) == ["/1.1/users/u", "/1.1/lines/31", "/1.1/users/u", "/1.1/lines/31"])
            #expect(service.requests.map { $0.headers["wazo-tenant"] } == [nil, "T", "M", "M"])
        }
    }

    @Test("a user without the key lines, or with null, has none", arguments: [[:], ["lines": .null]] as [JSONValue])
    func noLines(body: JSONValue) async throws {
        let user = JSONValue.object((body.object ?? [:]).merging(["uuid": "u"]) { $1 })
        try await withConfd(answering(["/1.1/users/u": user])) { directory, _ async throws in
            #expect(try await directory.user(UserID("u"), tenant: tenant)?.lines == [])
            #expect(try await directory.user(UserID("u"), tenant: tenant)?.tenant == tenant)
        }
    }

    @Test("a line without name or protocol cannot be dialled; one of an unknown protocol is not listed")
    func lines() async throws {
        let items: JSONValue = [
            ["id": 4, "name": .null, "protocol": .null, "context": "c", "tenant_uuid": "T"],
            ["id": 3, "name": "x", "protocol": "carrier-pigeon", "context": "c", "tenant_uuid": "T"],
            ["id": 2, "name": "k", "protocol": "sip", "context": "c"], "no line at all", ["name": "without id"],
        ]
        let bodies = ["/1.1/lines": ["items": items] as JSONValue, "/1.1/lines/3": items.array?[1] ?? .null]
        try await withConfd(answering(bodies)) { directory, _ async throws in
            #expect(
                try await directory.lines() == [
                    LineRecord(id: 2, context: "c", endpoint: .sip(name: "k")),
                    LineRecord(id: 4, context: "c", endpoint: nil, tenant: tenant),
                ]
            )
            #expect(
                try await directory.line(3, tenant: nil)
                    == LineRecord(id: 3, context: "c", endpoint: nil, tenant: tenant)
            )
        }
    }

    @Test("trunks with one endpoint key, without registration, without any")
    func trunks() async throws {
        let items: JSONValue = [
            ["id": 1, "tenant_uuid": "T", "endpoint_sip": ["name": "s"]],
            ["id": 2, "tenant_uuid": "T", "endpoint_custom": ["interface": "DAHDI/g1"]],
            ["id": 3, "tenant_uuid": "T", "endpoint_iax": ["name": "i"]], ["id": 4, "tenant_uuid": "T"],
            ["id": 5, "tenant_uuid": "T", "endpoint_h323": ["name": "h"]], ["id": 6],
            [
                "id": 7, "tenant_uuid": "T",
                "endpoint_sip": ["name": "r", "registration_section_options": [["x"], []]],
            ],
        ]
        try await withConfd(answering(["/1.1/trunks": ["items": items]])) { directory, _ async throws in
            let endpoints = try await directory.trunks().map(\.endpoint)
            #expect(
                endpoints == [
                    .sip(name: "s", registration: nil), .custom(interface: "DAHDI/g1"), .iax(name: "i"),
                    .sip(name: "r", registration: nil),
                ]
            )
        }
    }

    @Test("a list that ignores its filters is filtered here; a box of an unknown kind is left out")
    func voicemails() async throws {
        func box(_ id: Int64, _ tenant: String, _ number: String, _ access: JSONValue?) -> JSONValue {
            var body: [String: JSONValue] = [
                "id": .integer(id), "tenant_uuid": .string(tenant), "name": "n", "number": .string(number),
                "context": "c", "users": [["uuid": "b"], ["uuid": "a"]],
            ]
            body["accesstype"] = access
            return .object(body)
        }
        let items: JSONValue = [
            box(3, "T", "103", "global"), box(2, "T", "102", nil), box(1, "T", "101", .null),
            box(4, "S", "104", "global"),
            box(5, "T", "105", "planetary"),
        ]
        let bodies = ["/1.1/voicemails": ["items": items] as JSONValue, "/1.1/voicemails/5": items.array?[4] ?? .null]
        try await withConfd(answering(bodies)) { directory, _ async throws in
            #expect(try await directory.voicemails(tenant: tenant, access: nil).map(\.id) == [1, 2, 3])
            #expect(try await directory.voicemails(tenant: tenant, access: .global).map(\.id) == [3])
            #expect(try await directory.voicemail(number: "102", context: "c")?.access == .personal)
            #expect(try await directory.voicemail(number: "102", context: "c")?.users == [UserID("a"), UserID("b")])
            #expect(try await directory.voicemail(number: "106", context: "c") == nil)
            #expect(try await directory.voicemail(5, tenant: tenant) == nil)
        }
    }

    @Test("options of an application that are missing have defaults; an unknown destination leaves it out")
    func applications() async throws {
        let items: JSONValue = [
            ["uuid": "c", "tenant_uuid": "T", "destination": "node", "destination_options": [:]],
            ["uuid": "b", "tenant_uuid": "T", "destination": "node"],
            ["uuid": "a", "tenant_uuid": "T", "destination": .null, "destination_options": [:]],
            ["uuid": "d", "tenant_uuid": "T", "destination": "moon", "destination_options": [:]],
            [
                "uuid": "e", "tenant_uuid": "T", "destination": "node",
                "destination_options": ["type": "mixing", "answer": true, "music_on_hold": ""],
            ],
        ]
        try await withConfd(answering(["/1.1/applications": ["items": items]])) { directory, _ async throws in
            let found = try await directory.applications()
            let plain = ApplicationRecord.Node(type: "holding", musicOnHold: nil, answers: false)
            let mixing = ApplicationRecord.Node(type: "mixing", musicOnHold: nil, answers: true)
            #expect(found.map(\.id) == ["a", "b", "c", "e"])
            #expect(found.map(\.node) == [nil, plain, plain, mixing])
        }
    }

    @Test("switchboard, music, conference, meeting and parking lot with the fewest keys")
    func others() async throws {
        let bodies: [String: JSONValue] = [
            "/1.1/switchboards/s": [
                "uuid": "s", "tenant_uuid": "T", "queue_music_on_hold": .null, "waiting_room_music_on_hold": .null,
            ],
            "/1.1/moh/m": ["uuid": "m", "name": "default"], "/1.1/conferences/1": ["id": 1, "tenant_uuid": "T"],
            "/1.1/meetings/x": ["uuid": "X", "tenant_uuid": "T"],
            "/1.1/parkinglots/6": [
                "id": 6, "tenant_uuid": "T", "name": .null, "slots_start": "701", "slots_end": "702", "timeout": .null,
                "extensions": [["exten": "700", "context": "c"]],
            ],
            "/1.1/parkinglots/7": [
                "id": 7, "tenant_uuid": "T", "slots_start": "1", "slots_end": "2", "extensions": [],
            ],
        ]
        try await withConfd(answering(bodies)) { directory, _ async throws in
            let switchboard = try await directory.switchboard("s", tenant: tenant)
            #expect(
                switchboard?.queueMusic == nil && switchboard?.waitingRoomMusic == nil && switchboard?.timeout == nil
            )
            #expect(try await directory.music("m") == MusicRecord(id: "m", name: "default", tenant: nil))
            #expect(try await directory.conference(1) == ConferenceRecord(id: 1, tenant: tenant))
            #expect(try await directory.meeting("x") == MeetingRecord(id: "x", tenant: tenant, owners: []))
            let lot = try await directory.parkingLot(6)
            #expect(lot?.number == .init(exten: "700", context: "c"))
            #expect(lot?.timeout == nil)
            #expect(try await directory.parkingLot(7)?.number == nil)
        }
    }

    @Test("long lists come in pages; a server that knows no pages is asked twice at most")
    func pages() async throws {
        func line(_ id: Int) -> JSONValue {
            ["id": .integer(Int64(id)), "name": "k", "protocol": "sip", "context": "c"]
        }
        let confd = try FakeConfd()
        confd.change { $0["lines"] = (1...2_500).map { line($0) } }
        try await withConfd({ confd.answer($0) }) { directory, service async throws in
            #expect(try await directory.lines().map(\.id) == Array(1...2_500))
            #expect(service.requests.map { $0.query["offset"] } == ["0", "1000", "2000"])
        }
        for count in [1, 999, 1_000, 1_001, 3_000] {
            let everything: JSONValue = ["items": .array((1...count).map { line($0) })]
            try await withConfd({ _ in .init(200, everything) }) { directory, service async throws in
                #expect(try await directory.lines().map(\.id) == Array(1...count))
                #expect(service.requests.count == (count == 1_000 ? 2 : 1))
            }
        }
    }
}
