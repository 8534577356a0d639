import Foundation
import Processes
import Testing

@Suite("Programs that are run to their end", .timeLimit(.minutes(1)))
struct ProcessRunnerTests {
    private let runner = ProcessRunner(width: 2)

    private func shell(_ script: String, input: String = "", limit: Duration = .seconds(20)) async throws
        -> ProcessOutcome
    {
        try await runner.run(
            ProcessRequest(
                "/bin/sh",
                ["-c", script],
                input: Array(input.utf8),
                environment: ["PATH": "/usr/bin:/bin", "FAX": "é"],
                limit: limit
            )
        )
    }

    private func text(_ outcome: ProcessOutcome) -> String { String(decoding: outcome.output, as: UTF8.self) }

    @Test("arguments arrive as they are, without a shell", arguments: ["a b", "$(id)", "'", "é\n", "", "-n", "*"])
    func arguments(word: String) async throws {
        let outcome = try await runner.run(ProcessRequest("/usr/bin/printf", ["%s|", word, "end"]))
        #expect(outcome == ProcessOutcome(end: .exited(0), output: Array("\(word)|end|".utf8)))
    }

    @Test("input, environment and both outputs")
    func streams() async throws {
        let outcome = try await shell("cat; echo $FAX; echo error >&2; env | wc -l", input: "some ü input\n")
        #expect(outcome.isSuccess)
        // sh itself adds PWD.
        #expect(text(outcome).split(separator: "\n") == ["some ü input", "é", "error", "3"])
    }

    @Test("an input and an output larger than any pipe")
    func large() async throws {
        let input = String(repeating: "0123456789abcdef", count: 40_000)
        let outcome = try await shell("cat; echo end", input: input)
        #expect(outcome.isSuccess)
        #expect(outcome.output.count == 4_096, "the last bytes are kept")
        #expect(text(outcome).hasSuffix("cdefend\n"))
    }

    @Test(
        "ways to end",
        arguments: [("exit 0", ProcessOutcome.End.exited(0)), ("exit 7", .exited(7)), ("kill -9 $$", .signalled(9))]
    )
    func ends(script: String, end: ProcessOutcome.End) async throws {
        let outcome = try await shell(script)
        #expect(outcome.end == end)
    }

    @Test("a program has the bounds that it was given, and what it starts has them too")
    func bounds() async throws {
        let bounds = ResourceBounds(memory: 536_870_912, processorSeconds: 7, fileSize: 1_048_576)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let script = "ulimit -v; ulimit -t; ulimit -c; sh -c 'head -c 3000000 /dev/zero > \(file)'; echo ended $?"
        var request = ProcessRequest("/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"])
        request.bounds = bounds
        let outcome = try await runner.run(request)
        let lines = text(outcome).split(separator: "\n").map(String.init)
        #expect(lines.prefix(3) == ["524288", "7", "0"])
        #expect(lines.last != "ended 0")
        let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
        #expect(size == 1_048_576)
    }

    @Test("a program that is not there is told as such, with bounds or without", arguments: [true, false])
    func missing(hasBounds: Bool) async throws {
        var request = ProcessRequest("/nonexistent/sox", [])
        if hasBounds { request.bounds = ResourceBounds(memory: 1 << 30, processorSeconds: 1, fileSize: 1) }
        let failure = ProcessFailure.notStarted("/nonexistent/sox", reason: "No such file or directory")
        await #expect(throws: failure) { try await runner.run(request) }
    }

    @Test("a program that takes too long is killed, with what it started")
    func limit() async throws {
        let outcome = try await shell("sleep 60 & echo $!; wait", limit: .milliseconds(300))
        #expect(outcome.end == .tookTooLong)
        let child = try #require(Int32(text(outcome).trimmingCharacters(in: .whitespacesAndNewlines)))
        let deadline = ContinuousClock.now + .seconds(20)
        while Self.runs(child), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!Self.runs(child))
    }

    @Test("what a program leaves behind does not hold its end up")
    func background() async throws {
        let outcome = try await shell("sleep 60 & echo $!", limit: .seconds(40))
        #expect(outcome.end == .exited(0), "its end counts, not that of its output")
        let child = try #require(Int32(text(outcome).trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(Self.runs(child), "mutt's sendmail may go on")
        kill(child, SIGKILL)
    }

    /// Whether a process is there and is no zombie.
    private static func runs(_ id: Int32) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return false }
        return !stat[end...].hasPrefix(") Z")
    }

    @Test("a program that is not there, or whose arguments cannot be given")
    func notStarted() async throws {
        await #expect(
            throws: ProcessFailure.notStarted("/nonexistent/mutt", reason: "No such file or directory")
        ) { try await runner.run(ProcessRequest("/nonexistent/mutt", [])) }
        await #expect(throws: ProcessFailure.self) { try await runner.run(ProcessRequest("/bin/echo", ["a\0b"])) }
    }

    @Test("cancelled: killed while it runs, not started while it waits")
    func cancelled() async throws {
        let began = ContinuousClock.now
        let tasks = (0..<4).map { _ in Task { try await shell("sleep 20") } }
        // Two run and two wait, or none has begun: each must end at once.
        try await Task.sleep(for: .milliseconds(200))
        for task in tasks { task.cancel() }
        for task in tasks {
            let result = await task.result
            #expect(throws: CancellationError.self) { try result.get() }
        }
        #expect(began.duration(to: .now) < .seconds(10))
    }

    @Test("no descriptor leaks: neither into programs nor here")
    func descriptors() async throws {
        let listing = "ls /proc/self/fd | tr '\\n' ' '"
        // 3 is the folder that ls reads.
        let outcome = try await shell(listing)
        #expect(text(outcome) == "0 1 2 3 ")
        func openHere() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        _ = try await shell("true")
        let before = try openHere()
        for _ in 0..<50 { _ = try await shell("exit 1") }
        _ = try? await runner.run(ProcessRequest("/nonexistent", []))
        // Other tests open a few at the same time.
        #expect(try openHere() < before + 25)
    }

    @Test("a program's signals are not those of our threads")
    func signals() async throws {
        let outcome = try await shell("grep -E 'SigBlk|SigIgn' /proc/self/status")
        let masks = text(outcome).split(separator: "\n").compactMap { line in
            line.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
        }
        // glibc leaves its own two, 32 and 33, ignored.
        let ofLibrary: UInt64 = 0b11 << 31
        #expect(masks.map { $0 & ~ofLibrary } == [0, 0])
    }
}
