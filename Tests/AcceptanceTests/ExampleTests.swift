import Core
import Events
import Foundation
import TandemLab
import Testing

/// The programs of `examples/`, with real calls.
@Suite(
    "Examples",
    .serialized,
    .timeLimit(.minutes(4)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct ExampleTests {
    @Test("ivr.py: a caller hears the menu, the time, is joined with a colleague; another one hangs up with a key")
    func menu() async throws {
        try await ApplicationScene.play { app in
            let program = try await app.run(["python3", app.example("ivr.py"), app.id, "1101"])
            try await program.prints("ready")
            let (caller, call) = try await app.caller()
            try await caller.answered()
            try await program.prints("menu \(call)")
            #expect(await caller.audio.hearsSound())
            await caller.audio.press("1")
            try await app.hears("application_playback_created", within: .seconds(30)) {
                $0["playback"]?["uri"]?.string?.hasPrefix("number:") == true
            }
            let erin = try await app.scene.phone(.erin, tone: 1_600)
            let answering = try erin.answer()
            await caller.audio.press("2")
            try await answering.answered()
            #expect(await erin.audio.hears(Scene.callersTone, within: .seconds(15)))
            #expect(await caller.audio.hears(1_600, within: .seconds(15)))
            try await answering.hangUp()
            try await caller.hungUpByPeer()
            let (second, _) = try await app.caller()
            try await second.answered()
            await second.audio.press("#")
            try await second.hungUpByPeer()
            program.stop()
            #expect(!program.output.contains("Traceback"), "\(program.output)")
            try await app.scene.leave(erin)
            await caller.close()
            await second.close()
        }
    }

    @Test("callback.py: Erin, then Frank are dialled and hear each other; one hangs up, and it is over")
    func callback() async throws {
        try await ApplicationScene.play { app in
            let erin = try await app.scene.phone(.erin, tone: 1_000)
            let frank = try await app.scene.phone(.frank, tone: 1_600)
            let erins = try erin.answer()
            let franks = try frank.answer()
            let program = try await app.run(["python3", app.example("callback.py"), app.id, "1101", "1102"])
            try await erins.answered()
            try await franks.answered()
            try await program.prints("joined")
            #expect(await erin.audio.hears(1_600))
            #expect(await frank.audio.hears(1_000))
            try await franks.hangUp()
            try await erins.hungUpByPeer()
            #expect(await program.status == 0, "\(program.output)")
            try await app.scene.leave(erin, frank)
        }
    }

    @Test("supervise.py: the supervisor hears the caller, and whispers to the agent, then to both")
    func supervision() async throws {
        try await ApplicationScene.play { app in
            let agent = try await app.scene.phone(.erin, tone: 1_000)
            let supervisor = try await app.scene.phone(.frank, tone: 1_600)
            let agents = try agent.answer()
            let supervisors = try supervisor.answer()
            let program = try await app.run(["python3", app.example("supervise.py"), app.id, "1101", "1102"])
            try await program.prints("ready")
            let (caller, _) = try await app.caller()
            try await agents.answered()
            try await supervisors.answered()
            try await program.prints("listening")
            #expect(await caller.audio.hears(1_000))
            #expect(await supervisor.audio.hears(Scene.callersTone, within: .seconds(8)))
            await supervisor.audio.press("1")
            try await program.prints("out")
            #expect(await agent.audio.hears(1_600, within: .seconds(8)), "the agent is whispered to")
            #expect(await caller.audio.hears(1_600, within: .seconds(1)) == false)
            await supervisor.audio.press("2")
            try await program.prints("both")
            #expect(await caller.audio.hears(1_600, within: .seconds(8)), "now both hear him")
            try await caller.hangUp()
            try await agents.hungUpByPeer()
            try await supervisors.hungUpByPeer()
            try await program.prints("over")
            program.stop()
            #expect(!program.output.contains("Traceback"), "\(program.output)")
            try await app.scene.leave(agent, supervisor)
            await caller.close()
        }
    }

    @Test("example-announcement, in Swift: a caller is answered, hears it, and is hung up")
    func announcement() async throws {
        try await ApplicationScene.play { app in
            let path = try app.scene.lab.program("example-announcement").path
            let program = try await app.run([path, app.id])
            try await program.prints("ready")
            let (caller, call) = try await app.caller()
            try await caller.answered()
            #expect(await caller.audio.hearsSound())
            try await caller.hungUpByPeer(within: .seconds(20))
            try await program.prints("DELETE calls/\(call) 204")
            program.stop()
            await caller.close()
        }
    }
}

extension ApplicationScene {
    /// A file of `examples/`.
    func example(_ name: String) -> String {
        scene.lab.scripts.appendingPathComponent("../../examples/\(name)").standardizedFileURL.path
    }

    /// Starts a program with the server's address and a token, as docs/applications.md tells.
    func run(_ words: [String]) async throws -> RunningProgram {
        let token = try await scene.tandem.createToken(
            tenant: Demo.tenant,
            acl: ["calld.applications.#", "events.applications.#", "calld.events.read"]
        )
        return try RunningProgram(
            words,
            environment: [
                "TANDEM_URL": "http://127.0.0.1:\(scene.lab.restPort)/1.0", "TANDEM_TOKEN": token,
                "PYTHONDONTWRITEBYTECODE": "1",
            ],
            in: scene.lab
        )
    }
}
