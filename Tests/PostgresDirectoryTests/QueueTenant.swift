import Core
import Directory
import PostgresDirectory

/// Groups, queues and agents of a test's own tenant.
extension OwnTenant {
    /// The tenant's uuid as a suffix that names no other test has.
    var mark: String { String(id.rawValue.prefix(8)) }

    /// A queue of Asterisk.
    func addQueue(_ name: String, category: String, commented: Int = 0) async throws {
        try await insert(
            "INSERT INTO queue (name, category, commented) VALUES ($1, $2::queue_category, $3::int)",
            name,
            category,
            commented
        )
    }

    /// A group with its queue.
    func addGroup(_ name: String, label: String) async throws -> Int {
        try await addQueue(name, category: "group")
        return try await insert(
            "INSERT INTO groupfeatures (tenant_uuid, name, label) VALUES ($1, $2, $3) RETURNING id",
            id.rawValue,
            name,
            label
        )
    }

    /// A call queue with its queue.
    func addCallQueue(_ name: String) async throws -> Int {
        try await addQueue(name, category: "queue")
        return try await insert(
            "INSERT INTO queuefeatures (tenant_uuid, name, displayname) VALUES ($1, $2::varchar, $2::varchar) RETURNING id",
            id.rawValue,
            name
        )
    }

    /// An agent.
    func addAgent(_ number: String) async throws -> Int {
        try await insert(
            """
            INSERT INTO agentfeatures (tenant_uuid, number, passwd, description) VALUES ($1, $2, '1234', '')
            RETURNING id
            """,
            id.rawValue,
            number
        )
    }

    /// A member of a queue.
    func addMember(
        of queue: String,
        _ interface: String,
        category: String,
        type: String = "user",
        user: Int,
        position: Int = 0,
        penalty: Int = 0,
        commented: Int = 0
    ) async throws {
        try await insert(
            """
            INSERT INTO queuemember
                (queue_name, interface, category, usertype, userid, channel, position, penalty, commented)
            VALUES ($1, $2, $3::queue_category, $4::queuemember_usertype, $5::int, 'x', $6::int, $7::int, $8::int)
            """,
            queue,
            interface,
            category,
            type,
            user,
            position,
            penalty,
            commented
        )
    }

    /// Removes what does not go with the tenant.
    fileprivate func removeQueues() async throws {
        let ofTenant = "(SELECT id FROM agentfeatures WHERE tenant_uuid = $1)"
        for statement in [
            "DELETE FROM agent_membership_status WHERE agent_id IN \(ofTenant)",
            "DELETE FROM agent_login_status WHERE agent_id IN \(ofTenant)",
            "DELETE FROM callerid WHERE type = 'group' AND typeval IN (SELECT id FROM groupfeatures WHERE tenant_uuid = $1)",
            "DELETE FROM callerid WHERE type = 'queue' AND typeval IN (SELECT id FROM queuefeatures WHERE tenant_uuid = $1)",
            "DELETE FROM pickupmember WHERE pickupid IN (SELECT id FROM pickup WHERE tenant_uuid = $1)",
        ] { try await insert(statement, id.rawValue) }
        for table in ["queuemember WHERE queue_name", "queue WHERE name"] {
            try await insert("DELETE FROM \(table) LIKE '%-' || $1", mark)
        }
    }
}

/// ``withOwnTenant(as:_:)`` for tests that make queues named `…-<mark>`.
func withQueueTenant(
    as role: Role,
    _ body: (OwnTenant, PostgresDirectory) async throws -> Void
) async throws {
    try await withOwnTenant(as: role) { tenant, directory async throws in
        do {
            try await body(tenant, directory)
        } catch {
            try? await tenant.removeQueues()
            throw error
        }
        try await tenant.removeQueues()
    }
}
