import Core
import Directory
import Postgres
import PostgresDirectory
import TandemLab
import Testing

@Suite("Boxes for the dialplan", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct DialplanVoicemailRowsTests {
    @Test("a box is found in the nearest context that is included, in circles too", arguments: Role.allCases)
    func includes(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            func context(_ name: String) -> String { "\(tenant.context)-\(name)" }
            for name in ["a", "b", "c", "d"] {
                try await tenant.insert(
                    "INSERT INTO context (tenant_uuid, name) VALUES ($1, $2)",
                    tenant.id.rawValue,
                    context(name)
                )
            }
            // own -> b (2), a (1); a -> c -> d -> own: a circle
            let includes = [
                (tenant.context, context("b"), 2), (tenant.context, context("a"), 1), (context("a"), context("c"), 0),
                (context("c"), context("d"), 0), (context("d"), tenant.context, 0),
            ]
            for (outer, inner, priority) in includes {
                try await tenant.insert(
                    "INSERT INTO contextinclude VALUES ($1, $2, $3::int)",
                    outer,
                    inner,
                    priority
                )
            }
            func found() async throws -> String? {
                try await directory.dialplanVoicemail(number: "104", context: tenant.context)?.context
            }
            #expect(try await found() == nil)
            for name in ["d", "c", "b", "a"] {
                _ = try await tenant.addBox("104", context: context(name))
                #expect(try await found() == context(name))
            }
            let own = try await tenant.addBox("104", context: tenant.context)
            #expect(try await found() == tenant.context)

            try await tenant.insert("UPDATE voicemail SET commented = 1 WHERE uniqueid = $1::int", own)
            #expect(try await found() == context("a"))
            #expect(try await directory.dialplanVoicemail(own) == nil)
            try await tenant.insert("UPDATE context SET commented = 1 WHERE name = $1", context("a"))
            #expect(try await found() == context("b"))
            #expect(try await directory.dialplanVoicemail(number: "104", context: context("a")) == nil)
        }
    }

    @Test("a user's box is the one that he uses", arguments: Role.allCases)
    func own(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let user = try await tenant.addUser(first: "A", last: "").id
            let line = try await tenant.addLine(user: user, isMain: true, name: "\(tenant.id)-l")
            try await tenant.insert(
                """
                WITH e AS (INSERT INTO extensions (context, exten, type, typeval) VALUES ($1, '77', 'user', $3) RETURNING id)
                INSERT INTO line_extension SELECT $2::int, id, true FROM e
                """,
                tenant.context,
                line,
                "\(user)"
            )
            let box = try await tenant.addBox("9'9", context: tenant.context)
            func found() async throws -> [DialplanVoicemail?] {
                [
                    try await directory.dialplanVoicemail(of: user),
                    try await directory.dialplanVoicemail(ofExtension: "77", context: tenant.context),
                ]
            }
            #expect(try await found() == [nil, nil])
            try await tenant.insert(
                "UPDATE userfeatures SET voicemailid = $2::int, enablevoicemail = 1 WHERE id = $1::int",
                user,
                box
            )
            let expected = DialplanVoicemail(
                number: "9'9",
                context: tenant.context,
                language: "fr_FR",
                password: "42",
                isPasswordSkipped: true
            )
            #expect(try await found() == [expected, expected])
            #expect(try await directory.dialplanVoicemail(box) == expected)
            #expect(try await directory.dialplanVoicemail(ofExtension: "78", context: tenant.context) == nil)
            for change in [
                "UPDATE userfeatures SET enablevoicemail = 0 WHERE id = $1::int",
                "UPDATE userfeatures SET enablevoicemail = 1, commented = 1 WHERE id = $1::int",
            ] {
                try await tenant.insert(change, user)
                #expect(try await found() == [nil, nil])
            }
            try await tenant.insert("UPDATE userfeatures SET commented = 0 WHERE id = $1::int", user)
            try await tenant.insert(
                "UPDATE voicemail SET password = NULL, language = '', skipcheckpass = 0 WHERE uniqueid = $1::int",
                box
            )
            let bare = try await directory.dialplanVoicemail(box)
            #expect(bare?.password == "" && bare?.language == nil && bare?.isPasswordSkipped == false)
            try await tenant.insert("UPDATE voicemail SET commented = 1 WHERE uniqueid = $1::int", box)
            #expect(try await found() == [nil, nil])
            try await tenant.insert("UPDATE userfeatures SET voicemailid = NULL WHERE id = $1::int", user)
        }
    }
}

extension OwnTenant {
    /// A box with password 42, which is skipped.
    fileprivate func addBox(_ number: String, context: String) async throws -> Int {
        try await insert(
            """
            INSERT INTO voicemail (context, mailbox, password, language, skipcheckpass)
            VALUES ($1, $2, '42', 'fr_FR', 1) RETURNING uniqueid
            """,
            context,
            number
        )
    }
}
