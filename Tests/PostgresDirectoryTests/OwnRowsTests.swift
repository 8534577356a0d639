import Core
import Directory
import Foundation
import Postgres
import PostgresDirectory
import TandemLab
import Testing

@Suite("Rows of all kinds", .disabled(if: LabEnvironment.isLeftOut, "needs the lab"), .timeLimit(.minutes(1)))
struct OwnRowsTests {
    @Test("A switchboard has the names of its two music classes", arguments: Role.allCases)
    func music(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let id = UUID().uuidString.lowercased()
            for kind in ["queue", "hold"] {
                try await tenant.insert(
                    "INSERT INTO moh (uuid, tenant_uuid, name, label, mode) VALUES ($1::varchar, $2, $1::varchar, '', 'files')",
                    "\(kind)-\(id.prefix(30))",
                    tenant.id.rawValue
                )
            }
            try await tenant.insert(
                """
                INSERT INTO switchboard (uuid, tenant_uuid, name, queue_moh_uuid, hold_moh_uuid)
                VALUES ($1, $2, 'own', $3, $4)
                """,
                id,
                tenant.id.rawValue,
                "queue-\(id.prefix(30))",
                "hold-\(id.prefix(30))"
            )
            let record = try #require(try await directory.switchboard(id, tenant: tenant.id))
            #expect(record.queueMusic == "queue-\(id.prefix(30))")
            #expect(record.waitingRoomMusic == "hold-\(id.prefix(30))")
            #expect(try await directory.switchboards().contains(record))
        }
    }

    @Test("Only the switchboard's own no-answer row is its fallback", arguments: Role.allCases)
    func fallback(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let id = UUID().uuidString.lowercased()
            try await tenant.insert(
                "INSERT INTO switchboard (uuid, tenant_uuid, name) VALUES ($1, $2, 'own')",
                id,
                tenant.id.rawValue
            )
            let add = """
                INSERT INTO dialaction (event, category, categoryval, action, actionarg1, actionarg2)
                VALUES ($2, 'switchboard', $1, 'user', '7', '')
                """
            try await tenant.insert(add, id, "busy")
            #expect(try await directory.switchboardFeatures(id)?.tenant == tenant.id)
            #expect(try await directory.switchboardFeatures(id)?.noAnswer == nil)
            try await tenant.insert(add, id, "noanswer")
            let fallback = DialAction(action: "user", argument1: "7", argument2: "")
            #expect(try await directory.switchboardFeatures(id)?.noAnswer == fallback)
        }
    }

    @Test("Lines come with their endpoints, the main line first, disabled ones not at all", arguments: Role.allCases)
    func lines(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let user = try await tenant.addUser(first: "Only", last: "")
            let name = tenant.id.rawValue
            let bare = try await tenant.addLine(user: user.id, isMain: false, name: "\(name)-bare")
            let custom = try await tenant.addLine(user: user.id, isMain: false, name: "\(name)-custom")
            _ = try await tenant.addLine(user: user.id, isMain: false, name: "\(name)-off", commented: 1)
            let sccp = try await tenant.addLine(user: user.id, isMain: false, name: "\(name)-sccp")
            let main = try await tenant.addLine(user: user.id, isMain: true, name: "\(name)-main")
            try await tenant.insert(
                """
                WITH e AS (INSERT INTO usercustom (tenant_uuid, interface, category)
                    VALUES ($1::varchar, $1::varchar, 'user') RETURNING id)
                UPDATE linefeatures SET endpoint_custom_id = (SELECT id FROM e) WHERE id = $2::int
                """,
                name,
                custom
            )
            try await tenant.insert(
                """
                WITH e AS (INSERT INTO sccpline (tenant_uuid, name, context, cid_name, cid_num)
                    VALUES ($1, 'unused', '', '', '') RETURNING id)
                UPDATE linefeatures SET endpoint_sccp_id = (SELECT id FROM e) WHERE id = $2::int
                """,
                name,
                sccp
            )
            try await tenant.insert(
                """
                WITH e AS (INSERT INTO endpoint_sip (tenant_uuid, name) VALUES ($1::varchar, $1::varchar || '-sip') RETURNING uuid)
                UPDATE linefeatures SET endpoint_sip_uuid = (SELECT uuid FROM e) WHERE id = $2::int
                """,
                name,
                main
            )
            let expected = [
                LineRecord(id: main, context: tenant.context, endpoint: .sip(name: "\(name)-sip"), tenant: tenant.id),
                LineRecord(id: bare, context: tenant.context, endpoint: nil, tenant: tenant.id),
                LineRecord(id: custom, context: tenant.context, endpoint: .custom(interface: name), tenant: tenant.id),
                LineRecord(id: sccp, context: tenant.context, endpoint: .sccp(name: "\(name)-sccp"), tenant: tenant.id),
            ]
            let record = try await directory.user(user.uuid, tenant: tenant.id)
            #expect(record?.lines == expected)
            #expect(record?.name == "Only")

            try await tenant.insert("UPDATE usercustom SET commented = 1 WHERE tenant_uuid = $1", name)
            try await tenant.insert("UPDATE sccpline SET commented = 1 WHERE tenant_uuid = $1", name)
            let later = try await directory.user(user.uuid, tenant: tenant.id)
            #expect(later?.lines.map(\.id) == expected.map(\.id))
            #expect(later?.lines.compactMap(\.endpoint) == [.sip(name: "\(name)-sip")])
        }
    }

    @Test("A disabled user is there: REST may call for them, as clients know it", arguments: Role.allCases)
    func disabledUser(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let user = try await tenant.addUser(first: "Off", last: "Duty", commented: 1)
            #expect(try await directory.user(user.uuid, tenant: tenant.id)?.name == "Off Duty")
        }
    }

    @Test("A disabled incall is not there, nor one whose number is disabled", arguments: Role.allCases)
    func disabledIncall(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let off = try await tenant.addIncall(commented: 1)
            let numberless = try await tenant.addIncall(extensionCommented: 1)
            let on = try await tenant.addIncall()
            #expect(try await directory.incall(off) == nil)
            #expect(try await directory.incall(numberless) == nil)
            #expect(try await directory.incall(on)?.tenant == tenant.id)
            #expect(try await directory.incall(on)?.answer == nil)

            try await tenant.addExtension(of: numberless, exten: "2")
            try await tenant.addExtension(of: numberless, exten: "3")
            #expect(try await directory.incall(numberless)?.exten == "\(numberless)-2")
        }
    }

    @Test("An incall's caller-id rule counts when it has a mode", arguments: Role.allCases)
    func callerID(role: Role) async throws {
        try await withOwnTenant(as: role) { tenant, directory async throws in
            let incall = try await tenant.addIncall()
            try await tenant.insert(
                "INSERT INTO callerid (callerdisplay, type, typeval) VALUES ('Shop - ', 'incall', $1::int)",
                incall
            )
            try await tenant.insert(
                """
                INSERT INTO dialaction (event, category, categoryval, action)
                VALUES ('answer', 'incall', $1, 'none')
                """,
                "\(incall)"
            )
            #expect(try await directory.incall(incall)?.callerID == nil)
            for mode in ["prepend", "overwrite", "append"] {
                try await tenant.insert(
                    "UPDATE callerid SET mode = $2::callerid_mode WHERE type = 'incall' AND typeval = $1::int",
                    incall,
                    mode
                )
                let rule = try await directory.incall(incall)?.callerID
                #expect(rule?.mode.rawValue == mode)
                #expect(rule?.display == "Shop - ")
            }
            #expect(try await directory.incall(incall)?.answer == DialAction.none)
        }
    }
}
