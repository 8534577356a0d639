import Core
import Directory
import Postgres
import PostgresDirectory
import TandemLab
import Testing

@Suite("Routes and permissions", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct OutcallRowsTests {
    @Test("A route has its trunks by priority, those without endpoint only counted", arguments: Role.allCases)
    func outcall(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let (route, pattern) = try await tenant.addRoute()
            let empty = try #require(try await directory.outcall(pattern: pattern))
            #expect(empty.trunkCount == 0 && empty.trunks.isEmpty && empty.tenant == tenant.id)
            #expect(empty.strippedDigits == 0 && empty.prefix.isEmpty && empty.callerID == nil && !empty.isInternal)
            let name = tenant.id.rawValue
            let kinds = [
                ("endpoint_sip_uuid", "endpoint_sip (tenant_uuid, name) VALUES ($1, $1) RETURNING uuid"),
                (
                    "endpoint_iax_id",
                    "useriax (tenant_uuid, name, type, category) VALUES ($1, left($1, 30), 'peer', 'trunk') RETURNING id"
                ),
                (
                    "endpoint_custom_id",
                    """
                    usercustom (tenant_uuid, interface, intfsuffix, category) VALUES ($1, $1, '/s', 'trunk') RETURNING id
                    """
                ),
                ("", ""),
            ]
            for (index, (column, endpoint)) in kinds.enumerated() {
                let typed = endpoint.replacing("$1", with: "$1::varchar")
                let trunk = try await tenant.insert(
                    column.isEmpty
                        ? "INSERT INTO trunkfeatures (tenant_uuid) VALUES ($1) RETURNING id"
                        : """
                        WITH e(id) AS (INSERT INTO \(typed))
                        INSERT INTO trunkfeatures (tenant_uuid, \(column), outgoing_caller_id_format)
                        SELECT $1::varchar, id, 'national' FROM e RETURNING id
                        """,
                    name
                )
                try await tenant.insert(
                    "INSERT INTO outcalltrunk VALUES ($1::int, $2::int, $3::int)",
                    route,
                    trunk,
                    9 - index
                )
            }
            try await tenant.insert(
                """
                UPDATE dialpattern SET stripnum = 2, externprefix = '00', callerid = '"R" <1>' WHERE id = $1::int
                """,
                pattern
            )
            let full = try #require(try await directory.outcall(pattern: pattern))
            #expect(full.trunkCount == 4)
            #expect(
                full.trunks == [
                    OutcallTrunk(interface: .custom(interface: name, suffix: "/s"), callerIDFormat: "national"),
                    OutcallTrunk(interface: .iax(name: String(name.prefix(30))), callerIDFormat: "national"),
                    OutcallTrunk(interface: .sip(name: name), callerIDFormat: "national"),
                ]
            )
            #expect(full.strippedDigits == 2 && full.prefix == "00" && full.callerID == "\"R\" <1>")
            try await tenant.insert("UPDATE outcall SET commented = 1 WHERE id = $1::int", route)
            #expect(try await directory.outcall(pattern: pattern) == nil)
            try await tenant.removeRoute(route)
        }
    }

    @Test("The rules of a user, his groups and a route come by level, with his own code", arguments: Role.allCases)
    func rights(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let (user, _) = try await tenant.addUser(first: "A", last: "")
            let (route, _) = try await tenant.addRoute()
            let name = String(tenant.id.rawValue.prefix(30))
            let group = try await tenant.insert(
                """
                WITH q AS (INSERT INTO queue (name, category) VALUES ($2, 'group') RETURNING name)
                INSERT INTO groupfeatures (tenant_uuid, name, label) SELECT $1, name, 'g' FROM q RETURNING id
                """,
                tenant.id.rawValue,
                name
            )
            try await tenant.insert(
                """
                INSERT INTO queuemember (queue_name, interface, usertype, userid, channel, category)
                VALUES ($1, 'Local/x', 'user', $2::int, 'Local', 'group'), ($1, 'Local/y', 'user', $2::int, 'Local', 'group')
                """,
                name,
                user
            )
            let outcallRule = try await tenant.addRule("o", password: "1", isAllowed: true, of: ("outcall", route))
            let groupRule = try await tenant.addRule("g", password: "2", isAllowed: false, of: ("group", group))
            let userRule = try await tenant.addRule("u", password: "3", isAllowed: false, of: ("user", user))
            func rule(_ level: CallRightRule.Level, _ allowed: Bool, _ password: String, _ name: String)
                -> CallRightRule
            {
                CallRightRule(level: level, authorizes: allowed, password: password, pattern: "_\(name)X.")
            }
            let all = [rule(.user, false, "3", "u"), rule(.group, false, "2", "g"), rule(.outcall, true, "1", "o")]
            #expect(try await directory.callRightRules(user: user, outcall: route) == all)
            #expect(try await directory.callRightRules(user: user, outcall: nil) == Array(all.dropLast()))
            #expect(try await directory.callRightRules(user: nil, outcall: route) == [all[2]])
            #expect(try await directory.callRightRules(user: nil, outcall: nil) == [])

            try await tenant.insert("UPDATE userfeatures SET rightcallcode = '77' WHERE id = $1::int", user)
            try await tenant.insert("UPDATE rightcall SET commented = 1 WHERE id = $1::int", outcallRule)
            try await tenant.insert("UPDATE queue SET commented = 1 WHERE name = $1", name)
            let own = [rule(.user, false, "77", "u")]
            #expect(try await directory.callRightRules(user: user, outcall: route) == own)
            try await tenant.insert("UPDATE rightcall SET passwd = '' WHERE id = $1::int", userRule)
            #expect(try await directory.callRightRules(user: user, outcall: route).map(\.password) == [nil])

            try await withOwnTenant(as: role) { other, directory async throws in
                for id in [userRule, groupRule] {
                    let move = "UPDATE rightcall SET tenant_uuid = $2 WHERE id = $1::int"
                    try await tenant.insert(move, id, other.id.rawValue)
                }
                #expect(try await directory.callRightRules(user: user, outcall: route) == [])
            }
            for sql in ["DELETE FROM queuemember WHERE queue_name = $1", "DELETE FROM queue WHERE name = $1"] {
                try await tenant.insert(sql, name)
            }
            for id in [outcallRule, groupRule, userRule] {
                try await tenant.insert("DELETE FROM rightcallmember WHERE rightcallid = $1::int", id)
            }
            try await tenant.removeRoute(route)
        }
    }
}

