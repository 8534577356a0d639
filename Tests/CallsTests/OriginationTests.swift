import CallControl
import Core
import Directory
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Calls

@Suite("Calls: placing", .timeLimit(.minutes(1)))
struct OriginationTests {
    private func order(
        _ source: [String: JSONValue] = [:],
        exten: String = "10 03",
        variables: JSONValue? = nil
    ) -> JSONValue {
        var body: [String: JSONValue] = [
            "source": .object(["user": .string(CallBench.bob.rawValue)].merging(source) { $1 }),
            "destination": ["context": "internal", "extension": .string(exten), "priority": 1],
        ]
        body["variables"] = variables
        return .object(body)
    }

    /// Variables of the call that was placed last.
    private func placed(_ bench: CallBench) async throws -> [String: String] {
        let channels = try await bench.asterisk.channels().filter { $0.applicationName == "AppDial2" }
        let id = try #require(channels.max { $0.id.rawValue < $1.id.rawValue }?.id)
        var found: [String: String] = [:]
        for name in Self.names { found[name] = try await bench.asterisk.variable(name, of: id) }
        return found
    }

    private static let names = [
        "XIVO_FIX_CALLERID", "WAZO_USERUUID", "_WAZO_USERUUID", "_WAZO_TENANT_UUID", "WAZO_TENANT_UUID",
        "CONNECTEDLINE(name)", "CONNECTEDLINE(num)", "CALLERID(name)", "CALLERID(num)", "WAZO_CHANNEL_DIRECTION",
        "PJSIP_HEADER(add,Answer-After)", "colour",
    ]

