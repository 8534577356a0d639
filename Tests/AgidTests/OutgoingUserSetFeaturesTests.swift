import Core
import Directory
import FastAGI
import Testing

@testable import Agid

@Suite("outgoing_user_set_features")
struct OutgoingUserSetFeaturesTests {
    private let script = "outgoing_user_set_features"
    private let reads = [
        "WAZO_USERID", "WAZO_USERUUID", "WAZO_DSTID", "WAZO_DSTNUM", "WAZO_SRCNUM", "WAZO_BASE_CONTEXT",
        "WAZO_TENANT_UUID",
    ].map(get)
    private let header = "PJSIP_HEADER(read,X-Wazo-Selected-Caller-ID)"

    private func outcall(_ change: (inout OutcallRecord) -> Void = { _ in }) -> OutcallRecord {
        var outcall = OutcallRecord(id: 5, tenant: TenantID("t"), country: "FR")
        outcall.trunks = [OutcallTrunk(interface: .iax(name: "old"), callerIDFormat: "+E164")]
        outcall.trunkCount = 1
        change(&outcall)
        return outcall
    }

    private func user(_ callerID: String) -> DialplanUser {
        var user = DialplanUser(id: 3, uuid: UserID("u-3"), tenant: TenantID("t"), name: "Cy")
        user.outgoingCallerID = callerID
        return user
    }

    private let variables = ["WAZO_DSTID": "9", "WAZO_DSTNUM": "0123", "WAZO_TENANT_UUID": "t"]

    private func call(
        _ outcall: OutcallRecord,
        _ users: [DialplanUser] = [],
        _ more: [String: String] = [:]
    ) async throws -> [String] {
        try await runUserCall(
            script,
            FixedUsers(users: users, outcall: outcall),
            on: AGITranscript(variables: variables.merging(more) { _, new in new })
        )
    }

    @Test("a route with trunks of each kind is written in the contract's order")
    func trunks() async throws {
        let to = "\"Bob\" <sip:0123@gw.example:5060>;tag=1"
        var caller = user("\"Cy Dee\" <+331>")
        caller.rights.mayTransfer = true
        caller.rights.mayRecord = true
        caller.userField = "field"
        caller.music = "jazz"
        let route = outcall {
            $0.trunks = [
                OutcallTrunk(interface: .sip(name: "gw"), callerIDFormat: "national"),
                OutcallTrunk(interface: .iax(name: "old"), callerIDFormat: "+E164"),
                OutcallTrunk(interface: .custom(interface: "DAHDI/g1", suffix: "/x"), callerIDFormat: ""),
            ]
            $0.trunkCount = 4
            $0.strippedDigits = 1
            $0.prefix = "00"
            $0.preprocessSubroutine = "sub"
            $0.ringSeconds = 25
        }
        let host = "PJSIP_PARSE_URI(<sip:0123@gw.example:5060>;tag=1,host)"
        let commands = try await call(
            route,
            [caller],
            ["WAZO_USERID": "3", "PJSIP_HEADER(read,To)": to, host: "gw.example"]
        )
        let expected: [String] = [
            set("WAZO_TENANT_COUNTRY", "FR"), set("WAZO_CALLOPTIONS", "TX"), set("CHANNEL(userfield)", "field"),
            set("CHANNEL(musicclass)", "jazz"), set("WAZO_OUTGOING_CALLER_ID_FORMAT0", "national"),
            set("WAZO_INTERFACE0", "PJSIP"), set("WAZO_TRUNKEXTEN0", "00123@gw"), set("WAZO_TRUNK_INTERFACE0", "gw"),
            get("PJSIP_HEADER(read,To)"), get(host), set("__WAZO_TRUNK_HOST", "gw.example"),
            set("WAZO_TRUNKSUFFIX0", ""), set("WAZO_OUTGOING_CALLER_ID_FORMAT1", "+E164"),
            set("WAZO_INTERFACE1", "IAX2/old"), set("WAZO_TRUNKEXTEN1", "00123"), set("WAZO_TRUNKSUFFIX1", ""),
            set("WAZO_OUTGOING_CALLER_ID_FORMAT2", ""), set("WAZO_INTERFACE2", "DAHDI/g1"),
            set("WAZO_TRUNKEXTEN2", "00123"), set("WAZO_TRUNKSUFFIX2", "/x"), get(header),
            set("CALLERID(all)", #"\"Cy Dee\" <+331>"#), set("WAZO_OUTCALLPREPROCESS_SUBROUTINE", "sub"),
            set("WAZO_HANGUPRINGTIME", "25"), set("WAZO_OUTCALLID", "5"), get("WAZO_PATH"), set("WAZO_PATH", "outcall"),
            set("WAZO_PATH_ID", "5"), set("WAZO_CALL_RECORD_SIDE", "caller"),
        ]
        #expect(commands == reads + expected)
    }

    @Test("an internal route leaves the caller id alone and is not recorded by key")
    func isInternal() async throws {
        var caller = user("anonymous")
        caller.rights.mayRecord = true
        let commands = try await call(
            outcall { $0.isInternal = true },
            [caller],
            ["WAZO_USERUUID": "u-3", "WAZO_PATH": "user"]
        )
        #expect(
            commands == reads + [
                set("WAZO_TENANT_COUNTRY", "FR"), set("WAZO_CALLOPTIONS", ""),
                set("WAZO_OUTGOING_CALLER_ID_FORMAT0", "+E164"), set("WAZO_INTERFACE0", "IAX2/old"),
                set("WAZO_TRUNKEXTEN0", "0123"), set("WAZO_TRUNKSUFFIX0", ""),
                set("WAZO_OUTCALLPREPROCESS_SUBROUTINE", ""), set("WAZO_HANGUPRINGTIME", ""),
                set("WAZO_OUTCALLID", "5"), get("WAZO_PATH"), set("WAZO_CALL_RECORD_SIDE", "caller"),
            ]
        )
    }

