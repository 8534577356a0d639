import CallControl
import Core
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Calls

@Suite("Connection: every phase and event")
struct ConnectionTableTests {
    typealias Row = (
        from: Connection.Phase, event: Connection.Event, to: Connection.Phase, effects: [Connection.Effect]
    )

    static let table: [Row] = [
        (.ringing, .calleeEntered, .joining, [.join]), (.ringing, .callerLeft, .over, [.hangUpCallee]),
        (.ringing, .calleeLeft, .over, []), (.joining, .joined, .talking, [.releaseBridge]),
        (.joining, .failed, .over, [.hangUpCallee, .dropBridge]),
        (.joining, .callerLeft, .over, [.hangUpCallee, .dropBridge]), (.joining, .calleeLeft, .over, [.dropBridge]),
        (.talking, .callerLeft, .over, []), (.talking, .calleeLeft, .over, []),
    ]

    private static func connection(in phase: Connection.Phase) -> Connection {
        var connection = Connection(callee: ChannelID("c"), caller: ChannelID("o"), bridge: BridgeID("b"))
        let way: [Connection.Event] =
            switch phase {
            case .ringing: []
            case .joining: [.calleeEntered]
            case .talking: [.calleeEntered, .joined]
            case .over: [.calleeLeft]
            }
        for event in way { _ = connection.handle(event) }
        return connection
    }

    @Test("pairs of the table happen as written, all others change nothing", arguments: Connection.Phase.allCases)
    func pairs(_ phase: Connection.Phase) {
        for event in Connection.Event.allCases {
            var connection = Self.connection(in: phase)
            #expect(connection.phase == phase)
            let effects = connection.handle(event)
            let row = Self.table.first { $0.from == phase && $0.event == event }
            #expect(connection.phase == row?.to ?? phase, "\(phase) + \(event)")
            #expect(effects == row?.effects ?? [], "\(phase) + \(event)")
        }
    }

    @Test("in any order of events it joins once at most, and whoever is left is taken care of", arguments: 0..<200)
    func anyOrder(_ seed: Int) {
        var dice = SeededGenerator(seed: UInt64(seed))
        var connection = Self.connection(in: .ringing)
        var effects: [Connection.Effect] = []
        var events: [Connection.Event] = []
        for _ in 0..<12 {
            guard let event = Connection.Event.allCases.randomElement(using: &dice) else { continue }
            events.append(event)
            effects += connection.handle(event)
        }
        #expect(effects.count { $0 == .join } <= 1)
        #expect(effects.count { $0 == .hangUpCallee } <= 1)
        if connection.phase == .over, events.first == .callerLeft { #expect(effects.contains(.hangUpCallee)) }
        if effects.contains(.join), connection.phase == .over, !effects.contains(.releaseBridge) {
            #expect(effects.contains(.dropBridge))
        }
    }

    @Test("the picture in docs/calls.md has the machine's edges")
    func picture() throws {
        let drawn = Set(try StateDiagram(page: "calls.md").edges.keys)
        let actual = Set(Self.table.map { StateDiagram.Edge($0.from.rawValue, $0.to.rawValue) })
        #expect(drawn == actual)
    }
}

@Suite("Calls: connecting to a user", .timeLimit(.minutes(1)))
struct ConnectTests {
    private let path = "/calls/1/user/\(CallBench.bob)"

    /// Call 1 is in an application as instance blue.
    private func start(_ bench: CallBench) async {
        await bench.put(CallBench.bobs("1"))
        await enter(bench, CallBench.bobs("1"), ["blue"])
    }

    private func enter(_ bench: CallBench, _ channel: Channel, _ arguments: [String]) async {
        await bench.stasis(
            .stasisStart(channel, arguments: arguments, replaced: nil),
            "StasisStart",
            channel.id,
            arguments: arguments
        )
    }

    @Test("the user is rung, and when he answers, both are put into a bridge")
    func connect() async throws {
        let bench = CallBench()
        try await bench.run {
            await start(bench)
            let reply = try await bench.request(.put, path, ["timeout": 12])
            #expect(reply.status == 200)
            let callee = try #require(reply.body["call_id"]?.string)
            #expect(bench.requests.contains("originate PJSIP/bob"))
            await enter(bench, CallBench.bobs(callee), ["blue", "dialed_from", "1"])
            try await eventually { bench.journal.measurements.contains("calls-callcontrol.blue connect") }
            let bridge = try #require(try await bench.asterisk.bridges().first)
            #expect(
                bridge.name == LoneChannelCleanup.conversation && Set(bridge.channels.map(\.rawValue)) == ["1", callee]
            )
            await bench.hangUp(CallBench.bobs("1"))
            await bench.hangUp(CallBench.bobs(callee))
            #expect(!bench.journal.measurements.contains("calls-callcontrol.blue abandoned"))
            #expect(bench.journal.measurements.filter { $0 == "calls-callcontrol.blue end" }.count == 2)
            #expect(bench.calls.stasis.count == 0)
            try await eventually { bench.calls.stasis.connectionCount == 0 }
        }
    }

