import CallControl
import Core
import Events
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Calls

/// What happens to a new channel, in Asterisk's order.
private enum Step: Sendable {
    /// A variable of the endpoint, of the caller's channel, or of the dialplan.
    case set(String, String)
    /// The dialplan goes on.
    case goesOn
}

private struct NewChannel: Sendable, CustomTestStringConvertible {
    var what: String
    var state: String
    var steps: [Step]
    var isCaller: Bool
    var direction: String
    var dialled: String
    var testDescription: String { what }

    init(
        _ what: String,
        _ state: String,
        _ steps: [Step],
        isCaller: Bool,
        _ direction: String = "internal",
        dialled: String
    ) {
        (self.what, self.state, self.steps) = (what, state, steps)
        (self.isCaller, self.direction, self.dialled) = (isCaller, direction, dialled)
    }
}

private let endpoint: [Step] = [
    .set("WAZO_CHANNEL_DIRECTION", "from-wazo"), .set("__WAZO_TENANT_UUID", CallBench.tenant.rawValue),
    .set("WAZO_USERUUID", CallBench.bob.rawValue),
]
private let trunk: [Step] = [.set("__WAZO_TENANT_UUID", CallBench.tenant.rawValue), .goesOn]
private func dialled(_ exten: String) -> [Step] { [.goesOn, .set("__WAZO_ENTRY_EXTEN", exten), .goesOn] }
private let destination: [Step] = [.set("WAZO_CHANNEL_DIRECTION", "to-wazo")]
private let inbound: [Step] = [.set("__WAZO_CALL_DIRECTION", "inbound"), .goesOn]
private let outbound: [Step] = [.set("__WAZO_CALL_DIRECTION", "outbound")]

/// What `call_created` says of each kind of channel (contract 10 §1).
private let channels: [NewChannel] = [
    NewChannel(
        "SIP to SIP, the caller",
        "Ring",
        endpoint + dialled("1002") + destination,
        isCaller: true,
        dialled: "1002"
    ),
    NewChannel(
        "SIP to SIP, the callee",
        "Down",
        endpoint + [.set("__WAZO_ENTRY_EXTEN", "1002")],
        isCaller: false,
        dialled: "1002"
    ),
    NewChannel(
        "a DID to a user, the caller",
        "Ring",
        trunk + dialled("5003") + inbound + destination,
        isCaller: true,
        "inbound",
        dialled: "5003"
    ),
    NewChannel(
        "a DID to a user, the callee",
        "Down",
        endpoint + [.set("__WAZO_ENTRY_EXTEN", "5003"), .set("__WAZO_CALL_DIRECTION", "inbound")],
        isCaller: false,
        "inbound",
        dialled: "5003"
    ),
    NewChannel(
        "a DID to a switchboard, whose caller reaches no destination of the platform",
        "Ring",
        trunk + dialled("5004") + inbound,
        isCaller: false,
        "inbound",
        dialled: "5004"
    ),
    NewChannel(
        "a group, the caller",
        "Ring",
        endpoint + dialled("2001") + destination,
        isCaller: true,
        dialled: "2001"
    ),
    NewChannel(
        "a queue, the caller from outside",
        "Ring",
        trunk + dialled("5005") + inbound + destination,
        isCaller: true,
        "inbound",
        dialled: "5005"
    ),
    // The dialplan sets the direction just behind the destination.
    NewChannel(
        "to the outside, the caller",
        "Ring",
        endpoint + dialled("0900123456") + destination + outbound,
        isCaller: true,
        "outbound",
        dialled: "0900123456"
    ),
]

@Suite("Calls: what call_created says over WebSockets", .timeLimit(.minutes(1)))
struct CreatedCallTests {
    @Test("who calls, in which direction, and what was dialled", arguments: channels)
    fileprivate func created(_ kind: NewChannel) async throws {
        let bench = CallBench()
        try await bench.run {
            let channel = CallBench.channel("1", state: kind.state)
            await bench.put(channel)
            for step in kind.steps {
                switch step {
                case .set(let name, let value): await bench.set(name, value, channel)
                case .goesOn: await bench.set("LOCAL(ARGC)", "1", channel)
                }
            }
            try await bench.story("1", becomes: ["created"])
            let data = bench.journal.events[0].data
            #expect(data["is_caller"] == .bool(kind.isCaller))
            #expect(data["direction"] == .string(kind.direction))
            #expect(data["dialed_extension"] == .string(kind.dialled))
        }
    }

    @Test("a phone that is called: the call begins as it rings, with all that came before, and is never shown as Down")
    func ringing() async throws {
        let bench = CallBench()
        try await bench.run {
            let channel = CallBench.bobs("1", state: "Down")
            await bench.put(channel)
            await bench.set("__WAZO_ENTRY_EXTEN", "1002", channel)
            await bench.happen(.channelConnectedLine(channel), "ChannelConnectedLine", channel.id)
            await bench.set("LOCAL(ARGC)", "1", channel)
            #expect(bench.journal.events.isEmpty)
            let rings = CallBench.bobs("1", ["WAZO_ENTRY_EXTEN": "1002"], state: "Ringing")
            await bench.happen(.channelStateChange(rings), "ChannelStateChange", rings.id)
            try await bench.story("1", becomes: ["created", "updated"])
            #expect(bench.journal.events.allSatisfy { $0.data["status"] == "Ringing" })
            #expect(bench.journal.events[0].data["dialed_extension"] == "1002")
        }
    }

    @Test("a phone that says nothing, or is busy at once: the call begins all the same", arguments: [true, false])
    func silent(isBusy: Bool) async throws {
        let bench = CallBench()
        try await bench.run {
            let channel = CallBench.bobs("1", state: "Down")
            await bench.put(channel)
            if isBusy { await bench.hangUp(channel, cause: 17) }
            try await bench.story("1", becomes: isBusy ? ["created", "ended"] : ["created"])
            #expect(bench.journal.events[0].data["status"] == "Down")
        }
    }

    @Test("an answer does not wait for a destination: the beginning comes before it")
    func answeredBefore() async throws {
        let bench = CallBench()
        try await bench.run {
            let channel = CallBench.bobs("1", state: "Ring")
            await bench.put(channel)
            let up = CallBench.bobs("1")
            await bench.happen(.channelStateChange(up), "ChannelStateChange", up.id)
            try await bench.story("1", becomes: ["created", "updated", "answered"])
        }
    }

    @Test("a call made by REST was dialled to the number that was asked for, before its dialplan begins")
    func placed() async throws {
        let bench = CallBench()
        try await bench.run {
            let reply = try await bench.request(.post, "/users/me/calls", ["extension": "1003"])
            #expect(reply.status == 201, "\(reply.body)")
            let id = try #require(reply.body["call_id"]?.string)
            await bench.put(CallBench.bobs(id, ["WAZO_CHANNEL_DIRECTION": "to-wazo"], state: "Down"))
            await bench.set("WAZO_USERUUID", CallBench.bob.rawValue, CallBench.bobs(id, state: "Down"))
            let up = CallBench.bobs(id, ["WAZO_CHANNEL_DIRECTION": "to-wazo"])
            await bench.happen(.channelStateChange(up), "ChannelStateChange", up.id)
            try await bench.story(id, becomes: ["created", "updated", "answered"])
            let events = bench.journal.events.filter { $0.data["call_id"]?.string == id }
            #expect(events.allSatisfy { $0.data["dialed_extension"] == "1003" && $0.data["is_caller"] == true })
            #expect(try await bench.request(.get, "/calls/\(id)").body["dialed_extension"] == "1003")
        }
    }
}
