import ArgumentParser
import Foundation
import TandemLab

/// Places one real SIP call through Tandem and shows it as it happens. `make run` starts it with the lab.
@main
struct FirstCall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Places one real SIP call through Tandem, each step seen from outside the server.",
        discussion: "Needs the lab (make lab-up) and its environment (eval \"$(deploy/lab/env.sh)\")."
    )

    @Flag(help: "End after the call; exit status 0 only if each step was seen.")
    var oneshot = false

    func run() async throws {
        let lab = try LabEnvironment()
        let tandem = try TandemProcess(lab)
        let timeline = Timeline()
        let story = CallStory(lab: lab, tandem: tandem, timeline: timeline)
        do {
            let token = try await story.tell()
            await timeline.note("\(await timeline.steps) steps, all of them seen.")
            if !oneshot { await stay(lab, token, log: tandem.log, timeline) }
        } catch {
            await timeline.note("\nNOT SEEN: \(error)\nThe server's log: \(tandem.log.path)")
            await tandem.terminate()
            throw ExitCode.failure
        }
        await tandem.terminate()
    }

    /// Leaves the server up for whoever wants to try it, until Ctrl-C.
    private func stay(_ lab: LabEnvironment, _ token: String, log: URL, _ timeline: Timeline) async {
        let base = "http://127.0.0.1:\(lab.restPort)/1.0"
        let queue = "\(base)/switchboards/\(Demo.switchboardA)/calls/queued"
        let curl = "curl -s -H 'X-Auth-Token: \(token)'"
        await timeline.note(
            """

            Tandem stays up at \(base), its log is \(log.path).
            A token of Bob's, for one day:
              \(token)
            Try:
              \(curl) \(base)/status
              \(curl) \(queue)
              \(curl) -X PUT \(queue)/CALL_ID/answer
            Call sip:\(Demo.didOfSwitchboardA)@127.0.0.1:\(lab.sipPort) from a soft phone on this machine to have \
            somebody in the queue. Ctrl-C ends everything.
            """
        )
        await untilInterrupted()
    }

    /// Returns at SIGINT or SIGTERM.
    private func untilInterrupted() async {
        let (interruptions, continuation) = AsyncStream.makeStream(of: Void.self)
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)  // the source takes the default's place
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            source.activate()
            return source
        }
        for await _ in interruptions { break }
        for source in sources { source.cancel() }
    }
}
