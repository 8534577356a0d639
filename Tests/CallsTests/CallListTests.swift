import CallControl
import Core
import HTTPTypes
import TandemTesting
import Telephony
import Testing

@testable import Calls

@Suite("Calls: lists", .timeLimit(.minutes(1)))
struct CallListTests {
    private let foreign = CallBench.channel("9", ["WAZO_TENANT_UUID": CallBench.other.rawValue])
    private let nobodys = CallBench.channel("8")

    private func fill(_ bench: CallBench) async throws {
        for channel in [CallBench.bobs("1"), CallBench.bobs("2"), foreign, nobodys] { await bench.put(channel) }
        try await bench.bridge("b", CallBench.bobs("1"), CallBench.bobs("2"))
    }

    @Test("with the registry, lists and calls cost no request to Asterisk")
    func registryCosts() async throws {
        let bench = CallBench()
        try await bench.run {
            try await fill(bench)
            let before = bench.requests.count
            #expect(try await bench.listed("/calls") == ["1", "2"])
            #expect(try await bench.listed("/users/me/calls") == ["1", "2"])
            let call = try await bench.request(.get, "/calls/1").body
            #expect(call["talking_to"] == ["2": .string(CallBench.bob.rawValue)])
            #expect(bench.requests.count == before)
        }
    }

    @Test("without, a list costs one look at channels and one at bridges, and none at bridges when nothing is left")
    func liveCosts() async throws {
        let bench = CallBench(hasRegistry: false)
        try await bench.run {
            try await fill(bench)
            let before = bench.requests.count
            let reply = try await bench.request(.get, "/calls")
            #expect(reply.body["items"]?.array?.count == 2)
            #expect(Array(bench.requests.dropFirst(before)) == ["channels", "bridges"])
            #expect(try await bench.listed("/calls", token: "foreign") == ["9"])
            #expect(try await bench.listed("/users/me/calls", token: "idle") == [])
            #expect(bench.requests.suffix(1) == ["channels"])
        }
    }

    @Test("calls of the same moment keep their order, in both ways", arguments: [true, false])
    func order(hasRegistry: Bool) async throws {
        let bench = CallBench(hasRegistry: hasRegistry)
        let ids = (10..<40).map(String.init)
        try await bench.run {
            for id in ids.shuffled() {
                var channel = CallBench.bobs(id)
                channel.creationTime = "2026-11-30T18:00:00.000+0000"
                await bench.put(channel)
            }
            var older = CallBench.bobs("99")
            older.creationTime = "2026-11-30T17:59:59.999+0000"
            await bench.put(older)
            let listed = try await bench.order(of: "/calls")
            #expect(listed == ["99"] + ids)
            // Half of the texts are written anew.
            for id in ids.suffix(15) {
                var channel = CallBench.bobs(id)
                channel.creationTime = "2026-11-30T18:00:00.000+0000"
                channel.callerName = "changed"
                await bench.put(channel)
            }
            let again = try await bench.order(of: "/users/me/calls")
            #expect(again == ["99"] + ids)
        }
    }

    @Test("both ways show the same calls")
    func same() async throws {
        let kept = CallBench()
        let live = CallBench(hasRegistry: false)
        #expect(try await all(kept).count == 4)
        #expect(try await all(kept) == all(live))
    }

    /// All calls as the master tenant sees them.
    private func all(_ bench: CallBench) async throws -> Set<JSONValue> {
        let found = Reply<JSONValue>()
        try await bench.run {
            if bench.asterisk.requests.allSatisfy({ !$0.hasPrefix("createBridge") }) { try await fill(bench) }
            found.resolve(.success(try await bench.request(.get, "/calls?recurse=True", token: "master").body))
        }
        let body = try await found.value(within: .seconds(1)) { TooLate() }
        return Set(body["items"]?.array ?? [])
    }

    @Test("variables that ari.conf does not list are read, and then the registry is not used")
    func shortList() async throws {
        let bench = CallBench()
        try await bench.run {
            let bare = Channel(id: ChannelID("7"), name: "PJSIP/x-1")
            await bench.put(bare)
            bench.asterisk.put(
                bare,
                variables: ["WAZO_TENANT_UUID": CallBench.tenant.rawValue, "WAZO_USERUUID": CallBench.bob.rawValue]
            )
            let call = try await bench.request(.get, "/calls/7").body
            #expect(call["user_uuid"]?.string == CallBench.bob.rawValue)
            #expect(try await bench.listed("/users/me/calls") == ["7"])
        }
    }