    @Test("from the main line: exactly the contract's eight variables, white space taken out of the extension")
    func plain() async throws {
        let bench = CallBench()
        try await bench.run {
            let reply = try await bench.request(.post, "/calls", order())
            #expect(reply.status == 201 && reply.body["dialed_extension"] == "1003")
            #expect(reply.body["peer_caller_id_number"] == "1003")
            #expect(bench.requests.contains("originate PJSIP/bob"))
            #expect(bench.manager.lines.first == "ShowDialplan Context=internal Extension=1003")
            #expect(
                try await placed(bench) == [
                    "XIVO_FIX_CALLERID": "1", "WAZO_USERUUID": CallBench.bob.rawValue,
                    "_WAZO_TENANT_UUID": CallBench.tenant.rawValue, "CONNECTEDLINE(name)": "1003",
                    "CONNECTEDLINE(num)": "1003", "CALLERID(name)": "1003", "CALLERID(num)": "1003",
                    "WAZO_CHANNEL_DIRECTION": "to-wazo",
                ]
            )
        }
    }

    @Test(
        "which interface is dialled",
        arguments: [
            (["line_id": 2], "sccp/31702"), (["line_id": 1], "PJSIP/bob"),
            (["all_lines": true, "line_id": 99], "Local/\(CallBench.bob)@usersharedlines"),
        ] as [([String: JSONValue], String)]
    )
    func interfaces(_ source: [String: JSONValue], _ endpoint: String) async throws {
        let bench = CallBench()
        try await bench.run {
            let reply = try await bench.request(.post, "/calls", order(source))
            #expect(reply.status == 201)
            #expect(bench.requests.contains("originate \(endpoint)"))
        }
    }

    @Test("a number that begins with # is not shown as the connected one; a phone may answer by itself")
    func oddities() async throws {
        let bench = CallBench()
        try await bench.run {
            let given: JSONValue = ["PJSIP_HEADER(add,Answer-After)": "9", "colour": "blue", "CALLERID(name)": "Me"]
            let reply = try await bench.request(
                .post,
                "/calls",
                order(["auto_answer": "yes"], exten: "#1", variables: given)
            )
            #expect(reply.status == 201)
            let variables = try await placed(bench)
            #expect(variables["CONNECTEDLINE(num)"] == "" && variables["CALLERID(name)"] == "Me")
            #expect(variables["PJSIP_HEADER(add,Answer-After)"] == "0" && variables["colour"] == "blue")
        }
    }

    @Test("nobody places calls into another tenant, nor a user as somebody else")
    func identity() async throws {
        let bench = CallBench()
        try await bench.run {
            let variables: JSONValue = [
                "__WAZO_TENANT_UUID": "evil", "WAZO_TENANT_UUID": "evil", "_WAZO_USERUUID": "evil",
            ]
            #expect(try await bench.request(.post, "/calls", order(variables: variables)).status == 201)
            let service = try await placed(bench)
            #expect(service["_WAZO_TENANT_UUID"] == CallBench.tenant.rawValue)
            #expect(service["WAZO_TENANT_UUID"] == nil && service["__WAZO_TENANT_UUID"] == nil)
            #expect(service["WAZO_USERUUID"] == CallBench.bob.rawValue && service["_WAZO_USERUUID"] == nil)
            let own = try await bench.request(
                .post,
                "/users/me/calls",
                ["extension": "1003", "variables": ["_WAZO_USERUUID": "evil"]]
            )
            #expect(own.status == 400 && own.body["error_id"] == "invalid-data")
        }
    }

    @Test(
        "hostile variables are refused before anything is asked",
        arguments: [
            ("SHELL(rm -rf /)", "x"), ("FILE(/etc/passwd)", "x"), ("DB(a/b)", "x"), ("GLOBAL(x)", "x"),
            ("SHARED(x,PJSIP/a-1)", "x"), ("a\nb", "x"), ("a=b", "x"), ("___x", "x"), ("1x", "x"), ("", "x"),
            ("IMPORT(PJSIP/a-1,x)", "x"), ("CALLERID(name)\r\nX", "x"), ("PJSIP_HEADER(add,X)", "a\r\nVia: evil"),
            ("colour", "a\u{0}b"), ("colour", ""), ("CALLERID(name)x", "x"),
            ("__WAZO_AGID_IP", "127.0.0.1:7777"), ("CHANNEL(hangup_handler_push)", "forward,custom,1"),
            ("WAZO_FWD_ACTIONARG1", "System(x)"), ("TANDEM_CUSTOM_APPLICATIONS", "System"), ("WAZO_USERID", "11"),
            ("WAZO_ORIGINATE_MOBILE_CONTEXT", "secret"), ("WAZO_ORIGINATE_DESTINATION_EXTENSION", "0900"),
            ("MONITOR_EXEC", "touch /tmp/x"), ("TRANSFER_CONTEXT", "secret"), ("CALLERID(name)", "a\u{1B}[2J"),
        ]
    )
    func hostileVariables(_ name: String, _ value: String) async throws {
        let bench = CallBench()
        try await bench.run {
            for path in ["/calls", "/users/me/calls"] {
                let body: JSONValue =
                    path == "/calls"
                    ? order(variables: .object([name: .string(value)]))
                    : ["extension": "1003", "variables": .object([name: .string(value)])]
                let reply = try await bench.request(.post, path, body)
                #expect(reply.status == 400 && reply.body["error_id"] == "invalid-data", "\(reply.body)")
            }
            #expect(bench.manager.lines.isEmpty && !bench.requests.contains { $0.hasPrefix("originate") })
        }
    }

    @Test("hostile extensions reach neither a header nor a caller id", arguments: ["\u{1}", "a\u{7f}", " ", ""])
    func hostileExtensions(_ exten: String) async throws {
        let bench = CallBench()
        try await bench.run {
            let reply = try await bench.request(.post, "/calls", order(exten: exten))
            #expect(reply.status == 400 && reply.body["error_id"] == "invalid-data")
            let quoted = try await bench.request(.post, "/calls", order(exten: "1\"<2>\\"))
            #expect(quoted.status == 400 && quoted.body["error_id"] == "invalid-extension")
            #expect(!bench.requests.contains { $0.hasPrefix("originate") })
        }
    }

    @Test("a new line in an extension is white space: it begins no manager action of its own")
    func newLine() async throws {
        let bench = CallBench()
        try await bench.run {
            let reply = try await bench.request(.post, "/calls", order(exten: "1003\r\nAction: Reload"))
            #expect(reply.status == 400 && reply.body["error_id"] == "invalid-extension")
            #expect(bench.manager.lines.isEmpty)
        }
    }

    @Test(
        "white space of any kind and invisible characters do not belong to a number",
        arguments: [
            "12 3\n4\t5\r6", "123\u{A0}456", "\u{202A}123456\u{202C}", "\u{3000}12\u{200E}34\u{FEFF}56", "12\r\n3456",
        ]
    )
    func pastedNumbers(_ exten: String) async throws {
        let bench = CallBench()
        try await bench.run {
            let placed = try await bench.request(.post, "/calls", order(exten: exten))
            #expect(placed.status == 201 && placed.body["dialed_extension"] == "123456", "\(placed.body)")
            #expect(bench.manager.lines.contains("ShowDialplan Context=internal Extension=123456"))
        }
    }

    @Test(
        "refusals, each with its words",
        arguments: [
            (["user": "nobody"], "invalid-user"), (["line_id": 9], "invalid-user-line"),
            (["line_id": 3], "call-origin-unavailable"),
            (["user": .string(CallBench.idle.rawValue)], "user-missing-main-line"),
            (["user": .string(CallBench.idle.rawValue), "from_mobile": true], "call-creation"),
        ] as [([String: JSONValue], String)]
    )
    func refusals(_ source: [String: JSONValue], _ error: String) async throws {
        let bench = CallBench()
        try await bench.run {
            let reply = try await bench.request(.post, "/calls", order(source))
            #expect(reply.status == 400 && reply.body["error_id"]?.string == error, "\(reply.body)")
            #expect(!bench.requests.contains { $0.hasPrefix("originate") })
        }
    }

    @Test("an extension that the dialplan lacks, and a dialplan that cannot be asked")
    func dialplan() async throws {
        let manager = FakeManager()
        let bench = CallBench(manager: manager)
        try await bench.run {
            manager.setExtensions(["1003@other"])
            let reply = try await bench.request(.post, "/calls", order())
            #expect(reply.body["error_id"] == "invalid-extension")
            #expect(reply.body["details"] == ["context": "internal", "exten": "1003"])
            manager.fail("ShowDialplan", with: .timedOut)
            let late = try await bench.request(.post, "/calls", order())
            #expect(late.status == 503 && late.body["error_id"] == "wazo-amid-error")
            manager.fail("ShowDialplan", with: nil)
            manager.setExtensions(["1003@internal"])
            bench.asterisk.fail("originate", with: .internalError("Allocation failed"))
            let failed = try await bench.request(.post, "/calls", order())
            #expect(failed.status == 503 && failed.body["error_id"] == "asterisk-ari-error")
        }
    }

    @Test("a directory that does not answer: 503, and nobody is rung", arguments: [true, false])
    func directoryAway(_ isConfd: Bool) async throws {
        let bench = CallBench()
        try await bench.run {
            if isConfd {
                bench.directory.setOutage(
                    ConfdFailure(host: "confd", port: 9_486, timeout: 10, originalError: "refused")
                )
            } else {
                bench.directory.setOutage(DatabaseFailure.unreachable("gone"))
            }
            for (path, body) in [("/calls", order()), ("/users/me/calls", ["extension": "1003"])] {
                let reply = try await bench.request(.post, path, body)
                #expect(reply.status == 503)
                #expect(reply.body["error_id"] == (isConfd ? "wazo-confd-unreachable" : "database-unreachable"))
            }
            #expect(!bench.requests.contains { $0.hasPrefix("originate") })
        }
    }

    @Test("from a mobile phone: the answer is the channel that was really rung")
    func mobile() async throws {
        let bench = CallBench()
        try await bench.run {
            async let answer = bench.request(.post, "/calls", order(["from_mobile": true]))
            await bench.asterisk.waitForRequest("originate Local/s@wazo-originate-mobile-leg1/n")
            let local = try #require(try await bench.asterisk.channels().first)
            let request = try await bench.asterisk.variable("_WAZO_DIAL_ECHO_REQUEST_ID", of: local.id) ?? ""
            let real = CallBench.bobs("7", state: "Ringing")
            bench.asterisk.put(real)
            for id in ["unknown", request, request] {
                await bench.happen(
                    .userEvent(
                        name: "dial_echo",
                        real,
                        nil,
                        fields: ["wazo_dial_echo_request_id": .string(id), "channel_id": "7"]
                    ),
                    "ChannelUserevent",
                    real.id
                )
            }
            let reply = try await answer
            #expect(reply.status == 201 && reply.body["call_id"] == "7" && reply.body["dialed_extension"] == "1003")
            let destination = try await bench.asterisk.variable("WAZO_ORIGINATE_DESTINATION_EXTENSION", of: local.id)
            let caller = try await bench.asterisk.variable("XIVO_ORIGINAL_CALLER_ID", of: local.id)
            #expect(destination == "1003" && caller == "\"1003\" <1003>")
            #expect(bench.calls.origination.echoes.count == 0)
        }
    }

    @Test("a mobile phone that is not rung in time is not left ringing later", .timeLimit(.minutes(1)))
    func mobileTooLate() async throws {
        let bench = CallBench()
        try await bench.run {
            let reply = try await bench.request(.post, "/users/me/calls", ["extension": "1003", "from_mobile": true])
            #expect(reply.status == 400 && reply.body["error_id"] == "call-creation")
            #expect(reply.body["message"] == "Could not dial mobile number")
            #expect(reply.body["details"] == ["mobile_extension": "0612345678", "mobile_context": "internal"])
            #expect(try await bench.asterisk.channels().isEmpty)
            #expect(bench.calls.origination.echoes.count == 0)
        }
    }

    @Test("the faults of bodies, in the contract's words")
    func faults() async throws {
        let bench = CallBench()
        try await bench.run {
            let empty = try await bench.request(.post, "/calls", [:])
            #expect(
                empty.body["details"] == [
                    "source": ["Missing data for required field."], "destination": ["Missing data for required field."],
                ]
            )
            let wrong = try await bench.request(
                .post,
                "/calls",
                ["source": [:], "destination": ["context": "", "extension": 5, "priority": 0]]
            )
            #expect(wrong.body["details"]?["source"] == ["user": ["Missing data for required field."]])
            #expect(wrong.body["details"]?["destination"]?["priority"] == ["Must be greater than or equal to 1."])
            let variables = try await bench.request(.post, "/calls", order(variables: ["a": 1]))
            #expect(variables.body["details"] == ["variables": ["a": ["value": ["Not a valid string."]]]])
            let token = try await bench.request(.post, "/users/me/calls", ["extension": "1"], token: "service")
            #expect(token.body["error_id"] == "token-with-user-uuid-required")
        }
    }
}
