import CallControl
import Core
import Events
import HTTPTypes
import Synchronization
import TandemTesting
import Telephony
import Testing

@testable import Calls

@Suite("Calls: actions", .timeLimit(.minutes(1)))
struct ActionTests {
    private static let verbs = ["mute/start", "mute/stop", "hold/start", "hold/stop", "answer", "dtmf?digits=1"]

    @Test("muting: Asterisk first, then the variable and the event")
    func mute() async throws {
        let bench = CallBench()
        try await bench.run {
            await bench.put(CallBench.bobs("1"))
            #expect(try await bench.request(.put, "/calls/1/mute/start").status == 204)
            #expect(bench.manager.lines == ["MuteAudio Channel=PJSIP/1-00000001 Direction=in State=on"])
            #expect(try await bench.request(.get, "/calls/1").body["muted"] == true)
            #expect(try await bench.request(.put, "/users/me/calls/1/mute/stop").status == 204)
            #expect(try await bench.request(.get, "/calls/1").body["muted"] == false)
            try await eventually { bench.journal.events.filter { $0.name == "call_updated" }.count == 2 }
            #expect(bench.journal.events.last?.data["muted"] == false)
            bench.manager.fail("MuteAudio", with: .timedOut)
            let reply = try await bench.request(.put, "/calls/1/mute/start")
            #expect(reply.status == 503 && reply.body["error_id"] == "wazo-amid-error")
            #expect(try await bench.request(.get, "/calls/1").body["muted"] == false)
        }
    }

