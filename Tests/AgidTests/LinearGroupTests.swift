import Core
import Directory
import FastAGI
import Testing

@testable import Agid

@Suite("Linear groups")
struct LinearGroupTests {
    private let script = "linear_group_get_interfaces"

    private func members(ringsInUse: Bool) -> FixedQueues {
        FixedQueues(
            members: CallGroupMembers(
                tenant: TenantID("t"),
                ringsInUse: ringsInUse,
                members: [
                    .number("201@inside/n"), .user(UserID("u-1"), isDoNotDisturbEnabled: false),
                    .user(UserID("u-2"), isDoNotDisturbEnabled: true),
                    .user(UserID("u-3"), isDoNotDisturbEnabled: false),
                ]
            )
        )
    }

    private let states = [
        "EXTENSION_STATE(201@inside)": "NOT_INUSE", "EXTENSION_STATE(u-1@usersharedlines)": "INUSE",
        "EXTENSION_STATE(u-3@usersharedlines)": "UNKNOWN",
    ]
    private let reads = [
        "WAZO_TENANT_UUID", "EXTENSION_STATE(201@inside)", "EXTENSION_STATE(u-1@usersharedlines)",
        "EXTENSION_STATE(u-3@usersharedlines)",
    ].map(get)

    @Test("members that are free come by position, whoever they are")
    func free() async throws {
        let commands = try await runQueueCall(
            script,
            members(ringsInUse: false),
            arguments: ["7"],
            on: AGITranscript(variables: states)
        )
        #expect(
            commands == reads + [
                set("WAZO_GROUP_LINEAR_INTERFACE_COUNT", "2"),
                set("WAZO_GROUP_LINEAR_0_INTERFACE", "Local/201@inside/n"),
                set("WAZO_GROUP_LINEAR_1_INTERFACE", "Local/u-3@usersharedlines"),
            ]
        )
    }

    @Test("where busy members ring, all do but who does not want to be disturbed")
    func ringsInUse() async throws {
        let commands = try await runQueueCall(
            script,
            members(ringsInUse: true),
            arguments: ["7"],
            on: AGITranscript(variables: states)
        )
        #expect(
            commands == reads + [
                set("WAZO_GROUP_LINEAR_INTERFACE_COUNT", "3"),
                set("WAZO_GROUP_LINEAR_0_INTERFACE", "Local/201@inside/n"),
                set("WAZO_GROUP_LINEAR_1_INTERFACE", "Local/u-1@usersharedlines"),
                set("WAZO_GROUP_LINEAR_2_INTERFACE", "Local/u-3@usersharedlines"),
            ]
        )
    }

    @Test("a group without members has none")
    func empty() async throws {
        let none = CallGroupMembers(tenant: TenantID("t"), ringsInUse: false, members: [])
        let commands = try await runQueueCall(script, FixedQueues(members: none), arguments: ["7"])
        #expect(commands == [get("WAZO_TENANT_UUID"), set("WAZO_GROUP_LINEAR_INTERFACE_COUNT", "0")])
    }

    @Test(
        "no group, another tenant's and a directory that is away are a fault",
        arguments: [("8", "t", false), ("", "t", false), ("7", "u", false), ("7", "t", true)]
    )
    func faults(id: String, tenant: String, isAway: Bool) async throws {
        var directory = members(ringsInUse: true)
        directory.isAway = isAway
        await #expect {
            try await runQueueCall(
                script,
                directory,
                arguments: id.isEmpty ? [] : [id],
                on: AGITranscript(variables: ["WAZO_TENANT_UUID": tenant])
            )
        } throws: { $0 is HandlerFault || $0 is DatabaseFailure }
    }

    // MARK: linear_group_check_timeout

    private let timeReads = [
        "WAZO_DSTID", "WAZO_GROUPTIMEOUT", "WAZO_GROUP_START_TIME", "WAZO_GROUP_USER_TIMEOUT",
    ].map(get)

    private func timeout(_ limit: String, start: String, member: String, now: Double) async throws -> [String] {
        let commands = try await runQueueCall(
            "linear_group_check_timeout",
            now: now,
            on: AGITranscript(
                variables: [
                    "WAZO_GROUPTIMEOUT": limit, "WAZO_GROUP_START_TIME": start, "WAZO_GROUP_USER_TIMEOUT": member,
                ]
            )
        )
        #expect(Array(commands.prefix(4)) == timeReads)
        return Array(commands.dropFirst(4))
    }

    @Test(
        "a member rings as long as he may, and not beyond the group's end",
        arguments: [
            ("60", "", "15", [set("WAZO_GROUP_START_TIME", "1000.25"), set("WAZO_DIAL_TIMEOUT", "15")]),
            ("60", "990.25", "", [set("WAZO_DIAL_TIMEOUT", "50")]),
            ("60", "990.25", "15", [set("WAZO_DIAL_TIMEOUT", "15")]),
            ("60", "950.5", "15", [set("WAZO_DIAL_TIMEOUT", "10")]),
            ("60", "940.25", "15", [set("WAZO_GROUP_TIMEOUT_EXPIRED", "1")]),
            ("60", "nonsense", "1e300", [set("WAZO_DIAL_TIMEOUT", "60")]),
            ("", "", "15", [set("WAZO_GROUP_START_TIME", "1000.25"), set("WAZO_GROUP_TIMEOUT_EXPIRED", "1")]),
        ]
    )
    func timeout(limit: String, start: String, member: String, expected: [String]) async throws {
        let commands = try await timeout(limit, start: start, member: member, now: 1_000.25)
        #expect(commands == expected)
    }
}
