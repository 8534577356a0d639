import Core
public import Logging
import Synchronization

/// Asks one service of the platform: base URL, service token, time limit, one repetition where it is safe.
public final class ServiceClient: Sendable {
    /// The service's name in the log, for instance `confd`.
    public let name: String
    /// Where it listens.
    public let address: ServiceAddress
    private let transport: ServiceTransport
    private let tokens: (any ServiceTokenProviding)?
    private let breaker = Mutex(CircuitBreaker())
    /// When the service answered last.
    private let lastAnswer = Mutex<ContinuousClock.Instant?>(nil)
    private let refusals: AccessRefusals
    /// An answer that is older says nothing of the service now.
    private static let freshness: Duration = .seconds(30)
    private let logger: Logger

    /// - Parameters:
    ///   - tokens: Where `X-Auth-Token` comes from; `nil` for a service that is asked without one.
    public init(
        name: String,
        address: ServiceAddress,
        transport: ServiceTransport,
        tokens: (any ServiceTokenProviding)?,
        logger: Logger
    ) {
        self.name = name
        self.address = address
        self.transport = transport
        self.tokens = tokens
        self.logger = logger
        refusals = AccessRefusals()
    }

    /// Whether the service answered its last request; `true` before the first.
    public var isAnswering: Bool { breaker.withLock { $0.isClosed } }

    /// What our own token lacks at this service, as far as requests have shown it lately: required accesses, or the
    /// request where the service does not name one. In alphabetical order.
    public var missingAccess: [String] { refusals.missing(at: .now) }

    /// Sends a request and returns the answer, whatever its status. It is sent once more when the service refuses our
    /// token, which means that nothing was done, and a new one can be had (contract 38 §10); a read also when an
    /// idle connection was closed under it.
    ///
    /// A permission that the token lacks is no refused token: a new one would lack it too. It is named once in the log,
    /// and the same kind of request is answered with the same refusal for a while without asking again.
    /// - Throws: ``ServiceFailure``; `CancellationError`.
    public func send(_ request: ServiceRequest) async throws -> ServiceAnswer {
        guard let tokens else { return try await exchange(request, token: nil) }
        guard let token = await tokens.serviceToken() else { throw ServiceFailure.noToken }
        if let known = refusals.answer(to: request, at: .now) { return known }
        let answer = try await exchange(request, token: token)
        guard answer.status == 401 else { return answer }
        if await lacksAccess(answer, token, tokens) {
            note(request, answer)
            return answer
        }
        guard let renewed = await tokens.renewed(instead: token) else { return answer }
        return try await exchange(request, token: renewed)
    }

    /// Whether the token counts but lacks the permission: as the service says, or where it does not, as wazo-auth does.
    private func lacksAccess(
        _ answer: ServiceAnswer,
        _ token: String,
        _ tokens: any ServiceTokenProviding
    ) async -> Bool {
        switch (try? answer.json())?["details"]?["reason"]?.string {
        case "missing_permission_or_invalid_tenant": return true
        case "not_found_or_expired": return false
        default: return await tokens.isValid(token) ?? false
        }
    }

    private func note(_ request: ServiceRequest, _ answer: ServiceAnswer) {
        guard let access = refusals.note(answer, to: request, at: .now) else { return }
        logger.error(
            "\(name) refuses the service's token an access",
            metadata: ["access": "\(access)", "request": "\(request.displayed)"]
        )
    }

    /// Whether the service answers: what a request found lately, else one more question for its status.
    /// - Parameter limit: How long the question may take.
    public func answers(within limit: Duration = .seconds(1)) async -> Bool {
        if isAnswering, let last = lastAnswer.withLock({ $0 }), ContinuousClock.now - last < Self.freshness {
            return true
        }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                // Any answer is one, a refusal too.
                (try? await self.exchange(ServiceRequest(.get, ["status"]), token: nil)) != nil
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let answers = await group.next() ?? false
            group.cancelAll()
            return answers
        }
    }

    private func exchange(_ request: ServiceRequest, token: String?) async throws -> ServiceAnswer {
        guard breaker.withLock({ $0.admits(at: .now) }) else {
            throw ServiceFailure.unreachable("\(name) did not answer \(CircuitBreaker.threshold) times in a row")
        }
        let end = ContinuousClock.now + .seconds(address.timeout)
        do {
            let answer = try await attempt(request, token: token, until: end)
            breaker.withLock { $0.succeeded() }
            lastAnswer.withLock { $0 = .now }
            return answer
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if Task.isCancelled { throw CancellationError() }
            breaker.withLock { $0.failed(at: .now) }
            let failure = Self.failure(error)
            logger.warning(
                "\(name) does not answer",
                metadata: ["request": "\(request.displayed)", "error": "\(failure)"]
            )
            throw failure
        }
    }

    private func attempt(
        _ request: ServiceRequest,
        token: String?,
        until end: ContinuousClock.Instant
    ) async throws -> ServiceAnswer {
        do {
            return try await once(request, token: token, until: end)
        } catch {
            guard request.method.isRead, ServiceTransport.isStale(error) else { throw error }
            return try await once(request, token: token, until: end)
        }
    }

    private func once(
        _ request: ServiceRequest,
        token: String?,
        until end: ContinuousClock.Instant
    ) async throws -> ServiceAnswer {
        var headers = [("Accept", "application/json"), ("User-Agent", "tandem")]
        if let token { headers.append(("X-Auth-Token", token)) }
        if let tenant = request.tenant { headers.append(("Wazo-Tenant", tenant.rawValue)) }
        if let authorization = request.authorization { headers.append(("Authorization", authorization)) }
        headers += request.headers.map { ($0.key, $0.value) }
        let seconds = max((end - .now) / .seconds(1), 0.001)
        return try await transport.send(
            request.method.rawValue,
            address.baseURL + request.target,
            headers: headers,
            body: request.body?.text,
            seconds: seconds
        )
    }

    private static func failure(_ error: any Error) -> ServiceFailure {
        if let failure = error as? ServiceFailure { return failure }
        if ServiceTransport.isTimeout(error) { return .timedOut }
        return .unreachable(SecretMasking.forClient("\(error)"))
    }
}
