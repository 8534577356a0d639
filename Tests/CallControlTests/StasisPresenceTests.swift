import CallControl
import Foundation
import TandemTesting
import Telephony
import Testing

@Suite("Presence in Stasis", .timeLimit(.minutes(1)))
struct StasisPresenceTests {
    private let asterisk = FakeAsterisk()
    private let presence: StasisPresence
    private let id = ChannelID("1.1")
    private let probe = "set WAZO_TEST_STASIS= 1.1"

    init() {
        presence = StasisPresence(channels: asterisk)
        asterisk.put(Channel(id: id))
    }

    private var probes: Int { asterisk.requests.filter { $0 == probe }.count }

    private func happen(_ type: String) async {
        let head = EventHead(type: type, application: "callcontrol", channel: id)
        #expect(presence.wants(head))
        await presence.receive(AsteriskEvent(.other(type), application: "callcontrol", timestamp: Date()), head: head)
    }

    @Test("204 means yes, 409 no, 404 that the channel is gone")
    func probed() async throws {
        var isThere = try await presence.isInStasis(id)
        #expect(isThere)
        asterisk.fail("set", with: .conflict("Channel not in Stasis application"))
        isThere = try await presence.isInStasis(id)
        #expect(!isThere)
        asterisk.fail("set", with: nil)
        await #expect(throws: TelephonyFailure.notFound("Channel not found")) {
            try await presence.isInStasis(ChannelID("9.9"))
        }
    }

    @Test("who waits is woken by the channel's StasisStart: two looks in all")
    func woken() async throws {
        asterisk.fail("set", with: .conflict("no"))
        let waiting = Task { try await presence.waitUntilInStasis(id, within: .seconds(30), recheck: .seconds(30)) }
        await asterisk.waitForRequest(probe)
        asterisk.fail("set", with: nil)
        await happen("StasisStart")
        let isThere = try await waiting.value
        #expect(isThere)
        #expect(probes == 2)
        #expect(!presence.wants(EventHead(type: "StasisStart", application: "callcontrol", channel: id)))
    }

    @Test("the channel's end is told at once")
    func gone() async throws {
        asterisk.fail("set", with: .conflict("no"))
        let waiting = Task { try await presence.waitUntilInStasis(id, within: .seconds(30), recheck: .seconds(30)) }
        await asterisk.waitForRequest(probe)
        asterisk.fail("set", with: nil)
        asterisk.remove(id)
        await happen("ChannelDestroyed")
        await #expect(throws: TelephonyFailure.notFound("Channel not found")) { try await waiting.value }
    }

    @Test("without an event it looks again now and then, and gives up in time")
    func silent() async throws {
        asterisk.fail("set", with: .conflict("no"))
        let isThere = try await presence.waitUntilInStasis(
            id,
            within: .milliseconds(100),
            recheck: .milliseconds(30)
        )
        #expect(!isThere)
        #expect((2...5).contains(probes), "\(probes) looks")
    }

    @Test("a wait that is cancelled ends")
    func cancelled() async throws {
        asterisk.fail("set", with: .conflict("no"))
        let waiting = Task { try await presence.waitUntilInStasis(id, within: .seconds(30), recheck: .seconds(30)) }
        await asterisk.waitForRequest(probe)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }
}
