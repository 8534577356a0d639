import Core
import TandemTesting
import Telephony
import Testing

@testable import Recordings

@Suite("Recording: pause and resumption when something fails", .timeLimit(.minutes(1)))
struct RecordingActionTests {
    @Test(
        "a pause that Asterisk refuses, or that could not be sent, did not happen: the next one asks again",
        arguments: [
            ManagerFailure.refused(message: "Could not stop", action: "StopMixMonitor"), .unsendable("a line feed"),
        ]
    )
    func pauseRefused(_ failure: ManagerFailure) async throws {
        let bench = RecordingBench()
        try await bench.run {
            try await bench.recording()
            bench.manager.fail("StopMixMonitor", with: failure)
            #expect(try await bench.put("pause").status == 503)
            #expect(bench.store.phase == "active")
            #expect(try await bench.shownPause() != "1", "a call that is recorded is not shown as paused")
            bench.manager.fail("StopMixMonitor", with: nil)
            #expect(try await bench.put("pause").status == 204)
            #expect(bench.count("StopMixMonitor") == 2)
            #expect(bench.store.phase == "pausing")
            #expect(try await bench.shownPause() == "1")
        }
    }

    @Test("a pause that ARI keeps from being shown does not begin: the next one really pauses")
    func pauseNotShown() async throws {
        let bench = RecordingBench()
        try await bench.run {
            try await bench.recording()
            bench.asterisk.fail("set WAZO_RECORDING_PAUSED=1", with: .unreachable("away"))
            #expect(try await bench.put("pause").status == 503)
            #expect(bench.store.phase == "active" && bench.count("StopMixMonitor") == 0)
            bench.asterisk.fail("set WAZO_RECORDING_PAUSED=1", with: nil)
            #expect(try await bench.put("pause").status == 204)
            #expect(bench.count("StopMixMonitor") == 1)
        }
    }

    @Test("the answer to a pause is lost: the client's retry looks at Asterisk, and pauses if it still records")
    func pauseUnknown() async throws {
        let bench = RecordingBench()
        try await bench.run {
            try await bench.recording()
            bench.manager.fail("StopMixMonitor", with: .timedOut)
            #expect(try await bench.put("pause").status == 503)
            #expect(try await bench.shownPause() != "1")
            // Nobody can say what Asterisk does: no success is pretended.
            bench.manager.fail("Command", with: .unreachable("away"))
            #expect(try await bench.put("pause").status == 503)
            bench.manager.fail("Command", with: nil)
            bench.manager.fail("StopMixMonitor", with: nil)
            bench.showsRecorded(true)
            #expect(try await bench.put("pause").status == 204)
            #expect(bench.count("StopMixMonitor") == 2, "it recorded on, and was asked again")
            try await bench.tell("MixMonitorStop", until: "paused")
        }
    }

    @Test("the answer to a pause is lost, and Asterisk has paused: the retry finds that, and asks for nothing")
    func pauseDone() async throws {
        let bench = RecordingBench()
        try await bench.run {
            try await bench.recording()
            bench.manager.fail("StopMixMonitor", with: .timedOut)
            #expect(try await bench.put("pause").status == 503)
            bench.showsRecorded(false)
            #expect(try await bench.put("pause").status == 204)
            #expect(bench.count("StopMixMonitor") == 1 && bench.store.phase == "paused")
            #expect(try await bench.shownPause() == "1")
        }
    }

    @Test(
        "a resumption that fails can be repeated; one whose answer is lost never records twice",
        arguments: [true, false]
    )
    func resume(isDone: Bool) async throws {
        let bench = RecordingBench()
        try await bench.run {
            try await bench.recording()
            #expect(try await bench.put("pause").status == 204)
            bench.showsRecorded(false)
            try await bench.tell("MixMonitorStop", until: "paused")
            bench.manager.fail("MixMonitor", with: .refused(message: "no", action: "MixMonitor"))
            #expect(try await bench.put("resume").status == 503)
            #expect(bench.store.phase == "paused")
            #expect(try await bench.shownPause() == "1")
            bench.manager.fail("MixMonitor", with: .timedOut)
            #expect(try await bench.put("resume").status == 503)
            #expect(try await bench.shownPause() == "0", "it may be recorded, so it is shown")
            bench.manager.fail("MixMonitor", with: nil)
            bench.showsRecorded(isDone)
            #expect(try await bench.put("resume").status == 204)
            #expect(bench.count("MixMonitor") == (isDone ? 3 : 4))
        }
    }

    @Test("a stop while the outcome of a pause is not known really stops")
    func stop() async throws {
        let bench = RecordingBench()
        try await bench.run {
            try await bench.recording()
            bench.manager.fail("StopMixMonitor", with: .timedOut)
            #expect(try await bench.put("pause").status == 503)
            bench.manager.fail("StopMixMonitor", with: nil)
            bench.showsRecorded(true)
            #expect(try await bench.put("stop").status == 204)
            #expect(bench.count("StopMixMonitor") == 2 && bench.store.phase == "stopping")
        }
    }

    @Test("a call without a tenant: its pause is told what is missing, everything else does not know it")
    func noTenant() async throws {
        let bench = RecordingBench()
        bench.put("2.2", tenant: nil)
        bench.put("3.3", tenant: TenantID("another"))
        let pause = try await bench.put("pause", on: "2.2")
        #expect(pause.status == 400 && pause.body["error_id"] == "recording-pause-error")
        #expect(pause.body["message"] == "Missing channel variable WAZO_TENANT_UUID")
        for verb in ["start", "stop", "resume"] { #expect(try await bench.put(verb, on: "2.2").status == 404) }
        #expect(try await bench.put("pause", on: "3.3").status == 404)
        #expect(try await bench.put("pause", on: "4.4").status == 404)
    }
}
