import CallControl
import Foundation
import TandemTesting
import Telephony
import Testing

@Suite("Live variables", .timeLimit(.minutes(1)))
struct LiveVariablesTests {
    private let gate = GatedVariables()
    private let variables: LiveVariables
    private let id = ChannelID("1.1")
    private let tenant = "WAZO_TENANT_UUID"
    private var asterisk: FakeAsterisk { gate.asterisk }

    init() async {
        variables = LiveVariables(channels: gate, anyChannels: gate, capacity: 16, pause: .milliseconds(1))
        gate.asterisk.put(Channel(id: id), variables: ["WAZO_TENANT_UUID": "t1", "WAZO_USERUUID": "u1"])
        await variables.feedConnected()
    }

    private func happen(_ type: String, _ channel: ChannelID) async {
        let head = EventHead(type: type, application: "callcontrol", channel: channel)
        guard variables.wants(head) else { return }
        await variables.receive(AsteriskEvent(.other(type), application: "callcontrol", timestamp: Date()), head: head)
    }

    private func reads(_ name: String) -> Int {
        asterisk.requests.filter { $0.hasPrefix("variable \(name) ") }.count
    }

    @Test("a name that the snapshot lists costs no request, and an empty text there means unset")
    func snapshot() async throws {
        let channel = Channel(id: id, variables: ["WAZO_TENANT_UUID": "t9", "WAZO_LINE_ID": ""])
        let listed = try await variables.variable(tenant, of: channel)
        let empty = try await variables.variable("WAZO_LINE_ID", of: channel)
        #expect(listed == "t9" && empty == nil)
        #expect(asterisk.requests.isEmpty)
        let live = try await variables.variable(tenant, of: Channel(id: id))
        #expect(live == "t1")
    }

    @Test("a name of the list is read once until its channel ends, any other each time")
    func kept() async throws {
        for _ in 0..<3 {
            let value = try await variables.variable(tenant, of: id)
            #expect(value == "t1")
            _ = try await variables.variable("WAZO_USERUUID", of: id)
        }
        #expect(reads(tenant) == 1)
        #expect(reads("WAZO_USERUUID") == 3, "a pickup would make it untrue")
        await happen("ChannelDestroyed", id)
        #expect(variables.keptChannels == 0)
        _ = try await variables.variable(tenant, of: id)
        #expect(reads(tenant) == 2)
    }

