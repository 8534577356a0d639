/// Somebody who calls: SIPp as the carrier or as a phone, with the audio of a probe.
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

    /// A phone dials a number; it need not be registered.
    /// - Parameters:
    ///   - number: The dialled number, in the phone's context.
    ///   - user: The SIP account; the password is the same.
    ///   - tone: What the caller says, in hertz.
    public init(
        dialling number: String,
        as user: String,
        tone: Double = 440,
        in environment: LabEnvironment
    ) async throws {
        audio = try await RTPProbe.open(tone: tone)
        run = try SIPpRun(
            .dial(user: user, number: number, audioPort: audio.port),
            name: "\(user)-dials-\(number.filter(\.isNumber))",
            port: try await Loopback.freePort(),
            probe: audio,
            in: environment
        )
    }

    /// Returns when the call is refused or taken back with a final status of 300 or more.
    /// - Returns: The status.
    /// - Throws: ``LabFailure/tooLate(_:)``
    public func refused(within limit: Duration = .seconds(10)) async throws -> Int {
        let entry = try await run.expect("refusal of INVITE", within: limit) { entry in
            guard entry.direction == .received, entry.message.sequenceMethod == "INVITE" else { return false }
            // 401 is only the request to authenticate.
            return (entry.message.status ?? 0) >= 300 && entry.message.status != 401
        }
        return entry.message.status ?? 0
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
