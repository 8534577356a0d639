import AMI
import Core
import Foundation
import Logging
import TandemLab
import TandemTesting
import Telephony
import Testing

/// Agents, members of groups and answered calls: the handlers on real channels, Asterisk's queues and the tables.
@Suite(
    "Agents and groups on real channels",
    .serialized,
    .timeLimit(.minutes(2)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct AgentAndGroupTests {
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs handlers on channels of the lab's context `lab-agi`.
    private struct Stage {
        let scene: Scene
        let manager: AMIClient

        /// A channel after its handler: `channel` is dialled, the other half runs it.
        func run(
            _ script: String,
            _ arguments: String = "",
            dialling channel: DialString = "Local/401@lab",
            variables: KeyValuePairs<String, String> = [:]
        ) async throws -> String {
            var call = ManagerOrigination(
                channel: channel,
                destination: .place(DialplanPlace(context: "lab-agi", exten: script, priority: 1))
            )
            let id = "agi-\(UUID().uuidString)"
            call.channelID = ChannelID(id)
            call.otherChannelID = ChannelID("\(id)-other")
            call.variables = [.init("LAB_ARGS", arguments)] + variables.map { .init($0.key, $0.value) }
            try await manager.originate(call)
            return id
        }

        /// A variable of a channel whose handler has ended well.
        func variable(_ name: String, of channel: String) async throws -> String? {
            let status = try await eventually("the handler has ended") {
                try await scene.ari.variable("LAB_DONE", of: channel).flatMap { $0.isEmpty ? nil : $0 }
            }
            #expect(status == "SUCCESS")
            return try await scene.ari.variable(name, of: channel)
        }

        /// Place, phone, name and penalty of each member of a queue.
        func members(of queue: String) async throws -> [[String?]] {
            try await manager.send(ManagerAction("QueueStatus", ["Queue": queue]))
                .filter { $0.event == "QueueMember" }
                .map { [$0["Location"], $0["StateInterface"], $0["Name"], $0["Penalty"]] }
        }
    }

    private func play(_ way: Way = .standalone, _ body: (Stage) async throws -> Void) async throws {
        try await Scene.play(way) { scene in
            let recorder = ManagerEventRecorder()
            let client = AMIClient(
                configuration: AMIConfiguration(
                    port: scene.lab.managerPort,
                    username: scene.lab.managerUser,
                    secret: scene.lab.managerSecret
                ),
                receiver: recorder,
                logger: Self.silent
            )
            let running = Task { try await client.run() }
            await recorder.first { $0 == .connected }
            let outcome: Result<Void, any Error>
            do {
                try await prepare(scene.database)
                outcome = .success(try await body(Stage(scene: scene, manager: client)))
            } catch {
                outcome = .failure(error)
            }
            try? await clear(scene.database)
            running.cancel()
            _ = await running.result
            try outcome.get()
        }
    }

    private func clear(_ database: SQLWitness) async throws {
        _ = try await database.rows(
            """
            DELETE FROM agent_membership_status WHERE agent_id IN (880, 881);
            DELETE FROM agent_login_status WHERE agent_id IN (880, 881);
            DELETE FROM agentfeatures WHERE id IN (880, 881);
            DELETE FROM groupfeatures WHERE id = 880;
            DELETE FROM queuefeatures WHERE id IN (880, 881);
            DELETE FROM queuemember WHERE queue_name IN ('tandem-agents', 'tandem-nowhere', 'tandem-group');
            DELETE FROM queue WHERE name IN ('tandem-agents', 'tandem-nowhere', 'tandem-group');
            DELETE FROM line_extension WHERE extension_id = 880;
            DELETE FROM extensions WHERE id = 880;
            DELETE FROM context WHERE name = 'lab-agi';
            UPDATE userfeatures SET call_record_incoming_internal_enabled = false WHERE uuid = '\(Demo.bob)';
            """
        )
    }

    private func prepare(_ database: SQLWitness) async throws {
        try await clear(database)
        _ = try await database.rows(
            """
            INSERT INTO agentfeatures (id, tenant_uuid, number, description)
                VALUES (880, '\(Demo.tenant)', '880', ''), (881, '\(Demo.tenant)', '881', '');
            INSERT INTO queue (name, category)
                VALUES ('tandem-agents', 'queue'), ('tandem-nowhere', 'queue'), ('tandem-group', 'group');
            INSERT INTO queuefeatures (id, tenant_uuid, name, displayname)
                VALUES (880, '\(Demo.tenant)', 'tandem-agents', ''), (881, '\(Demo.tenant)', 'tandem-nowhere', '');
            INSERT INTO groupfeatures (id, tenant_uuid, name, label)
                VALUES (880, '\(Demo.tenant)', 'tandem-group', 'G');
            INSERT INTO queuemember (queue_name, interface, category, usertype, userid, channel, penalty) VALUES
                ('tandem-agents', 'Agent/880', 'queue', 'agent', 880, 'Agent', 2),
                ('tandem-agents', 'Agent/881', 'queue', 'agent', 881, 'Agent', 0),
                ('tandem-nowhere', 'Agent/881', 'queue', 'agent', 881, 'Agent', 0);
            INSERT INTO context (name, tenant_uuid) VALUES ('lab-agi', '\(Demo.tenant)');
            INSERT INTO extensions (id, context, exten, type, typeval) VALUES (880, 'lab-agi', '2002', 'user', '2');
            INSERT INTO line_extension VALUES (2, 880, false);
            """
        )
    }

    @Test("an agent logs in at a phone, is in Asterisk's queue and the tables, and logs off")
    func agent() async throws {
        try await play { stage in
            let login = "\(Demo.tenant),880,1002,default"
            let first = try await stage.run("agent_login", login)
            #expect(try await stage.variable("WAZO_AGENTSTATUS", of: first) == "logged")
            let member = ["Local/id-880@agentcallback", "PJSIP/bob", "Agent/880", "2"]
            #expect(try await stage.members(of: "tandem-agents") == [member])
            let row = "SELECT agent_number, extension, context, interface, state_interface FROM agent_login_status"
            #expect(
                try await stage.scene.database.rows("\(row) WHERE agent_id = 880") == [
                    ["880", "1002", "default", "Local/id-880@agentcallback", "PJSIP/bob"]
                ]
            )
            let second = try await stage.run("agent_login", login)
            #expect(try await stage.variable("WAZO_AGENTSTATUS", of: second) == "already_logged")
            let other = try await stage.run("agent_login", "\(Demo.tenant),881,1002,default,PJSIP/x")
            #expect(try await stage.variable("WAZO_AGENTSTATUS", of: other) == "already_in_use")
            let status = try await stage.run("agent_get_status", "\(Demo.tenant),880")
            #expect(try await stage.variable("WAZO_AGENT_LOGIN_STATUS", of: status) == "logged_in")
            let called = try await stage.run("incoming_agent_set_features", "880")
            #expect(try await stage.variable("WAZO_AGENT_INTERFACE", of: called) == "PJSIP/bob")

            // As after a start of Asterisk: the server hears of it, here by its own start.
            try await stage.manager.removeQueueMember("Local/id-880@agentcallback", from: "tandem-agents")
            await stage.scene.tandem.terminate()
            try await stage.scene.tandem.start()
            _ = try await eventually("the agent is back") {
                try await stage.members(of: "tandem-agents") == [member] ? true : nil
            }

            let logoff = try await stage.run("agent_logoff", "\(Demo.tenant),880")
            _ = try await stage.variable("LAB_DONE", of: logoff)
            #expect(try await stage.members(of: "tandem-agents").isEmpty)
            let left = try await stage.run("agent_get_status", "\(Demo.tenant),880")
            #expect(try await stage.variable("WAZO_AGENT_LOGIN_STATUS", of: left) == "logged_out")
            let again = try await stage.run("agent_logoff", "\(Demo.tenant),880")
            #expect(try await stage.variable("LAB_DONE", of: again) == "SUCCESS")
        }
    }

    @Test("a login that one of the queues refuses leaves neither a member nor a row, and ends the call")
    func halfLogin() async throws {
        try await play { stage in
            let login = try await stage.run("agent_login", "\(Demo.tenant),881,1002,default")
            _ = try await eventually("the handler has given up") {
                stage.scene.tandem.logTail(200).contains("Agent 881 is not logged in") ? true : nil
            }
            _ = try await eventually("the call is over") {
                try await stage.scene.ari.channel(login) == nil ? true : nil
            }
            #expect(try await stage.members(of: "tandem-agents").isEmpty)
            let rows = try await stage.scene.database.value(
                """
                SELECT (SELECT count(*) FROM agent_login_status WHERE agent_id = 881)
                    + (SELECT count(*) FROM agent_membership_status WHERE agent_id = 881)
                """
            )
            #expect(rows == "0")
        }
    }

    @Test("in the platform agentd is asked, with the call's tenant; it keeps queues and tables")
    func agentd() async throws {
        try await play(.platform) { stage in
            let platform = try #require(stage.scene.platform)
            let login = "\(Demo.tenant),880,1002,default,PJSIP/bob"
            for status in ["logged", "already_logged"] {
                let channel = try await stage.run("agent_login", login)
                #expect(try await stage.variable("WAZO_AGENTSTATUS", of: channel) == status)
            }
            #expect(platform.agents[880]?.stateInterface == "PJSIP/bob")
            #expect(try await stage.members(of: "tandem-agents").isEmpty)
            let status = try await stage.run("agent_get_status", "\(Demo.tenant),880")
            #expect(try await stage.variable("WAZO_AGENT_LOGIN_STATUS", of: status) == "logged_in")
            let logoff = try await stage.run("agent_logoff", "\(Demo.tenant),880")
            #expect(try await stage.variable("LAB_DONE", of: logoff) == "SUCCESS")
            #expect(platform.agents[880]?.exten == nil)
            #expect(
                platform.agentd.requests.map { "\($0.method) \($0.path) \($0.headers["wazo-tenant"] ?? "")" } == [
                    "POST /1.0/agents/by-id/880/login \(Demo.tenant)",
                    "POST /1.0/agents/by-id/880/login \(Demo.tenant)",
                    "GET /1.0/agents/by-id/880 \(Demo.tenant)",
                    "POST /1.0/agents/by-id/880/logoff \(Demo.tenant)",
                ]
            )
            platform.agentd.fail(.internalError)
            let refused = try await stage.run("agent_login", login)
            _ = try await eventually("the call is over") {
                try await stage.scene.ari.channel(refused) == nil ? true : nil
            }
        }
    }

    @Test("a user joins a group, is found in it, and leaves it", arguments: Way.allCases)
    func group(way: Way) async throws {
        try await play(way) { stage in
            let arguments = "\(Demo.tenant),\(Demo.alice),880"
            for (action, present) in [("add", "1"), ("add", "1"), ("remove", "0")] {
                let channel = try await stage.run("group_member_\(action)", arguments)
                _ = try await stage.variable("LAB_DONE", of: channel)
                let question = try await stage.run("group_member_present", arguments)
                #expect(try await stage.variable("WAZO_GROUP_MEMBER_PRESENT", of: question) == present)
                let members = try await stage.members(of: "tandem-group")
                let interface = "Local/\(Demo.alice)@usersharedlines"
                let member = [interface, "hint:\(Demo.alice)@usersharedlines", interface, "0"]
                #expect(members == (present == "1" ? [member] : []))
            }
            let stranger = try await stage.run("group_member_add", "\(Demo.otherTenant),\(Demo.alice),880")
            let error = try await stage.variable("WAZO_GROUP_MEMBER_ERROR", of: stranger)
            #expect(error == "Unknown group 880")
        }
    }

    @Test("who answers for a group is found behind the Local channel")
    func answered() async throws {
        try await play { stage in
            _ = try await stage.scene.database.rows(
                "UPDATE userfeatures SET call_record_incoming_internal_enabled = true WHERE uuid = '\(Demo.bob)'"
            )
            let phone = try await stage.scene.bob()
            let answering = try phone.answer()
            let channel = try await stage.run(
                "group_answered_call",
                dialling: "Local/2002@lab-agi",
                variables: ["__LAB_PHONE": "PJSIP/bob"]
            )
            _ = try await stage.variable("LAB_DONE", of: channel)
            let name = try #require(
                try await stage.scene.ari.channels().compactMap { $0["name"]?.string }.first {
                    $0.hasPrefix("PJSIP/bob-")
                }
            )
            let flag = "SHARED(WAZO_RECORD_GROUP_CALLEE,\(name))"
            #expect(try await stage.variable(flag, of: channel) == "1")
            try await stage.scene.ari.hangUpAll()
            _ = await answering.finished()
            await phone.close()
        }
    }

    @Test("a call enters a group and a queue: their variables, whether it is diverted, and how long it is to wait")
    func entering() async throws {
        try await play { stage in
            let destination: KeyValuePairs = [
                "WAZO_DSTID": "880", "WAZO_TENANT_UUID": Demo.tenant, "QUEUEHOLDTIME": "90",
            ]
            _ = try await stage.scene.database.rows(
                """
                UPDATE queuefeatures SET announce_holdtime = 1, waittime = 60, waitratio = 1 WHERE id = 880;
                INSERT INTO queuemember (queue_name, interface, category, usertype, userid, channel)
                    VALUES ('tandem-group', 'PJSIP/bob', 'group', 'user', 2, 'PJSIP');
                """
            )
            func variable(_ name: String, after script: String, _ arguments: String = "") async throws -> String? {
                let channel = try await stage.run(script, arguments, variables: destination)
                return try await stage.variable(name, of: channel)
            }
            #expect(try await variable("WAZO_QUEUENAME", after: "incoming_queue_set_features") == "tandem-agents")
            #expect(try await variable("WAZO_GROUPNAME", after: "incoming_group_set_features") == "tandem-group")
            #expect(try await variable("WAZO_FWD_TYPE", after: "check_diversion") == "QUEUE_")
            // Nobody has a hint here: a state that is not known counts as free.
            #expect(
                try await variable("WAZO_GROUP_LINEAR_0_INTERFACE", after: "linear_group_get_interfaces", "880")
                    == "Local/\(Demo.bob)@usersharedlines"
            )
            #expect(try await variable("LAB_DONE", after: "holdtime_announce") == "SUCCESS")
            #expect(!stage.scene.tandem.logTail(400).contains("agi handler gives up softly"))
        }
    }
}
