import Core
import Foundation
import Glibc
import TandemLab
import Testing

/// What the running server says of itself.
@Suite(
    "The server's own routes",
    .serialized,
    .timeLimit(.minutes(2)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct InterfaceTests {
    @Test(
        "/config is for the master tenant, shows no secret, and turns the debug log on and off",
        arguments: Way.allCases
    )
    func configuration(way: Way) async throws {
        try await Scene.play(way) { scene in
            let refused = try await scene.rest.get("/config")
            #expect(refused.status == 401 && refused.body?["details"]?.object?.count == 1, "\(refused.text)")
            let master = scene.tandem.rest.with(token: try await scene.masterToken())
            let shown = try await master.get("/config")
            #expect(shown.status == 200)
            let secrets = [#""password":"tandem""#, #""secret":"tandem""#, #""password":"guest""#]
            #expect(!secrets.contains { shown.text.contains($0) }, "a secret is shown: \(shown.text)")
            #expect(shown.body?["bus"]?["password"] == "********" && shown.body?["log_level"] == 10)
            #expect(shown.body?["mode"]?.string == way.rawValue)
            #expect(shown.body?["auth"]?["username"] == (way == .platform ? "calld" : .null))
            #expect(shown.body?["uuid"]?.string?.isEmpty == false)
            let off = try await master.patch("/config", [["op": "replace", "path": "/debug", "value": "off"]])
            #expect(off.status == 200 && off.body?["debug"] == false, "\(off.text)")
            let wrong = try await master.patch("/config", [["op": "add", "path": "/debug", "value": true]])
            #expect(wrong.status == 400 && wrong.body?["error_id"] == "invalid-data", "\(wrong.text)")
        }
    }

    @Test("the interface describes itself, in both forms, without a token")
    func documents() async throws {
        try await Scene.play { scene in
            let yaml = try await scene.tandem.rest.get("/api/api.yml")
            #expect(yaml.status == 200 && yaml.text.contains("x-xivo-name: calld"))
            let json = try await scene.tandem.rest.get("/api/openapi.json")
            #expect(json.body?["openapi"]?.string?.hasPrefix("3.1") == true)
            let paths = json.body?["paths"]?.object ?? [:]
            #expect(paths.keys.contains { $0.contains("/switchboards/{switchboard_uuid}/calls/queued") })
        }
    }

    @Test("features that are left out: unknown paths, no description, and who comes for one goes on in the dialplan")
    func leftOut() async throws {
        try await Scene.play(.standalone, ["enabled_plugins": ["switchboards": false, "transfers": false]]) { scene in
            let queue = "/switchboards/\(Demo.switchboardA)/calls/queued"
            #expect(try await scene.rest.get(queue).status == 404)
            #expect(try await scene.rest.post("/transfers", [:]).status == 404)
            #expect(try await scene.rest.get("/calls").status == 200, "the others are there")
            let document = try await scene.tandem.rest.get("/api/openapi.json")
            let paths = try #require(document.body?["paths"]?.object).keys
            #expect(!paths.contains { $0.contains("switchboards") || $0.contains("transfers") } && !paths.isEmpty)
            let caller = try await SIPpCaller(
                dialling: Demo.didOfSwitchboardA,
                tone: Scene.callersTone,
                in: scene.lab
            )
            _ = try await eventually("the caller is sent on", within: .seconds(10)) {
                scene.tandem.logTail(200).contains("a call came for a feature that is left out") ? true : nil
            }
            try await scene.becomesSilent()
            await caller.close()
        }
    }

    @Test("figures for Prometheus and the health routes need no token", arguments: Way.allCases)
    func figures(way: Way) async throws {
        try await Scene.play(way) { scene in
            let outside = RESTClient("http://127.0.0.1:\(scene.lab.restPort)")
            let (caller, _) = try await scene.waitingCaller()
            let text = try await outside.get("/metrics").text
            for name in [
                "tandem_http_request", "fastagi_session_seconds", "tandem_stasis_events", "tandem_outbox_pending",
                "tandem_transitions_total", "postgres_wait_duration_seconds", "process_resident_memory_bytes",
                #"tandem_component_ready{component="ari"} 1"#,
            ] {
                #expect(text.contains(name), "\(name) is missing")
            }
            #expect(try await outside.get("/health/live").status == 200)
            let ready = try await outside.get("/health/ready")
            #expect(ready.status == 200 && ready.body?["status"] == "ok", "\(ready.text)")
            await caller.close()
        }
    }

    @Test(
        "an Asterisk that is frozen is noticed within about 10 seconds, said once in the log, and ready when it goes on"
    )
    func frozenAsterisk() async throws {
        try await Scene.play { scene in
            try await scene.becomesReady()
            let outside = RESTClient("http://127.0.0.1:\(scene.lab.restPort)")
            func becomes(_ isReady: Bool) async throws {
                _ = try await eventually("ready: \(isReady)", within: .seconds(20)) {
                    let parts = try await outside.get("/health/ready").body?["components"]
                    return parts?["ari"] == .bool(isReady) && parts?["manager"] == .bool(isReady) ? true : nil
                }
            }
            try await becomes(true)
            try scene.servers.freeze(.asterisk)
            let start = ContinuousClock.now
            let outcome: Result<Void, any Error>
            do {
                try await becomes(false)
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            let duration = ContinuousClock.now - start
            try scene.servers.goOn(.asterisk)
            try outcome.get()
            #expect(duration < .seconds(12), "noticed after \(duration)")
            try await becomes(true)
            let log = scene.tandem.logTail(400)
            #expect(log.contains("Asterisk does not answer on its manager connection"))
            #expect(log.contains("Asterisk gave no sign of life on the event socket"))
        }
    }

    @Test("without a login to the manager interface the server is not ready, and says which part it is")
    func readiness() async throws {
        let lab = try LabEnvironment()
        var ami = TandemProcess.settings(for: lab, database: "asterisk")["ami"]?.object ?? [:]
        ami["secret"] = "another"
        let tandem = try TandemProcess(lab, overrides: ["ami": .object(ami)])
        try await tandem.start()
        let outside = RESTClient("http://127.0.0.1:\(lab.restPort)")
        let outcome: Result<Void, any Error>
        do {
            _ = try await eventually("all but the manager are ready", within: .seconds(20)) {
                let ready = try await outside.get("/health/ready")
                let parts: JSONValue = ["ari": true, "database": true, "manager": false, "service_token": true]
                return ready.status == 503 && ready.body?["components"] == parts ? true : nil
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await tandem.terminate()
        try outcome.get()
    }

    @Test("root goes on as the configured user, with his groups", .enabled(if: getuid() == 0, "needs root"))
    func privileges() async throws {
        let lab = try LabEnvironment()
        let tandem = try TandemProcess(lab, overrides: ["user": "nobody"])
        try await tandem.start()
        let nobody = try #require(getpwnam("nobody")).pointee
        let process = try #require(await tandem.processID)
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        func ids(_ key: String) -> Set<UInt32> {
            let line = status.split(separator: "\n").first { $0.hasPrefix(key) } ?? ""
            return Set(line.split(whereSeparator: \.isWhitespace).dropFirst().compactMap { UInt32($0) })
        }
        #expect(ids("Uid:") == [nobody.pw_uid] && ids("Gid:") == [nobody.pw_gid] && !ids("Groups:").contains(0))
        await tandem.terminate()
    }

    @Test(
        "a user that does not exist keeps the server of root from starting",
        .enabled(if: geteuid() == 0, "needs root")
    )
    func unknownUser() async throws {
        try await doesNotStart(["user": "no-such-user"], "there is no user no-such-user")
    }

    @Test("a faulty file keeps the server from starting, with its place")
    func faultyFile() async throws {
        try await doesNotStart(
            ["rest_api": ["port": "many"]],
            "rest_api.port: must be an integer from 0 to 65535"
        )
    }

    private func doesNotStart(_ overrides: [String: JSONValue], _ text: String) async throws {
        let tandem = try TandemProcess(try LabEnvironment(), overrides: overrides)
        do {
            try await tandem.start()
            Issue.record("started with \(overrides)")
            await tandem.terminate()
        } catch {
            #expect("\(error)".contains(text), "\(error)")
        }
    }

    @Test("SIGTERM ends the server in order, SIGHUP does not")
    func signals() async throws {
        try await Scene.play { scene in
            await scene.tandem.signal(SIGHUP)
            _ = try await eventually("read again") {
                scene.tandem.logTail(200).contains("files read again") ? true : nil
            }
            #expect(try await scene.rest.get("/status").status == 200)
            let status = await scene.tandem.terminate()
            #expect(status == 0)
        }
    }

    @Test("SIGTERM with every server and every service away ends the server within its time", arguments: Way.allCases)
    func orphan(way: Way) async throws {
        try await Scene.play(way) { scene in
            let (caller, _) = try await scene.waitingCaller()
            for server in LabServers.Server.allCases { try await scene.servers.stop(server) }
            await scene.platform?.stop()
            let began = ContinuousClock.now
            let status = await scene.tandem.terminate()
            #expect(status == 0)
            #expect(began.duration(to: .now) < .seconds(20), "stop_timeout is 15 s")
            for server in LabServers.Server.allCases { try await scene.servers.start(server) }
            await caller.close()
        }
    }
}
