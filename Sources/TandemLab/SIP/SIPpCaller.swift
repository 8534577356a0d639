/// Somebody who calls from outside: SIPp as the carrier, with the audio of a probe.
public final class SIPpCaller: Sendable {
    /// The SIP side of the call.
    public let run: SIPpRun
    /// What the caller says and hears.
    public let audio: RTPProbe

    /// Dials a number.
    /// - Parameters:
    ///   - number: The dialled number, in the context of the lab's trunk.
    ///   - caller: The caller's number.
    ///   - tone: What the caller says, in hertz.
    public init(
        dialling number: String,
        from caller: String = "0123456789",
        tone: Double = 440,
        in environment: LabEnvironment
    ) async throws {
        audio = try await RTPProbe.open(tone: tone)
        run = try SIPpRun(
            .call(caller: caller, number: number, audioPort: audio.port),
            name: "caller-\(number)",
            port: try await Loopback.freePort(),
            probe: audio,
            in: environment
        )
    }

    /// Returns when the call is answered.
    /// - Throws: ``LabFailure/tooLate(_:)``
    public func answered(within limit: Duration = .seconds(10)) async throws {
        try await run.expect("answer to INVITE", within: limit) {
            $0.isResponse(200, to: "INVITE", .received)
        }
    }

    /// Returns when the other side has hung up.
    /// - Throws: ``LabFailure/tooLate(_:)``
    public func hungUpByPeer(within limit: Duration = .seconds(10)) async throws {
        try await run.expect("BYE", within: limit) { $0.isRequest("BYE", .received) }
    }

    /// Hangs up an answered call and returns when the other side has confirmed it.
    /// - Throws: ``LabFailure``
    public func hangUp() async throws {
        try await run.hangUp()
        try await run.expect("answer to BYE") { $0.isResponse(200, to: "BYE", .received) }
    }

    /// Takes the phone away without a word and closes its audio.
    public func close() async {
        run.stop()
        await audio.close()
    }
}