    private static let anonymous = [set("CALLERID(pres)", "prohib"), set("WAZO_OUTGOING_ANONYMOUS_CALL", "1")]

    @Test(
        "the caller id: the header's, else the user's, else the route's",
        arguments: [
            ("", nil, nil, []), ("", nil, "\"R\" <1>", [set("CALLERID(all)", #"\"R\" <1>"#)]),
            ("", "default", "Rat", [set("CALLERID(name)", "Rat")]), ("", "default", "<x>", []),
            ("", "12", "R", [set("CALLERID(all)", #"\"12\" <12>"#)]), ("", "", "R", []),
            ("+339", "anonymous", nil, [set("WAZO_SELECTED_CALLER_ID", "+339")]),
            ("anonymous", "12", "R <7>", anonymous + [set("_WAZO_OUTCALL_PAI_NUMBER", "7")]),
            ("", "anonymous", "R <+8>", anonymous + [set("_WAZO_OUTCALL_PAI_NUMBER", "+8")]),
        ] as [(String, String?, String?, [String])]
    )
    func callerID(selected: String, own: String?, route: String?, written: [String]) async throws {
        let commands = try await call(
            outcall { $0.callerID = route },
            own.map { [user($0)] } ?? [],
            ["WAZO_USERID": "3", header: selected]
        )
        let after = commands.drop { $0 != get(header) }.dropFirst()
        #expect(Array(after.prefix { !$0.contains("WAZO_OUTCALLPREPROCESS") }) == written)
    }

    @Test("an anonymous caller of a route without number is told to Asterisk's log")
    func noNumber() async throws {
        let commands = try await call(outcall { $0.callerID = "Name" }, [user("anonymous")], ["WAZO_USERID": "3"])
        #expect(commands.contains { $0.hasPrefix("VERBOSE") })
        #expect(!commands.contains { $0.contains("PAI_NUMBER") })
    }

    @Test("a To header without an address, or one that would break out of the function, costs nothing")
    func strangeHeader() async throws {
        for to in ["", "sip:1@x", "<sip:1@x)${SHELL(ls)}>"] {
            let route = outcall { $0.trunks = [OutcallTrunk(interface: .sip(name: "gw"), callerIDFormat: "")] }
            let commands = try await call(route, [], ["PJSIP_HEADER(read,To)": to])
            #expect(commands.contains { $0.hasPrefix("VERBOSE") })
            #expect(!commands.contains { $0.contains("PARSE_URI") || $0.contains("TRUNK_HOST") })
        }
    }

    @Test("digits are dropped, all of them when there are fewer", arguments: [(2, "23"), (9, ""), (-1, "0123")])
    func stripped(digits: Int, rest: String) async throws {
        let commands = try await call(outcall { $0.strippedDigits = digits })
        #expect(commands.contains(set("WAZO_TRUNKEXTEN0", rest)))
    }

    @Test(
        "a route that is not there, of another tenant, or without a trunk breaks the dialplan",
        arguments: [["WAZO_DSTID": "8"], ["WAZO_DSTID": ""], ["WAZO_DSTID": "x"], ["WAZO_TENANT_UUID": "other"]]
    )
    func unknown(more: [String: String]) async throws {
        await #expect(throws: DialplanBreak.self) { try await call(outcall(), [], more) }
        await #expect(throws: DialplanBreak.self) { try await call(outcall { $0.trunkCount = 0 }) }
    }

    @Test("without a tenant any route serves, and has no country")
    func noTenant() async throws {
        let commands = try await call(outcall(), [], ["WAZO_TENANT_UUID": ""])
        #expect(commands.contains(set("WAZO_TENANT_COUNTRY", "")))
    }

    @Test("without the database the call has no destination")
    func away() async throws {
        await #expect(throws: DatabaseFailure.self) {
            try await runUserCall(script, FixedUsers(isAway: true), on: AGITranscript(variables: variables))
        }
    }
}