    @Test("a caller who hangs up first takes the ringing with him, and has abandoned")
    func callerLeaves() async throws {
        let bench = CallBench()
        try await bench.run {
            await start(bench)
            let reply = try await bench.request(.put, path)
            let callee = try #require(reply.body["call_id"]?.string)
            await bench.hangUp(CallBench.bobs("1"))
            try await eventually { bench.requests.contains("hangUp \(callee)") }
            #expect(bench.journal.measurements.contains("calls-callcontrol.blue abandoned"))
            #expect(bench.calls.stasis.connectionCount == 0)
        }
    }

    @Test("an answer that comes too late leaves nobody in silence", arguments: [true, false])
    func tooLate(_ isGone: Bool) async throws {
        let bench = CallBench()
        try await bench.run {
            await start(bench)
            let reply = try await bench.request(.put, path)
            let callee = try #require(reply.body["call_id"]?.string)
            if isGone {
                bench.asterisk.remove(ChannelID("1"))
            } else {
                await bench.put(CallBench.bobs("5"))
                try await bench.bridge("other", CallBench.bobs("1"), CallBench.bobs("5"))
            }
            await enter(bench, CallBench.bobs(callee), ["blue", "dialed_from", "1"])
            try await eventually { bench.requests.contains("hangUp \(callee)") }
            try await eventually { bench.calls.stasis.connectionCount == 0 }
        }
    }

    @Test("a restart finds who is being rung, and joins who answered meanwhile")
    func restart() async throws {
        let bench = CallBench()
        await bench.put(CallBench.bobs("1"))
        var caller = CallBench.bobs("1")
        caller.applicationName = "Stasis"
        caller.applicationData = "callcontrol,blue"
        bench.asterisk.put(caller)
        var callee = CallBench.bobs("connect.abc.1")
        callee.applicationName = "Stasis"
        callee.applicationData = "callcontrol,blue,dialed_from,1"
        bench.asterisk.put(callee)
        bench.asterisk.put(CallBench.bobs("connect.def.gone", state: "Ringing"))
        try await bench.run {
            try await eventually { bench.asterisk.requests.contains("hangUp connect.def.gone") }
            try await eventually {
                try await bench.asterisk.bridges().first?.channels.count == 2
            }
        }
    }

    @Test("no user, no line, no application: told in the contract's order")
    func refusals() async throws {
        let bench = CallBench()
        try await bench.run {
            await bench.put(CallBench.bobs("1"))
            let gone = try await bench.request(.put, "/calls/7/user/nobody")
            #expect(gone.status == 404)
            let nobody = try await bench.request(.put, "/calls/1/user/nobody")
            #expect(nobody.body["error_id"] == "invalid-user")
            let idle = try await bench.request(.put, "/calls/1/user/\(CallBench.idle)")
            #expect(idle.body["error_id"] == "user-missing-main-line")
            let outside = try await bench.request(.put, path)
            #expect(outside.status == 400 && outside.body["error_id"] == "call-connect")
            let fault = try await bench.request(.put, path, ["timeout": -1])
            #expect(fault.body["error_id"] == "invalid-data")
            await start(bench)
            bench.asterisk.fail("originate", with: .internalError("no"))
            let failed = try await bench.request(.put, path)
            #expect(failed.status == 503 && bench.calls.stasis.connectionCount == 0)
        }
    }

    @Test("a channel that takes another's place gets its tenant")
    func replaced() async throws {
        let bench = CallBench()
        try await bench.run {
            let channel = CallBench.channel("2")
            await bench.put(channel)
            await bench.stasis(
                .stasisStart(channel, arguments: [], replaced: CallBench.bobs("1")),
                "StasisStart",
                channel.id
            )
            try await eventually {
                bench.asterisk.requests.contains("setAny __WAZO_TENANT_UUID=\(CallBench.tenant) 2")
            }
        }
    }
}
