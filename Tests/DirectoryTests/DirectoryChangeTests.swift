import Core
import Directory
import TandemTesting
import Testing

@Suite("What confd's events and the database's notifications tell")
struct DirectoryChangeTests {
    private static let user = UserID("b0000000-0000-4000-8000-000000000010")
    private static let application = DirectoryChange.application("d0000000-0000-4000-8000-000000000002")
    private static let music = DirectoryChange.music("d0000000-0000-4000-8000-000000000005")

    /// Each golden event, with what it changes.
    private static let golden: [(String, [DirectoryChange])] = [
        ("application_created", [application]), ("application_edited", [application]),
        ("application_deleted", [application]), ("moh_created", [music]), ("moh_deleted", [music]),
        ("meeting_deleted", [.meeting("d0000000-0000-4000-8000-000000000003")]),
        ("parking_lot_created", [.parkingLot(6)]), ("parking_lot_edited", [.parkingLot(6)]),
        ("parking_lot_deleted", [.parkingLot(6)]), ("user_edited", [.user(user)]), ("user_deleted", [.user(user)]),
        ("user_line_associated", [.user(user), .line(31)]), ("user_line_dissociated", [.user(user), .line(31)]),
        ("users_services_dnd_updated", []), ("line_edited", [.line(32)]), ("line_deleted", [.line(32)]),
        ("line_endpoint_sip_associated", [.line(31)]), ("line_endpoint_sccp_associated", [.line(32)]),
        ("line_endpoint_custom_associated", [.line(33)]), ("trunk_deleted", [.trunk(7)]),
        ("trunk_endpoint_sip_associated", [.trunk(7)]), ("trunk_endpoint_iax_associated", [.trunk(8)]),
        ("trunk_endpoint_custom_associated", [.trunk(9)]), ("sip_endpoint_edited", [.trunk(7)]),
        ("iax_endpoint_edited", [.trunk(8)]), ("custom_endpoint_edited", [.line(33)]),
    ]

    @Test("every golden event changes what it names", arguments: golden)
    func goldenEvent(name: String, changes: [DirectoryChange]) throws {
        let data = try #require(try GoldenBodies.body("bus.confd")[name]?["data"])
        #expect(DirectoryChange.changes(event: name, data: data) == changes)
        #expect(DirectoryChange.events.contains(name) == !changes.isEmpty)
    }

    @Test("a deleted tenant takes its objects along; without its uuid anything may have changed")
    func deletedTenant() {
        let changes = DirectoryChange.changes(
            event: "auth_tenant_deleted",
            data: ["uuid": "10000000-ABCD", "name": "T"]
        )
        #expect(changes == [.tenantDeleted(TenantID("10000000-abcd")), .everything])
        #expect(DirectoryChange.changes(event: "auth_tenant_deleted", data: [:]) == [.everything])
        #expect(DirectoryChange.events.contains("auth_tenant_deleted"))
    }

    @Test("no golden event is forgotten here")
    func all() throws {
        let names = try #require(try GoldenBodies.body("bus.confd").object).keys
        #expect(Set(names) == Set(Self.golden.map(\.0)))
    }

    @Test("an edited switchboard is the whole switchboard; dissociations are as associations")
    func others() throws {
        let switchboard = try GoldenBodies.body("confd.switchboard")
        let id = DirectoryChange.switchboard("d0000000-0000-4000-8000-000000000001")
        #expect(DirectoryChange.changes(event: "switchboard_edited", data: switchboard) == [id])
        let data: JSONValue = ["line": ["id": 31], "endpoint_sip": ["uuid": "e"]]
        #expect(DirectoryChange.changes(event: "line_endpoint_sip_dissociated", data: data) == [.line(31)])
        let box: JSONValue = ["user_uuid": "u", "voicemail_id": 44]
        #expect(DirectoryChange.changes(event: "user_voicemail_dissociated", data: box) == [.voicemail(44)])
    }

    @Test(
        "an endpoint that names neither line nor trunk may be any one's: deleted, or what others are made after",
        arguments: ["sip_endpoint_deleted", "iax_endpoint_deleted", "custom_endpoint_deleted", "sip_endpoint_edited"]
    )
    func endpointOfNobody(name: String) {
        let data: JSONValue = ["uuid": "e", "name": "k3f9q2", "line": .null, "trunk": .null]
        #expect(DirectoryChange.changes(event: name, data: data) == [.line(nil), .trunk(nil)])
        let ofLine: JSONValue = ["uuid": "e", "name": "k3f9q2", "line": ["id": 31], "trunk": .null]
        #expect(DirectoryChange.changes(event: name, data: ofLine) == [.line(31)])
        #expect(DirectoryChange.events.contains(name))
    }

    @Test(
        "an event without its ids may mean anything",
        arguments: ["user_edited", "line_deleted", "switchboard_edited", "user_line_associated", "moh_deleted"]
    )
    func malformed(name: String) {
        for data: JSONValue in [.null, [:], "text", ["id": [], "uuid": 5, "user": ["uuid": "u"]]] {
            #expect(DirectoryChange.changes(event: name, data: data) == [.everything])
        }
    }

    @Test("an event of somebody else tells nothing")
    func foreign() {
        #expect(DirectoryChange.changes(event: "call_created", data: ["id": 1]).isEmpty)
    }

    @Test(
        "a notification names a table and a key",
        arguments: [
            (#"{"table":"userfeatures","key":"u"}"#, [DirectoryChange.user(UserID("u"))]),
            (#"{"table":"linefeatures","key":"31"}"#, [.line(31)]),
            (#"{"table":"linefeatures","key":null}"#, [.line(nil)]),
            (#"{"table":"trunkfeatures","key":"7"}"#, [.trunk(7)]),
            (#"{"table":"switchboard","key":"s"}"#, [.switchboard("s")]),
            (#"{"table":"voicemail","key":"44"}"#, [.voicemail(44)]),
            (#"{"table":"application","key":"a"}"#, [.application("a")]),
            (#"{"table":"moh","key":"m"}"#, [.music("m")]),
            (#"{"table":"conference","key":"15"}"#, [.conference(15)]),
            (#"{"table":"meeting","key":"m"}"#, [.meeting("m")]),
            (#"{"table":"parking_lot","key":"6"}"#, [.parkingLot(6)]),
            (#"{"table":"groupfeatures","key":"5"}"#, [.group(5)]),
            (#"{"table":"tenant","key":"t"}"#, [.tenant]),
            (#"{"table":"user_line","key":null}"#, [.user(nil), .line(nil)]),
            (#"{"table":"context","key":null}"#, [.user(nil), .line(nil), .voicemail(nil)]),
            (#"{"table":"schedule","key":"1"}"#, []), ("", [.everything]), ("{}", [.everything]),
            ("not JSON", [.everything]),
        ]
    )
    func notification(payload: String, changes: [DirectoryChange]) {
        #expect(DirectoryChange.changes(notification: payload) == changes)
    }
}

@Suite("confd's failure")
struct ConfdFailureTests {
    @Test("it is the contract's 503 with where confd was looked for", arguments: [(10.0, "10"), (0.5, "0.5")])
    func body(timeout: Double, written: String) {
        let failure = ConfdFailure(host: "confd.test", port: 9486, timeout: timeout, originalError: "refused").failure
        #expect(failure.status == 503)
        #expect(failure.errorID == "wazo-confd-unreachable")
        #expect(failure.message == "wazo-confd server unreachable")
        #expect(
            JSONValue.object(failure.details).text
                == #"{"original_error":"refused","wazo_confd_config":{"host":"confd.test","port":9486,"timeout":\#(written)}}"#
        )
    }
}