    @Test("digits go one by one; others are refused before the call is looked up")
    func tones() async throws {
        let bench = CallBench()
        try await bench.run {
            await bench.put(CallBench.bobs("1"))
            #expect(try await bench.request(.put, "/calls/1/dtmf?digits=1*%23").status == 204)
            #expect(
                bench.manager.lines.map { $0.suffix(20) } == [
                    "Digit=1 Receive=true", "Digit=* Receive=true", "Digit=# Receive=true",
                ]
            )
            for digits in ["", "12a", "1%0A", "%D9%A1"] {
                let reply = try await bench.request(.put, "/calls/gone/dtmf?digits=\(digits)")
                #expect(reply.status == 400 && reply.body["error_id"] == "invalid-data", "\(digits)")
            }
            let none = try await bench.request(.put, "/calls/1/dtmf")
            #expect(none.body["details"] == ["digits": ["Missing data for required field."]])
        }
    }

    @Test("a phone is told by phoned where there is one")
    func phoned() async throws {
        let phones = Phones()
        let bench = CallBench(phones: .service(phones))
        try await bench.run {
            await bench.put(CallBench.bobs("abc-d"))
            for verb in ["hold/start", "hold/stop", "answer"] {
                #expect(try await bench.request(.put, "/calls/abc-d/\(verb)").status == 204)
            }
            #expect(phones.told == ["hold abc-d", "unhold abc-d", "answer abc-d"])
            var announcer = CallBench.bobs("2")
            announcer.name = "Announcer/ARI-00000001"
            await bench.put(announcer)
            let none = try await bench.request(.put, "/calls/2/answer")
            #expect(none.status == 503 && none.body["error_id"] == "phoned-error")
            phones.fail()
            let failed = try await bench.request(.put, "/users/me/calls/abc-d/hold/start")
            #expect(failed.status == 503 && failed.body["error_id"] == "phoned-error")
        }
    }

    @Test("without phoned it is told by a NOTIFY on its call")
    func notified() async throws {
        let bench = CallBench()
        try await bench.run {
            await bench.put(CallBench.bobs("1"))
            for verb in ["hold/start", "hold/stop", "answer"] { _ = try await bench.request(.put, "/calls/1/\(verb)") }
            #expect(
                bench.manager.lines
                    == ["hold", "talk", "talk"].map {
                        "PJSIPNotify Channel=PJSIP/1-00000001 Variable=Event=\($0)"
                    }
            )
            var other = CallBench.bobs("2")
            other.name = "SCCP/31702-00000001"
            await bench.put(other)
            #expect(try await bench.request(.put, "/calls/2/answer").status == 503)
        }
    }

    @Test("hang up; a call that has just ended is no such call")
    func hangUp() async throws {
        let bench = CallBench()
        try await bench.run {
            await bench.put(CallBench.bobs("1"))
            #expect(try await bench.request(.delete, "/calls/1").status == 204)
            #expect(bench.requests.contains("hangUp 1"))
            let again = try await bench.request(.delete, "/users/me/calls/1")
            #expect(again.status == 404, "the registry has not heard of the end, Asterisk has")
        }
    }

    @Test(
        "a call that ends in the middle of an action is no such call",
        arguments: ["mute/start", "dtmf?digits=1", "answer"]
    )
    func endsMeanwhile(_ verb: String) async throws {
        let bench = CallBench()
        try await bench.run {
            await bench.put(CallBench.bobs("1"))
            bench.asterisk.remove(ChannelID("1"))
            for action in ["MuteAudio", "PlayDTMF", "PJSIPNotify"] {
                bench.manager.fail(action, with: .refused(message: "No such channel", action: action))
            }
            let reply = try await bench.request(.put, "/calls/1/\(verb)")
            #expect(reply.status == 404)
        }
    }

    @Test("nobody acts on calls that are gone, another tenant's or another user's", arguments: verbs)
    func permissions(_ verb: String) async throws {
        let bench = CallBench()
        try await bench.run {
            await bench.put(CallBench.bobs("1"))
            await bench.put(
                CallBench.channel("2", ["WAZO_TENANT_UUID": CallBench.tenant.rawValue, "WAZO_USERUUID": "x"])
            )
            await bench.put(
                CallBench.channel(
                    "3",
                    ["WAZO_TENANT_UUID": CallBench.other.rawValue, "WAZO_USERUUID": CallBench.bob.rawValue]
                )
            )
            var local = CallBench.bobs("4")
            local.name = "Local/1@default-1;1"
            await bench.put(local)
            for (path, token, status) in [
                ("/calls/gone", "bob", 404), ("/calls/1", "foreign", 404), ("/users/me/calls/2", "bob", 403),
                ("/users/me/calls/3", "bob", 404), ("/users/me/calls/4", "bob", 404),
                ("/users/me/calls/gone", "bob", 404), ("/users/me/calls/1", "service", 400),
                ("/calls/1", "powerless", 401),
            ] {
                let reply = try await bench.request(.put, "\(path)/\(verb)", token: token)
                #expect(reply.status == status, "\(path) as \(token): \(reply)")
            }
            #expect(bench.manager.lines.isEmpty)
        }
    }

    @Test("many at once on one call: each has its answer, and the last state is shown")
    func simultaneous() async throws {
        let bench = CallBench()
        try await bench.run {
            await bench.put(CallBench.bobs("1"))
            try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<20 {
                    group.addTask {
                        try await bench.request(.put, "/calls/1/mute/\(index.isMultiple(of: 2) ? "start" : "stop")")
                            .status
                    }
                }
                for try await status in group { #expect(status == 204 || status == 503) }
            }
            _ = try await bench.request(.put, "/calls/1/mute/stop")
            #expect(try await bench.request(.get, "/calls/1").body["muted"] == false)
        }
    }

    private final class Phones: PhoneControlling {
        private let state = Mutex<(told: [String], isFailing: Bool)>(([], false))
        var told: [String] { state.withLock { $0.told } }
        func fail() { state.withLock { $0.isFailing = true } }

        private func note(_ text: String) throws {
            try state.withLock { state in
                if state.isFailing {
                    throw PhoneFailure(host: "h", port: 1, prefix: nil, isSecure: false, originalError: "no")
                }
                state.told.append(text)
            }
        }
        func startHold(endpoint: PhoneEndpoint) async throws { try note("hold \(endpoint)") }
        func stopHold(endpoint: PhoneEndpoint) async throws { try note("unhold \(endpoint)") }
        func answer(endpoint: PhoneEndpoint) async throws { try note("answer \(endpoint)") }
    }
}
