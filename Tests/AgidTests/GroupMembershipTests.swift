import Directory
import FastAGI
import Testing

@testable import Agid

@Suite("Users who join and leave groups")
struct GroupMembershipTests {
    private let directory = FixedQueues(names: [7: "grp-7", 8: "a,b"])
    private let arguments = ["t", "u-1", "7"]

    @Test("a user joins with the state of all his phones, and leaves")
    func joins() async throws {
        #expect(
            try await runQueueCall("group_member_add", directory, arguments: arguments)
                == ["EXEC AddQueueMember \"grp-7,Local/u-1@usersharedlines,,,,hint:u-1@usersharedlines\""]
        )
        #expect(
            try await runQueueCall("group_member_remove", directory, arguments: arguments)
                == ["EXEC RemoveQueueMember \"grp-7,Local/u-1@usersharedlines\""]
        )
    }

    @Test(
        "whether he is a member is read from Asterisk",
        arguments: [
            ("Local/u-1@usersharedlines", "1"), ("Local/x@y,Local/u-1@usersharedlines", "1"),
            ("Local/u-11@usersharedlines", "0"), ("", "0"),
        ]
    )
    func present(list: String, answer: String) async throws {
        let commands = try await runQueueCall(
            "group_member_present",
            directory,
            arguments: arguments,
            on: AGITranscript(variables: ["QUEUE_MEMBER_LIST(grp-7)": list])
        )
        #expect(commands == [get("QUEUE_MEMBER_LIST(grp-7)"), set("WAZO_GROUP_MEMBER_PRESENT", answer)])
    }

    @Test(
        "what goes wrong is told to the dialplan and nothing is done",
        arguments: GroupMembership.Action.allCases,
        [
            ["t", "u-1", "9"], ["u", "u-1", "7"], ["t", "u-1", "8"], ["t", "u,1", "7"], ["t", "", "7"],
            ["", "u-1", "7"], ["t", "u-1"], ["t", "u-1", "x"], [],
        ]
    )
    func errors(action: GroupMembership.Action, arguments: [String]) async throws {
        let commands = try await runQueueCall(action.rawValue, directory, arguments: arguments)
        #expect(commands.count == 1)
        #expect(commands.first?.hasPrefix("SET VARIABLE \"WAZO_GROUP_MEMBER_ERROR\" \"") == true)
    }

    @Test("a directory that is away is told without its words")
    func away() async throws {
        var away = directory
        away.isAway = true
        let commands = try await runQueueCall("group_member_add", away, arguments: arguments)
        #expect(commands == [set("WAZO_GROUP_MEMBER_ERROR", "Group 7 cannot be looked up")])
    }
}
