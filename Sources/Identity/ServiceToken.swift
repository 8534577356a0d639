import Access
public import Core
import Foundation
public import Logging
public import ServiceClient
public import ServiceLifecycle
import Synchronization

/// How the server proves itself to wazo-auth (contract 00 §2.1 key file).
public struct ServiceCredentials: Sendable, Hashable {
    /// `service_id`.
    public var username: String
    /// `service_key`; never logged.
    public var password: String

    /// Credentials with their parts.
    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    var basic: String { "Basic " + Data("\(username):\(password)".utf8).base64EncodedString() }
}

/// The server's own token: asked for at start and again until it is granted, renewed at 80 % of its life, and
/// replaced when a service refuses it (contract 00 §4.7). The first one tells the master tenant (§4.5).
public final class ServiceToken: Service, ServiceTokenProviding {
    private struct State {
        var document: TokenDocument?
        var masterTenant: TenantID?
        /// Who waits for the outcome of the running or the next request.
        var watchers: [CheckedContinuation<Void, Never>] = []
        var pause: Task<Void, Never>?
        var requestedAt: Date?
        /// What wazo-auth said of a token last.
        var check: (token: String, isValid: Bool, at: Date)?
        var isRequesting = false
        var isStopped = false
    }
    /// Seconds between two requests at least, however often tokens are refused.
    private static let shortestPause = 1.0

    private let auth: ServiceClient
    private let credentials: ServiceCredentials
    private let needs: [String]
    private let clock: any WallClock
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - auth: Client of wazo-auth that sends no token of ours.
    ///   - masterTenant: Configured `auth.master_tenant_uuid`; `nil`: learnt from the first token.
    ///   - needs: Accesses that the token should grant; what it does not is told.
    public init(
        auth: ServiceClient,
        credentials: ServiceCredentials,
        masterTenant: TenantID?,
        needs: [String] = [],
        clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.auth = auth
        self.credentials = credentials
        self.needs = needs
        self.clock = clock
        self.logger = logger
        state = Mutex(State(masterTenant: masterTenant))
    }

    /// The token now; `nil` while there is none, or when it has expired.
    public func serviceToken() async -> String? { current?.token }

    /// Whether there is a token that has not expired, for `/1.0/status`.
    public var isGranted: Bool { current != nil }

    /// Accesses that are needed and that the token does not grant.
    public var missingAccess: [String] { state.withLock { $0.document }.map { missing(of: $0) } ?? [] }

    private func missing(of document: TokenDocument) -> [String] {
        // One that tells no list says nothing of what is in it.
        guard let patterns = document.acl else { return [] }
        let acl = ACL(patterns)
        return needs.filter { !acl.grants($0) }
    }

    /// The master tenant; `nil` until the first token was granted, unless it is configured.
    public var masterTenant: TenantID? { state.withLock { $0.masterTenant } }

    private var current: TokenDocument? {
        guard let document = state.withLock({ $0.document }) else { return nil }
        if let end = document.expiresAt, end <= clock.now { return nil }
        return document
    }

    /// Asks for a new token when this one is still ours, and waits for the outcome.
    public func renewed(instead refused: String) async -> String? {
        if current?.token == refused { await waitForOutcome() }
        let token = current?.token
        return token == refused ? nil : token
    }

    /// Asks wazo-auth whether it knows a token of ours; answers of the last second count.
    public func isValid(_ token: String) async -> Bool? {
        let now = clock.now
        let known = state.withLock { state -> Bool? in
            guard let check = state.check, check.token == token, now.timeIntervalSince(check.at) < Self.shortestPause
            else { return nil }
            return check.isValid
        }
        if let known { return known }
        var request = ServiceRequest(.head, ["token", token])
        request.displayedPath = "/token/…"
        guard let answer = try? await auth.send(request), answer.isSuccess || answer.status == 404 else { return nil }
        state.withLock { $0.check = (token, answer.isSuccess, now) }
        return answer.isSuccess
    }

    private func waitForOutcome() async {
        await withCheckedContinuation { continuation in
            let (isTooSoon, pause) = state.withLock { state -> (Bool, Task<Void, Never>?) in
                let age = state.requestedAt.map { clock.now.timeIntervalSince($0) } ?? .infinity
                // Whoever comes while a request runs shares its outcome.
                if state.isStopped || (age < Self.shortestPause && !state.isRequesting) { return (true, nil) }
                state.watchers.append(continuation)
                return (false, state.pause)
            }
            pause?.cancel()
            if isTooSoon { continuation.resume() }
        }
    }

    /// Runs until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var schedule = ServiceTokenSchedule()
            while !Task.isCancelled {
                let seconds = await self.request(&schedule)
                for watcher in self.takeWatchers() { watcher.resume() }
                await self.pause(seconds: seconds)
            }
        }
        state.withLock { $0.isStopped = true }
        for watcher in takeWatchers() { watcher.resume() }
    }

    private func takeWatchers() -> [CheckedContinuation<Void, Never>] {
        state.withLock { state in
            defer { state.watchers = [] }
            state.isRequesting = false
            return state.watchers
        }
    }

    /// Returns after so many seconds, or as soon as somebody's token was refused.
    private func pause(seconds: Double) async {
        let end = clock.now.addingTimeInterval(seconds)
        let pause = Task { [clock] in _ = try? await clock.sleep(until: end) }
        let isWanted = state.withLock { state in
            state.pause = pause
            return !state.watchers.isEmpty
        }
        if isWanted { pause.cancel() }
        await withTaskCancellationHandler {
            await pause.value
        } onCancel: {
            pause.cancel()
        }
    }

    private func tell(of document: TokenDocument) {
        let name: Logger.Metadata = ["service": "\(credentials.username)", "tenant": "\(document.tenant)"]
        logger.info("service token granted", metadata: name)
        let missing = missing(of: document)
        guard !missing.isEmpty else { return }
        logger.warning(
            "the service's token lacks accesses; what needs them will not work (docs/operation.md)",
            metadata: name.merging(["access": "\(missing.joined(separator: " "))"]) { $1 }
        )
    }

    /// - Returns: Seconds until the next request.
    private func request(_ schedule: inout ServiceTokenSchedule) async -> Double {
        var request = ServiceRequest(.post, ["token"])
        request.authorization = credentials.basic
        request.body = ["expiration": .integer(Int64(ServiceTokenSchedule.requestedLife))]
        state.withLock { state in
            state.requestedAt = clock.now
            state.isRequesting = true
        }
        do {
            let answer = try await auth.send(request)
            guard answer.isSuccess else { throw ServiceFailure.malformed("status \(answer.status)") }
            guard let document = TokenDocument(try answer.json()) else {
                throw ServiceFailure.malformed("no token in the answer")
            }
            let isFirst = state.withLock { state in
                defer { state.document = document }
                if state.masterTenant == nil { state.masterTenant = document.tenant }
                return state.document == nil
            }
            if isFirst { tell(of: document) }
            let life = document.expiresAt.map { $0.timeIntervalSince(clock.now) }
            return schedule.granted(life: life ?? Double(ServiceTokenSchedule.requestedLife))
        } catch {
            let pause = schedule.failed()
            logger.error(
                "no service token",
                metadata: [
                    "auth": "\(auth.address.host):\(auth.address.port)", "error": "\(error)",
                    "next_try_seconds": "\(pause)",
                ]
            )
            return pause
        }
    }
}
