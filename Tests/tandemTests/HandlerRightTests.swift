import Foundation
import Postgres
import TandemLab
import TandemTesting
import Testing

@testable import tandem

@Suite(
    "What the server's role may do",
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab"),
    .timeLimit(.minutes(2))
)
struct HandlerRightTests {
    @Test("every handler says the same under the least rights as under the owner's, standalone")
    func standalone() async throws {
        try await DemoOffice.use { office in
            let owner = try await conversations(office, try office.settings(user: "lab"))
            let role = try await conversations(office, try office.settings())
            compare(role, owner)
        }
    }

    @Test("beside confd the rights of 07-grants.sql alone are enough")
    func platform() async throws {
        try await DemoOffice.use { office in
            try await office.database.pool.session { try $0.run(script: Self.withoutStandaloneGrants) }
            let role = try await platformConversations(office, as: "tandem")
            let owner = try await platformConversations(office, as: "lab")
            compare(role, owner)
        }
    }

    @Test("a handler that lacks a right is noticed: the comparison does not depend on failures alone")
    func noticed() async throws {
        try await DemoOffice.use { office in
            let settings = try office.settings()
            let before = try await conversations(office, settings)
            try await office.database.pool.query(.write("REVOKE SELECT ON public.schedule_time FROM tandem"))
            let after = try await conversations(office, settings)
            let changed = zip(Scenario.all, zip(before, after)).filter { $0.1.0 != $0.1.1 }.map(\.0.call.script)
            #expect(changed == ["check_schedule"])
        }
    }

    @Test("the role reads what contract 43 §0 lists, and writes its columns, nothing else")
    func exactly() async throws {
        let listed = try Self.contractTables()
        #expect(listed.count > 45)
        try await DemoOffice.use { office in
            let pool = office.database.pool
            func names(_ condition: String) async throws -> Set<String> {
                let rows = try await pool.query(
                    PostgresStatement.read(
                        """
                        SELECT c.relname FROM pg_class AS c
                        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
                            AND \(condition)
                        """
                    )
                )
                return Set(try rows.map { try $0.value(0, as: String.self) })
            }
            let agents: Set = ["agent_login_status", "agent_membership_status"]
            #expect(
                try await names("has_any_column_privilege('tandem', c.oid, 'SELECT')") == listed.union(agents)
            )
            let written = agents.union(["application", "application_dest_node"])
            for right in ["INSERT", "UPDATE", "DELETE"] {
                #expect(try await names("has_table_privilege('tandem', c.oid, '\(right)')") == written, "\(right)")
            }
            #expect(try await names("has_table_privilege('tandem', c.oid, 'TRUNCATE, REFERENCES, TRIGGER')") == [])
            let columns = try await pool.query(
                .read(
                    """
                    SELECT c.relname || '.' || a.attname
                    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
                    WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'agent\\_%\\_status'
                        AND c.relname NOT LIKE 'application%'
                        AND c.relkind = 'r' AND has_column_privilege('tandem', c.oid, a.attnum, 'UPDATE')
                    """
                )
            )
            #expect(Set(try columns.map { try $0.value(0, as: String.self) }) == Self.writableColumns)
        }
    }

    @Test(
        "the server refuses what the role must not do",
        arguments: [
            "UPDATE public.voicemail SET password = ''", "UPDATE public.userfeatures SET firstname = ''",
            "INSERT INTO public.userfeatures (firstname) VALUES ('x')", "DELETE FROM public.callfiltermember",
            "SELECT * FROM public.staticiax", "SELECT * FROM public.pjsip_transport_option",
            "CREATE TABLE public.own ()", "TRUNCATE public.agent_login_status",
            "SELECT pg_read_file('/etc/passwd')", "ALTER TABLE public.tenant ADD COLUMN own text",
        ]
    )
    func refused(sql: String) async throws {
        try await TestDatabase.use { database in
            try await database.loadStandaloneTables()
            let pool = PostgresPool(
                try database.configuration(user: "tandem"),
                name: "tandem",
                logger: TestDatabase.silentLogger
            )
            var state: String?
            do {
                _ = try await pool.query(PostgresStatement.write(sql))
            } catch PostgresFailure.refused(let code, _) {
                state = code
            }
            await pool.close()
            #expect(state == "42501")
        }
    }

    // MARK: -

    private func conversations(_ office: DemoOffice, _ settings: Settings) async throws -> [String] {
        try await Rehearsal.with(settings, manager: DemoQueues()) { rehearsal in
            await rehearsal.prepare()
            var texts: [String] = []
            for scenario in Scenario.all {
                try await office.reset(for: scenario)
                guard let report = await rehearsal.run(scenario.call) else { throw NoHandler(scenario: scenario) }
                texts.append(Self.text(report))
            }
            return texts
        }
    }

    private func platformConversations(_ office: DemoOffice, as user: String) async throws -> [String] {
        let services = try DemoPlatform()
        return try await FakeService.running({ services.answer($0) }) { service in
            try await conversations(office, try office.settings(services: service.port, user: user))
        }
    }

    private struct NoHandler: Error {
        let scenario: Scenario
    }

    /// Without what differs each time: ids that are made up, times.
    private static func text(_ report: Rehearsal.Report) -> String {
        let lines = report.steps.flatMap { [$0.command, $0.reply] } + ["\(report.outcome)"]
        return lines.joined(separator: "\n")
            .replacing(/MATCH_UUID" "[0-9a-f-]{36}"/, with: "MATCH_UUID\"")
            .replacing(/TIMESTAMP: [^"]+/, with: "TIMESTAMP")
            .replacing(/START_TIME" "[0-9.e+]+"/, with: "START_TIME\"")
    }

    private func compare(_ role: [String], _ owner: [String]) {
        for (scenario, (role, owner)) in zip(Scenario.all, zip(role, owner)) {
            #expect(role == owner, "\(scenario.testDescription)")
            #expect(role.hasSuffix("success"), "\(scenario.testDescription)")
        }
    }

    /// The tables that the contract gives the role to read.
    private static func contractTables() throws -> Set<String> {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/contract/43-database.md").standardized
        let text = try String(contentsOf: file, encoding: .utf8)
        let list: Substring = try #require(text.firstMatch(of: /`SELECT` on (tenant, [a-z_, 0-9]+)/)).1
        let names: [String] = list.split(separator: Character(",")).map { String($0.filter { $0 != " " }) }
        return Set(names).subtracting([""])
    }

    private static let writableColumns: Set<String> = Set(
        [
            "enablevoicemail", "call_record_outgoing_external_enabled", "call_record_outgoing_internal_enabled",
            "call_record_incoming_external_enabled", "call_record_incoming_internal_enabled", "enablednd",
            "incallfilter", "enableunc", "enablerna", "enablebusy", "destunc", "destrna", "destbusy",
        ].map { "userfeatures.\($0)" }
    ).union(["callfiltermember.active"])

    private static let withoutStandaloneGrants = """
        SET search_path TO public;
        REVOKE UPDATE (
            enablednd, incallfilter, enableunc, enablerna, enablebusy, destunc, destrna, destbusy
        ) ON userfeatures FROM tandem;
        REVOKE ALL ON agent_login_status, agent_membership_status FROM tandem;
        GRANT SELECT ON agent_login_status TO tandem;
        """
}
