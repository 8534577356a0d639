/// A phone of the demo (alice, bob, carol): registers, and takes calls the way it is told to.
public final class SIPpPhone: Sendable {
    /// The account; the password is the same.
    public let user: String
    /// Its SIP port on loopback, the same for registration and calls.
    public let port: Int
    /// What the phone says and hears.
    public let audio: RTPProbe
    private let isMeasured: Bool
    private let environment: LabEnvironment

    /// A phone that is not registered yet.
    /// - Parameters:
    ///   - tone: What it says once it has answered, in hertz.
    ///   - isMeasured: Its calls are not followed and it neither speaks nor listens, so that it costs as little as it can.
    public init(
        _ user: String,
        tone: Double = 1_000,
        isMeasured: Bool = false,
        in environment: LabEnvironment
    ) async throws {
        self.user = user
        self.isMeasured = isMeasured
        self.environment = environment
        audio = try await RTPProbe.open(tone: isMeasured ? nil : tone, isDeaf: isMeasured)
        port = try await Loopback.freePort()
    }

    /// The demo's carrier: it takes the calls to outside, without registration.
    public static func carrier(tone: Double = 1_000, in environment: LabEnvironment) async throws -> SIPpPhone {
        SIPpPhone(
            user: "carrier",
            port: environment.carrierPort,
            audio: try await RTPProbe.open(tone: tone),
            environment: environment
        )
    }

    private init(user: String, port: Int, audio: RTPProbe, environment: LabEnvironment) {
        self.user = user
        isMeasured = false
        self.port = port
        self.audio = audio
        self.environment = environment
    }

    /// Registers, with digest authentication.
    /// - Throws: ``LabFailure`` when Asterisk refuses, or does not answer.
    public func register(for seconds: Int = 300) async throws {
        let run = try SIPpRun(
            .register(user: user, seconds: seconds),
            name: "register-\(user)",
            port: port,
            in: environment
        )
        try await run.expect("200 to REGISTER") { $0.isResponse(200, to: "REGISTER", .received) }
        // The port must be free again before the phone takes calls on it.
        _ = await run.finished()
    }

    /// Takes the registration back.
    /// - Throws: ``LabFailure``
    public func unregister() async throws { try await register(for: 0) }

    /// Takes calls: rings for a while, then answers, and stays until somebody hangs up. With a long ringing time
    /// the phone is not answered: it rings until the call is cancelled.
    /// - Parameter calls: How many calls, then it is gone.
    public func answer(afterRinging ringing: Duration = .milliseconds(300), calls: Int = 1) throws -> SIPpRun {
        try take(.answer(user: user, afterRinging: ringing, audioPort: audio.port), calls)
    }

    /// Rings and is not answered.
    public func ring(calls: Int = 1) throws -> SIPpRun {
        try answer(afterRinging: .seconds(3_600), calls: calls)
    }

    /// Refuses calls: 486 busy, 603 declined.
    public func refuse(status: Int = 486, reason: String = "Busy Here", calls: Int = 1) throws -> SIPpRun {
        try take(.refuse(user: user, status: status, reason: reason), calls)
    }

    private func take(_ scenario: SIPpScenario, _ calls: Int) throws -> SIPpRun {
        try SIPpRun(
            scenario,
            name: "phone-\(user)",
            port: port,
            calls: calls,
            probe: audio,
            isTraced: !isMeasured,
            in: environment
        )
    }

    /// Closes its audio.
    public func close() async { await audio.close() }
}

extension SIPpRun {
    /// Returns when the phone rings.
    /// - Throws: ``LabFailure/tooLate(_:)``
    public func rings(within limit: Duration = .seconds(10)) async throws {
        try await expect("INVITE", within: limit) { $0.isRequest("INVITE", .received) }
    }

    /// Returns when the phone's answer has arrived at the other side.
    /// - Throws: ``LabFailure/tooLate(_:)``
    public func answered(within limit: Duration = .seconds(10)) async throws {
        try await expect("ACK", within: limit) { $0.isRequest("ACK", .received) }
    }

    /// Returns when the call was taken back while it rang.
    /// - Throws: ``LabFailure/tooLate(_:)``
    public func cancelled(within limit: Duration = .seconds(10)) async throws {
        try await expect("CANCEL", within: limit) { $0.isRequest("CANCEL", .received) }
    }

    /// Returns when the other side has hung up.
    /// - Throws: ``LabFailure/tooLate(_:)``
    public func hungUpByPeer(within limit: Duration = .seconds(10)) async throws {
        try await expect("BYE", within: limit) { $0.isRequest("BYE", .received) }
    }
}
