/// Many who call the same number, some more each second: one SIPp, without audio of their own.
public final class SIPpCrowd: Sendable {
    private let run: SIPpRun
    private let audio: RTPProbe
    private let count: Int

    /// Dials.
    /// - Parameters:
    ///   - count: How many call.
    ///   - rate: How many more each second.
    ///   - number: The dialled number, in the context of the lab's trunk.
    ///   - isMeasured: Nothing of it is followed or listened to, so that it costs the machine as little as it can;
    ///     ``hangUp()`` finds no calls then.
    public init(
        _ count: Int,
        rate: Int = 10,
        dialling number: String,
        isMeasured: Bool = false,
        in environment: LabEnvironment
    ) async throws {
        self.count = count
        audio = try await RTPProbe.open(tone: nil, isDeaf: isMeasured)
        run = try SIPpRun(
            .call(caller: "0123456789", number: number, audioPort: audio.port),
            name: "crowd-\(number)",
            port: try await Loopback.freePort(),
            calls: count,
            rate: rate,
            isTraced: !isMeasured,
            in: environment
        )
    }

    /// All hang up; returns when the scenario has gone to its end for each.
    /// - Returns: SIPp's exit status, 0 when every call went as it should.
    /// - Throws: ``LabFailure``
    public func hangUp() async throws -> Int32 {
        try await run.hangUpAll()
        return await run.finished()
    }

    /// Returns when all calls have been ended, by whichever side.
    /// - Returns: SIPp's exit status.
    public func finished() async -> Int32 { await run.finished() }

    /// Takes them all away without a word.
    public func close() async {
        run.stop()
        await audio.close()
    }
}
