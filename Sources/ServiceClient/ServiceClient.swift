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
    }

    /// Sends a request and returns the answer, whatever its status. It is sent once more when the service refuses our
    /// token, which means that nothing was done, and a new one can be had (contract 38 §10); a read also when an
    /// idle connection was closed under it.
    /// - Throws: ``ServiceFailure``; `CancellationError`.
    public func send(_ request: ServiceRequest) async throws -> ServiceAnswer {
        var token: String?
        if let tokens {
            guard let current = await tokens.serviceToken() else { throw ServiceFailure.noToken }
            token = current
        }
        let answer = try await exchange(request, token: token)
        guard answer.status == 401, let tokens, let token,
            let renewed = await tokens.renewed(instead: token)
        else { return answer }
        return try await exchange(request, token: renewed)
    }

    /// Whether the service answers: what the last request found, and when that was nothing, one more question
    /// for its status.
    /// - Parameter limit: How long the question may take.
    public func answers(within limit: Duration = .seconds(1)) async -> Bool {
        if breaker.withLock({ $0.isClosed }) { return true }
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
        return .unreachable("\(error)")
    }
}