    @Test("while the event feed is away, Asterisk is asked")
    func feedAway() async throws {
        let bench = CallBench()
        try await bench.run {
            try await fill(bench)
            await bench.calls.registryReceiver?.feedDisconnected()
            bench.asterisk.remove(ChannelID("2"))
            #expect(try await bench.listed("/calls") == ["1"])
        }
    }

    @Test("recurse shows everything to the master tenant, and nothing more to others")
    func recurse() async throws {
        let bench = CallBench()
        try await bench.run {
            try await fill(bench)
            #expect(try await bench.listed("/calls?recurse=true", token: "master") == ["1", "2", "8", "9"])
            #expect(try await bench.listed("/calls?recurse=false", token: "master") == [])
            #expect(try await bench.listed("/calls?recurse=true") == ["1", "2"])
        }
        let unknown = CallBench(masterTenant: nil)
        try await unknown.run {
            let reply = try await unknown.request(.get, "/calls?recurse=true")
            #expect(reply.status == 503 && reply.body["error_id"] == "master-tenant-not-initialized")
        }
    }

    @Test("the application's calls, and those of one of its instances")
    func application() async throws {
        let bench = CallBench()
        try await bench.run {
            try await fill(bench)
            bench.asterisk.setApplication("app", StasisApplicationState(name: "app", channels: [ChannelID("1")]))
            bench.asterisk.setApplication(
                "all",
                StasisApplicationState(name: "all", channels: [ChannelID("__AST_CHANNEL_ALL_TOPIC")])
            )
            await bench.stasis(
                .stasisStart(CallBench.bobs("1"), arguments: ["blue"], replaced: nil),
                "StasisStart",
                ChannelID("1"),
                in: "app",
                arguments: ["blue"]
            )
            #expect(try await bench.listed("/calls?application=app") == ["1"])
            #expect(try await bench.listed("/calls?application=all") == ["1", "2"])
            #expect(try await bench.listed("/calls?application=none") == [])
            #expect(try await bench.listed("/calls?application=app&application_instance=blue") == ["1"])
            #expect(try await bench.listed("/calls?application=app&application_instance=Blue") == [])
            #expect(try await bench.listed("/calls?application=all&application_instance=blue") == [])
            #expect(try await bench.listed("/calls?application_instance=Blue") == ["1", "2"], "ignored alone")
            #expect(try await bench.listed("/users/me/calls?application=app") == ["1"])
        }
    }

    @Test("after a restart a channel's own snapshot tells its instance")
    func instanceOfSnapshot() async throws {
        let bench = CallBench()
        var channel = CallBench.bobs("1")
        channel.applicationName = "Stasis"
        channel.applicationData = "app,blue,more"
        bench.asterisk.put(channel)
        bench.asterisk.setApplication("app", StasisApplicationState(name: "app", channels: [channel.id]))
        try await bench.run {
            let ids = try await bench.listed("/calls?application=app&application_instance=blue")
            #expect(ids == ["1"])
        }
    }

    @Test("a call that is gone, or another tenant's, is no such call", arguments: ["4", "9", "8"])
    func unknown(_ id: String) async throws {
        let bench = CallBench()
        try await bench.run {
            try await fill(bench)
            let reply = try await bench.request(.get, "/calls/\(id)")
            #expect(reply.status == 404 && reply.body["error_id"] == "no-such-call")
            #expect(reply.body["details"] == ["call_id": .string(id)])
        }
    }

    @Test("a token without a user has no calls of its own, and one without access none at all")
    func tokens() async throws {
        let bench = CallBench()
        try await bench.run {
            let reply = try await bench.request(.get, "/users/me/calls", token: "service")
            #expect(reply.status == 400 && reply.body["error_id"] == "token-with-user-uuid-required")
            #expect(try await bench.request(.get, "/calls", token: "powerless").status == 401)
        }
    }

    @Test("an Asterisk that is away is told as such, as long as it is asked")
    func outage() async throws {
        let bench = CallBench(hasRegistry: false)
        try await bench.run {
            bench.asterisk.setOutage(.unreachable("gone"))
            let reply = try await bench.request(.get, "/calls")
            #expect(reply.status == 503 && reply.body["error_id"] == "asterisk-ari-unreachable")
        }
    }
}
