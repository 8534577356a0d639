import Core
import Postgres
import TandemLab
import Testing

@testable import PostgresDirectory

@Suite("Faults of the directory")
struct DirectoryFaultTests {
    @Test("PostgreSQL's failures become the ports' own")
    func mapping() {
        #expect(DatabaseFailure(.unreachable("away")) == .unreachable("away"))
        #expect(
            DatabaseFailure(.refused(sqlState: "42501", message: "no"))
                == .refused(sqlState: "42501", message: "no")
        )
        #expect(DatabaseFailure(.unexpected("odd")) == .refused(sqlState: "42804", message: "odd"))
    }

    @Test(
        "A server that cannot serve now counts as unreachable",
        arguments: ["57014", "57P01", "57P03", "53300", "08006"]
    )
    func cannotServe(state: String) {
        #expect(
            DatabaseFailure(.refused(sqlState: state, message: "not now"))
                == .unreachable("not now (\(state))")
        )
    }

    @Test("Without a server every look-up says that it is unreachable")
    func unreachable() async throws {
        let pool = try Lab.pool(as: .tandem, port: 1)
        let directory = PostgresDirectory(pool: pool)
        await #expect { try await directory.incall(1) } throws: { isUnreachable($0) }
        await #expect { try await directory.switchboards() } throws: { isUnreachable($0) }
        await #expect { try await directory.systemUUID() } throws: { isUnreachable($0) }
        await pool.close()
    }

    private func isUnreachable(_ error: any Error) -> Bool {
        if case .unreachable? = error as? DatabaseFailure { true } else { false }
    }

    @Test("Tables that are missing are a refusal", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"))
    func noTables() async throws {
        let pool = try Lab.pool(as: .lab, database: "postgres")
        let directory = PostgresDirectory(pool: pool)
        await #expect { try await directory.incall(1) } throws: { error in
            if case .refused("42P01", _)? = error as? DatabaseFailure { true } else { false }
        }
        await pool.close()
    }
}

@Suite("Grants of role tandem", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct GrantTests {
    /// Rights are checked before rows are looked for, so none of these changes one.
    @Test(
        "What the role may write",
        arguments: [
            "UPDATE userfeatures SET enablevoicemail = 1 WHERE false",
            "UPDATE userfeatures SET call_record_incoming_internal_enabled = true WHERE false",
            "UPDATE callfiltermember SET active = 1 WHERE false",
            "UPDATE userfeatures SET enablednd = 1, destunc = '' WHERE false",
            "DELETE FROM agent_login_status WHERE false",
            "DELETE FROM agent_membership_status WHERE false",
        ]
    )
    func allowed(sql: String) async throws {
        let pool = try Lab.pool(as: .tandem, isReadOnly: false)
        let rows = try await pool.query(.write(sql))
        #expect(rows.affected == 0)
        await pool.close()
    }

    @Test(
        "What the role may not write",
        arguments: [
            "UPDATE userfeatures SET firstname = '' WHERE false",
            "UPDATE callfiltermember SET ringseconds = 1 WHERE false",
            "UPDATE switchboard SET timeout = 1 WHERE false",
            "DELETE FROM dialaction WHERE false",
            "INSERT INTO tenant (slug) SELECT 'x' WHERE false",
            "CREATE TABLE public.mine (id int)",
            "UPDATE endpoint_sip_section_option SET value = '' WHERE false",
            "SELECT FROM func_key_template",
        ]
    )
    func refused(sql: String) async throws {
        let pool = try Lab.pool(as: .tandem, isReadOnly: false)
        await #expect { try await pool.query(.write(sql)) } throws: { error in
            if case .refused("42501", _)? = error as? PostgresFailure { true } else { false }
        }
        await pool.close()
    }

    @Test("The role makes tables in schema gateway")
    func ownSchema() async throws {
        struct RolledBack: Error {}
        let pool = try Lab.pool(as: .tandem, isReadOnly: false)
        await #expect(throws: RolledBack.self) {
            try await pool.transaction { session in
                try session.run(script: "CREATE TABLE gateway.grants_test (id int)")
                throw RolledBack()
            }
        }
        await pool.close()
    }

    @Test("A read-only pool changes nothing")
    func readOnly() async throws {
        let pool = try Lab.pool(as: .tandem)
        await #expect {
            try await pool.query(.write("UPDATE userfeatures SET enablevoicemail = 1 WHERE false"))
        } throws: { error in
            if case .refused("25006", _)? = error as? PostgresFailure { true } else { false }
        }
        await pool.close()
    }
}