    @Test("what is unset, and what failed, is read again")
    func unset() async throws {
        let first = try await variables.variable("WAZO_LINE_ID", of: id)
        #expect(first == nil)
        asterisk.put(Channel(id: id), variables: ["WAZO_LINE_ID": "7"])
        asterisk.fail("variable WAZO_LINE_ID", with: .unreachable("x"))
        await #expect(throws: TelephonyFailure.unreachable("x")) {
            try await variables.variable("WAZO_LINE_ID", of: id)
        }
        asterisk.fail("variable WAZO_LINE_ID", with: nil)
        let second = try await variables.variable("WAZO_LINE_ID", of: id)
        #expect(second == "7")
    }

    @Test("readers at the same time share one request, and one that is cancelled does not end it")
    func singleFlight() async throws {
        gate.close()
        let readers = (0..<5).map { _ in Task { try await variables.variable(tenant, of: id) } }
        await gate.waitForWaiting(1)
        readers[0].cancel()
        gate.open()
        for reader in readers.dropFirst() {
            let value = try await reader.value
            #expect(value == "t1")
        }
        #expect(reads(tenant) == 1)
        #expect(variables.keptChannels == 1)
    }

    @Test("a read under way when its channel ends is not kept")
    func destroyedWhileRead() async throws {
        gate.close()
        let reader = Task { try await variables.variable(tenant, of: id) }
        await gate.waitForWaiting(1)
        await happen("ChannelDestroyed", id)
        gate.open()
        let value = try await reader.value
        #expect(value == "t1")
        #expect(variables.keptChannels == 0)
    }

    @Test("a set replaces what is kept, also under its inherited name")
    func set() async throws {
        _ = try await variables.variable(tenant, of: id)
        try await variables.set("__WAZO_TENANT_UUID", to: "t2", of: id)
        let value = try await variables.variable(tenant, of: id)
        #expect(value == "t2")
        #expect(reads(tenant) == 1)
        #expect(asterisk.requests.last == "setAny __WAZO_TENANT_UUID=t2 1.1")
        try await variables.set(tenant, to: "", of: id, inStasis: true)
        #expect(asterisk.requests.last == "set WAZO_TENANT_UUID= 1.1")
        let unset = try await variables.variable(tenant, of: id)
        #expect(unset == nil)
    }

    @Test("a set that fails leaves nothing kept, since it may have been done")
    func failedSet() async throws {
        _ = try await variables.variable(tenant, of: id)
        asterisk.fail("set", with: .unreachable("cut"))
        await #expect(throws: TelephonyFailure.unreachable("cut")) { try await variables.set(tenant, to: "t2", of: id) }
        #expect(reads(tenant) == 1)
        _ = try await variables.variable(tenant, of: id)
        #expect(reads(tenant) == 2)
    }

    @Test("a read that began before a set is not kept, and one during it neither")
    func readAcrossSet() async throws {
        gate.close()
        let before = Task { try await variables.variable(tenant, of: id) }
        await gate.waitForWaiting(1)
        let setting = Task { try await variables.set(tenant, to: "t2", of: id) }
        await gate.waitForWaiting(2)
        let during = Task { try await variables.variable(tenant, of: id) }
        await gate.waitForWaiting(3)
        gate.open()
        let old = try await before.value
        _ = try await during.value
        try await setting.value
        #expect(old == "t1")
        let now = try await variables.variable(tenant, of: id)
        #expect(now == "t2")
        #expect(reads(tenant) == 2, "the set's value is kept")
    }

    @Test("of two sets at once neither is kept: the order is Asterisk's affair")
    func twoSets() async throws {
        gate.close()
        let first = Task { try await variables.set(tenant, to: "t2", of: id) }
        await gate.waitForWaiting(1)
        let second = Task { try await variables.set(tenant, to: "t3", of: id) }
        await gate.waitForWaiting(2)
        gate.open()
        try await first.value
        try await second.value
        _ = try await variables.variable(tenant, of: id)
        #expect(reads(tenant) == 1)
    }

    @Test("a set whose channel ends meanwhile is not kept")
    func destroyedWhileSet() async throws {
        gate.close()
        let setting = Task { try await variables.set(tenant, to: "t2", of: id) }
        await gate.waitForWaiting(1)
        await happen("ChannelDestroyed", id)
        gate.open()
        try await setting.value
        #expect(variables.keptChannels == 0)
    }

    @Test("a new caller id makes the kept number untrue, nothing else")
    func callerID() async throws {
        asterisk.put(Channel(id: id), variables: ["CALLERID(number)": "100", tenant: "t1"])
        _ = try await variables.variable("CALLERID(number)", of: id)
        _ = try await variables.variable(tenant, of: id)
        await happen("ChannelCallerId", id)
        _ = try await variables.variable("CALLERID(number)", of: id)
        _ = try await variables.variable(tenant, of: id)
        #expect(reads("CALLERID(number)") == 2)
        #expect(reads(tenant) == 1)
    }

    @Test("while the feed is away nothing is kept")
    func feedAway() async throws {
        _ = try await variables.variable(tenant, of: id)
        await variables.feedDisconnected()
        #expect(variables.keptChannels == 0)
        _ = try await variables.variable(tenant, of: id)
        #expect(variables.keptChannels == 0)
        await variables.feedConnected()
        _ = try await variables.variable(tenant, of: id)
        #expect(variables.keptChannels == 1)
    }

    @Test("no more channels are kept than allowed; those used last stay")
    func bounded() async throws {
        for number in 0..<100 {
            let channel = ChannelID("2.\(number)")
            asterisk.put(Channel(id: channel), variables: [tenant: "t"])
            _ = try await variables.variable(tenant, of: id)
            _ = try await variables.variable(tenant, of: channel)
            #expect(variables.keptChannels <= 16)
        }
        #expect(asterisk.requests.filter { $0 == "variable WAZO_TENANT_UUID 1.1" }.count == 1)
    }

    @Test("events of channels of which nothing is kept are not wanted")
    func wants() async throws {
        let head = { EventHead(type: $0, application: "x", channel: $1) }
        #expect(!variables.wants(head("ChannelDestroyed", id)))
        _ = try await variables.variable(tenant, of: id)
        #expect(variables.wants(head("ChannelDestroyed", id)))
        #expect(variables.wants(head("ChannelCallerId", id)))
        #expect(!variables.wants(head("ChannelStateChange", id)))
        #expect(!variables.wants(head("ChannelDestroyed", ChannelID("9.9"))))
        #expect(!variables.wants(head("ChannelDestroyed", nil)))
    }

    @Test("set and confirm costs one read when the value shows at once")
    func confirmed() async throws {
        try await variables.setAndConfirm("X", to: "1", of: id)
        #expect(asterisk.requests == ["setAny X=1 1.1", "variable X 1.1"])
        try await variables.setAndConfirm("X", to: "", of: id, inStasis: true)
        #expect(asterisk.requests.count == 4)
    }

    @Test("set and confirm gives up after twenty reads, and at once when the channel is gone")
    func notConfirmed() async throws {
        // The fake keeps no variable of a name that begins with an underscore under its plain name.
        await #expect(throws: VariableNotVisible(name: "_X", channel: id)) {
            try await variables.setAndConfirm("_X", to: "1", of: id)
        }
        #expect(reads("X") == 20)
        await #expect(throws: TelephonyFailure.notFound("Channel not found")) {
            try await variables.setAndConfirm("X", to: "1", of: ChannelID("9.9"))
        }
    }
}

@Suite("Variables of any channel")
struct AnyChannelVariablesTests {
    private let first = FakeAsterisk()
    private let second = FakeAsterisk()
    private let id = ChannelID("1.1")

    @Test("the second way is gone only when the first answers 409")
    func ways() async throws {
        let both = AnyChannelVariables(first, else: second)
        first.put(Channel(id: id))
        second.put(Channel(id: id))
        try await both.setVariable("X", to: "1", ofAny: id)
        #expect(second.requests.isEmpty)
        first.fail("setAny", with: .conflict("Channel not in Stasis application"))
        try await both.setVariable("X", to: "2", ofAny: id)
        #expect(second.requests == ["setAny X=2 1.1"])
        first.fail("setAny", with: .unreachable("cut"))
        await #expect(throws: TelephonyFailure.unreachable("cut")) {
            try await both.setVariable("X", to: "3", ofAny: id)
        }
        #expect(second.requests.count == 1)
    }
}
