import CallControl
import Core
import Directory
import Foundation
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Applications

@Suite("Applications that are deleted", .timeLimit(.minutes(1)))
struct RemovalTests {
    /// What Asterisk tells once it has hung up a channel.
    private func asteriskTells(_ bench: ApplicationBench, endOf call: String) async {
        await bench.asterisk.waitForRequest("hangUp \(call)")
        await bench.tell(.stasisEnd(Shorthand.channel(call)), "StasisEnd")
    }

    @Test("calls are hung up, then the node goes, the application is deregistered; all is told and no row stays")
    func removed() async throws {
        let bench = ApplicationBench(node: .init(type: "holding", musicOnHold: nil, answers: false))
        try await bench.run { loop in
            let node = BridgeID(Shorthand.id)
            #expect(await loop.waits(.seconds(2)) { $0.nodes[node]?.phase == .open })
            for id in ["a", "b"] { await bench.enter(id, in: loop) }
            bench.delete()
            for id in ["a", "b"] { await asteriskTells(bench, endOf: id) }
            try await bench.isForgotten()
            let ends = bench.told.filter { $0.hasSuffix("_deleted") }
            #expect(
                ends == [
                    "application_call_deleted", "application_call_deleted", "application_node_deleted",
                ]
            )
            let bridges = try await bench.asterisk.bridges()
            #expect(bridges.isEmpty)
            #expect(bench.registry.registered.isEmpty)
            #expect(bench.applications.register.leftBehind.count == 0)
            let gone = try await bench.ask(.get, "").status
            #expect(gone == 404)
        }
    }

    @Test("Asterisk hangs: a few requests at a time, an end in time for all; it is asked until nothing is left")
    func hangs() async throws {
        let bench = ApplicationBench(
            node: .init(type: "holding", musicOnHold: nil, answers: false),
            removalLimit: .milliseconds(200)
        )
        try await bench.run { loop in
            let node = BridgeID(Shorthand.id)
            #expect(await loop.waits(.seconds(2)) { $0.nodes[node]?.phase == .open })
            let calls = (0..<40).map { "c\($0)" }
            for id in calls { await bench.enter(id, in: loop) }
            bench.asterisk.stall("")
            bench.delete()
            try await bench.isForgotten()
            #expect(bench.told.count { $0 == "application_call_deleted" } == calls.count)
            #expect(bench.told.last == "application_node_deleted")
            #expect(
                bench.asterisk.stalledCount <= 2 * ApplicationRemoval.width,
                "of the removal, and of the round after"
            )
            try await eventually { bench.applications.register.leftBehind.count == calls.count + 1 }
            bench.asterisk.answerAgain()
            try await eventually { bench.applications.register.leftBehind.count == 0 }
            let (channels, bridges) = (
                try await bench.asterisk.channels(), try await bench.asterisk.bridges()
            )
            #expect(channels.isEmpty && bridges.isEmpty)
        }
    }

    @Test("one application hangs on Asterisk: another one that was made meanwhile is known all the same")
    func another() async throws {
        let bench = ApplicationBench(removalLimit: .milliseconds(200))
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            bench.asterisk.stall("")
            let other = "60000000-0000-4000-8000-000000000002"
            bench.directory.change {
                $0.applications = [ApplicationRecord(id: other, tenant: TenantID("t1"), name: nil, node: nil)]
            }
            bench.applications.directoryChanged(.everything)
            try await eventually { bench.applications.register.loop(other) != nil }
            try await eventually { bench.applications.register.loop(Shorthand.id) == nil }
            #expect(bench.registry.registered == ["wazo-app-\(other)"])
            bench.asterisk.answerAgain()
        }
    }

    @Test("who comes while it is being deleted, and afterwards, goes on in the dialplan, which is told why")
    func comes() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            bench.asterisk.stall("hangUp a")
            bench.delete()
            try await eventually { loop.isLeaving }
            await comes("b", to: bench)
            let gone = try await bench.ask(.get, "/calls").status
            #expect(gone == 404, "nobody finds it any more")
            bench.asterisk.answerAgain()
            await asteriskTells(bench, endOf: "a")
            try await bench.isForgotten()
            await comes("c", to: bench)
            #expect(bench.told.count { $0 == "application_call_entered" } == 1)
        }
    }

    /// Somebody comes for the application, and is sent on.
    private func comes(_ id: String, to bench: ApplicationBench) async {
        let channel = Shorthand.channel(id, "Ring")
        bench.asterisk.put(channel)
        await bench.tell(.stasisStart(channel, arguments: ["incoming"], replaced: nil), "StasisStart")
        await bench.asterisk.waitForRequest("continue \(id) next")
        #expect(bench.asterisk.requests.suffix(2) == ["set TANDEM_REFUSED=1 \(id)", "continue \(id) next"])
    }

    @Test("Asterisk refuses the hang-ups: the end does not wait, and they are repeated")
    func refused() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            bench.asterisk.fail("hangUp", with: .unreachable("gone"))
            bench.delete()
            try await bench.isForgotten()
            #expect(bench.told.last == "application_call_deleted")
            bench.asterisk.fail("hangUp", with: nil)
            try await eventually { bench.applications.register.leftBehind.count == 0 }
            let channels = try await bench.asterisk.channels()
            #expect(channels.isEmpty)
        }
    }

    @Test("after a gap: who is in an application that nobody knows goes on in the dialplan; others are left alone")
    func strays() async throws {
        let bench = ApplicationBench()
        try await bench.run { loop in
            await bench.enter("a", in: loop)
            var known = Shorthand.channel("a", "Ring")
            known.applicationData += ",incoming"
            var stray = Shorthand.channel("b", "Ring")
            stray.applicationData = "wazo-app-60000000-0000-4000-8000-0000000000ff,incoming"
            var queued = Shorthand.channel("q", "Up")
            queued.applicationData = "callcontrol,switchboard"
            for channel in [known, stray, queued] { bench.asterisk.put(channel) }
            try await bench.applications.recover(
                from: AsteriskSnapshot(channels: [known, stray, queued], bridges: [])
            )
            await bench.asterisk.waitForRequest("continue b next")
            #expect(bench.asterisk.requests.filter { $0.hasPrefix("continue") } == ["continue b next"])
        }
    }
}