extension OwnTenant {
    /// A route with a pattern.
    fileprivate func addRoute() async throws -> (route: Int, pattern: Int) {
        let route = try await insert(
            "INSERT INTO outcall (tenant_uuid, name) VALUES ($1::varchar, $1::varchar) RETURNING id",
            id.rawValue
        )
        let pattern = try await insert(
            "INSERT INTO dialpattern (type, typeid, exten) VALUES ('outcall', $1::int, '_0X.') RETURNING id",
            route
        )
        return (route, pattern)
    }

    /// A route with all that belongs to it.
    fileprivate func removeRoute(_ route: Int) async throws {
        try await insert("DELETE FROM outcalltrunk WHERE outcallid = $1::int", route)
        try await insert("DELETE FROM dialpattern WHERE typeid = $1::int AND type = 'outcall'", route)
    }

    /// A rule about numbers that begin with its name.
    fileprivate func addRule(
        _ name: String,
        password: String,
        isAllowed: Bool,
        of member: (type: String, id: Int)
    ) async throws -> Int {
        let rule = try await insert(
            """
            INSERT INTO rightcall (tenant_uuid, name, passwd, "authorization") VALUES ($1, $2, $3, $4::int) RETURNING id
            """,
            id.rawValue,
            name,
            password,
            isAllowed ? 1 : 0
        )
        try await insert("INSERT INTO rightcallexten (rightcallid, exten) VALUES ($1::int, $2)", rule, "_\(name)X.")
        try await insert(
            "INSERT INTO rightcallmember (rightcallid, type, typeval) VALUES ($1::int, $2, $3)",
            rule,
            member.type,
            "\(member.id)"
        )
        return rule
    }
}
