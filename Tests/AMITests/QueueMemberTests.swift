import Foundation
import TandemLab
import TandemTesting
import Telephony
import Testing

@testable import AMI

@Suite(
    "Members of the real Asterisk's queues",
    .timeLimit(.minutes(1)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct QueueMemberTests {
    private func connected(_ body: (AMIClient) async throws -> Void) async throws {
        let lab = try LabEnvironment()
        let recorder = ManagerEventRecorder()
        try await withClient(
            port: lab.managerPort,
            username: lab.managerUser,
            secret: lab.managerSecret,
            receiver: recorder
        ) { client in
            await recorder.first { $0 == .connected }
            try await body(client)
        }
    }

    /// The members of the queue, as Asterisk lists them.
    private func members(of queue: String, _ client: AMIClient) async throws -> [[String?]] {
        try await client.send(ManagerAction("QueueStatus", ["Queue": queue]))
            .filter { $0.event == "QueueMember" }
            .map { [$0["Location"], $0["Name"], $0["StateInterface"], $0["Penalty"], $0["Membership"]] }
    }

    @Test("an agent joins a queue with the state of his phone, once, and leaves it")
    func membership() async throws {
        let queue = "tandem-agents"
        let agent = "Local/id-\(Int.random(in: 1_000...9_999_999))@agentcallback"
        let member = ManagerQueueMember(
            interface: agent,
            name: "Agent/801",
            stateInterface: "PJSIP/alice",
            penalty: 3
        )
        try await connected { client in
            let added = try await client.addQueueMember(member, to: queue)
            #expect(added)
            let found = try await members(of: queue, client).filter { $0[0] == agent }
            #expect(found == [[agent, "Agent/801", "PJSIP/alice", "3", "dynamic"]])
            let again = try await client.addQueueMember(member, to: queue)
            #expect(!again)
            let removed = try await client.removeQueueMember(agent, from: queue)
            #expect(removed)
            let gone = try await client.removeQueueMember(agent, from: queue)
            #expect(!gone)
            let left = try await members(of: queue, client)
            #expect(!left.contains { $0[0] == agent })
        }
    }

    @Test("a queue that is not there cannot be joined, and is as good as left")
    func noQueue() async throws {
        let member = ManagerQueueMember(interface: "Local/id-1@agentcallback", name: "Agent/1")
        try await connected { client in
            await #expect {
                try await client.addQueueMember(member, to: "tandem-nowhere")
            } throws: { error in
                guard case ManagerFailure.refused(let message, "QueueAdd") = error else { return false }
                return message.contains("No such queue")
            }
            let left = try await client.removeQueueMember(member.interface, from: "tandem-nowhere")
            #expect(!left)
        }
    }
}
