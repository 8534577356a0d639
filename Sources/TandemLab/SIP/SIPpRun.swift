import Foundation

/// One SIPp that runs a scenario, and everything it sends and receives.
public final class SIPpRun: Sendable {
    /// All messages so far.
    public let trace: WitnessLog<SIPTraceEntry>
    /// Its SIP port on loopback.
    public let port: Int
    /// Its log files.
    let folder: URL
    private let child: ChildProcess
    private let pump: Task<Void, Never>

    /// Starts a SIPp for `calls` calls, one after the other or at once.
    /// - Parameters:
    ///   - rate: How many it begins each second, when it is the one who calls.
    ///   - isTraced: Whether its messages are written down and followed: without, ``trace`` stays empty and costs nothing.
    /// - Throws: ``LabFailure/program(_:)`` when it cannot be started.
    init(
        _ scenario: SIPpScenario,
        name: String,
        port: Int,
        calls: Int = 1,
        rate: Int = 10,
        probe: RTPProbe? = nil,
        isTraced: Bool = true,
        in environment: LabEnvironment
    ) throws {
        folder = try environment.makeFolder("sipp-\(name)")
        self.port = port
        let messages = folder.appendingPathComponent("messages.log")
        let arguments = [
            "-i", "127.0.0.1", "-p", "\(port)", "-m", "\(calls)", "-l", "\(calls)", "-r", "\(rate)",
            "-nostdin", "-trace_err", "-error_file", folder.appendingPathComponent("errors.log").path,
            "-sf", try scenario.write(to: folder, from: environment.scripts).path,
        ]
        let tracing = isTraced ? ["-trace_msg", "-message_file", messages.path] : []
        child = try ChildProcess(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["sipp", "127.0.0.1:\(environment.sipPort)"] + arguments + tracing + scenario.arguments,
            in: folder,
            output: folder.appendingPathComponent("screen.log")
        )
        let trace = WitnessLog<SIPTraceEntry>()
        self.trace = trace
        guard isTraced else {
            pump = Task { [child] in
                _ = await child.status
                await trace.finish()
            }
            return
        }
        let follower = SIPTraceFollower(messages)
        pump = Task { [child] in
            let end = Task {
                _ = await child.status
                follower.finish()
            }
            for await entry in follower.entries {
                if entry.direction == .received, let address = entry.message.audioAddress {
                    probe?.send(toHost: address.host, port: address.port)
                }
                await trace.append(entry)
            }
            await end.value
            await trace.finish()
        }
    }

    deinit { stop() }

    /// The first message that `predicate` accepts, also one that has passed already.
    /// - Throws: ``LabFailure/tooLate(_:)`` with all that was seen instead.
    @discardableResult
    public func expect(
        _ what: String,
        within limit: Duration = .seconds(10),
        where predicate: @escaping @Sendable (SIPTraceEntry) -> Bool
    ) async throws -> SIPTraceEntry {
        if let entry = await trace.first(within: limit, where: predicate) { return entry }
        let seen = await trace.entries.map(\.summary).joined(separator: "\n  ")
        throw LabFailure.tooLate(
            "SIPp on port \(port): no \(what) within \(limit). Seen:\n  \(seen)\(errors)"
        )
    }

    /// Ends the call from this side: the scenario waits for an INFO with its call's Call-ID, and that is what it
    /// gets from us; then SIPp sends BYE. Of several calls the latest is meant.
    /// - Throws: ``LabFailure`` when there is no call.
    public func hangUp() async throws {
        guard let call = await trace.entries.last(where: { $0.message.method == "INVITE" })?.message.callID
        else { throw LabFailure.program("SIPp on port \(port) has no call to hang up") }
        try await Loopback.send(hangUpRequest(call), toPort: port)
    }

    /// Ends all calls from this side.
    /// - Throws: ``LabFailure``
    public func hangUpAll() async throws {
        let calls = await trace.entries.filter { $0.message.method == "INVITE" }.compactMap(\.message.callID)
        for call in Set(calls) { try await Loopback.send(hangUpRequest(call), toPort: port) }
    }

    private func hangUpRequest(_ call: String) -> String {
        let lines = [
            "INFO sip:hang-up@127.0.0.1:\(port) SIP/2.0",
            "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-\(UUID().uuidString)",
            "From: <sip:lab@127.0.0.1>;tag=lab", "To: <sip:phone@127.0.0.1>", "Call-ID: \(call)",
            "CSeq: 1 INFO", "Max-Forwards: 70", "Content-Length: 0", "", "",
        ]
        return lines.joined(separator: "\r\n")
    }

    /// Waits for the end of the scenario; the trace is complete then.
    /// - Returns: SIPp's exit status, 0 when every call went as the scenario says.
    public func finished() async -> Int32 {
        await pump.value
        return await child.status
    }

    /// Takes the process away, without any SIP message. For a phone that has nothing more to do.
    public func stop() { child.signal(SIGKILL) }

    /// What SIPp complained about.
    var errors: String {
        let text = try? String(contentsOf: folder.appendingPathComponent("errors.log"), encoding: .utf8)
        return text.map { "\n\($0)" } ?? ""
    }
}
