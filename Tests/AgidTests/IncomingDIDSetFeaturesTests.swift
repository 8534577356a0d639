import Agid
import Core
import Directory
import FastAGI
import Testing

@Suite("incoming_did_set_features")
struct IncomingDIDSetFeaturesTests {
    private func incall(answer: DialAction? = nil, callerID: CallerIDRule? = nil) -> IncallRecord {
        IncallRecord(
            id: 3,
            tenant: TenantID("t"),
            exten: "100",
            context: "from-extern",
            preprocessSubroutine: nil,
            greetingSound: "welcome",
            answer: answer,
            callerID: callerID
        )
    }

    private let head = [
        get("WAZO_INCALL_ID"), get("WAZO_TENANT_UUID"), set("WAZO_DIDPREPROCESS_SUBROUTINE", ""),
        set("WAZO_EXTENPATTERN", "100"), set("WAZO_PATH", "incall"), set("WAZO_PATH_ID", "3"),
        set("WAZO_REAL_CONTEXT", "from-extern"),
        set("WAZO_REAL_NUMBER", "100"), set("WAZO_GREETING_SOUND", "welcome"),
    ]

    @Test("all of the incall is written in the contract's order, the destination last")
    func destination() async throws {
        let action = DialAction(action: "user", argument1: "7|x|y", argument2: "10|b")
        let commands = try await run(
            "incoming_did_set_features",
            FixedDirectory(incall: incall(answer: action)),
            on: AGITranscript(variables: ["WAZO_INCALL_ID": " 3 "])
        )
        #expect(
            commands == head + [
                set("WAZO_FWD_INCALL_ANSWER_ACTION", "user"), set("WAZO_FWD_INCALL_ANSWER_ISDA", "1"),
                set("WAZO_FWD_INCALL_ANSWER_ACTIONARG1", "7;x;y"),
                set("WAZO_FWD_INCALL_ANSWER_ACTIONARG2", "10|b"),
            ]
        )
    }

    @Test("an incall without a destination goes to none, its caller id rule rewrites even again")
    func noDestination() async throws {
        let rule = CallerIDRule(mode: .prepend, display: "Sales")
        let commands = try await run(
            "incoming_did_set_features",
            FixedDirectory(incall: incall(callerID: rule)),
            on: AGITranscript(
                variables: [
                    "WAZO_INCALL_ID": "3", "WAZO_CID_REWRITTEN": "1", "CALLERID(name)": "Ann",
                    "CALLERID(num)": "12",
                ]
            )
        )
        #expect(
            commands == head + [
                set("WAZO_FWD_INCALL_ANSWER_ACTION", "none"), set("WAZO_FWD_INCALL_ANSWER_ISDA", "1"),
                set("WAZO_FWD_INCALL_ANSWER_ACTIONARG1", ""), set("WAZO_FWD_INCALL_ANSWER_ACTIONARG2", ""),
                get("WAZO_CID_REWRITTEN"), get("CALLERID(name)"), get("CALLERID(num)"),
                set("CALLERID(name-pres)", "allowed"), set("CALLERID(num-pres)", "allowed"),
                #"SET VARIABLE "CALLERID(all)" "\"Sales - Ann\" <12>""#,
            ]
        )
    }

    @Test(
        "an id that is no incall, no number, or cannot be looked up is a fault",
        arguments: ["4", "x", "", "3"]
    )
    func faults(id: String) async throws {
        let directory = FixedDirectory(incall: incall(), isAway: id == "3")
        let transcript = AGITranscript(variables: ["WAZO_INCALL_ID": id])
        await #expect(throws: (any Error).self) {
            try await run("incoming_did_set_features", directory, on: transcript)
        }
        let read = Int(id) == nil ? [get("WAZO_INCALL_ID")] : [get("WAZO_INCALL_ID"), get("WAZO_TENANT_UUID")]
        #expect(transcript.commands == read)
    }

    @Test("an incall of another tenant than the channel's is unknown, its own tenant's is not")
    func tenants() async throws {
        let directory = FixedDirectory(incall: incall())
        let other = AGITranscript(variables: ["WAZO_INCALL_ID": "3", "WAZO_TENANT_UUID": "another"])
        await #expect(throws: (any Error).self) { try await run("incoming_did_set_features", directory, on: other) }
        #expect(other.commands == [get("WAZO_INCALL_ID"), get("WAZO_TENANT_UUID")])
        let own = AGITranscript(variables: ["WAZO_INCALL_ID": "3", "WAZO_TENANT_UUID": "t"])
        let commands = try await run("incoming_did_set_features", directory, on: own)
        #expect(commands.prefix(head.count) == head[...])
    }
}
