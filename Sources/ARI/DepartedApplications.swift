import Core
import Foundation
import Logging
import Synchronization
import Telephony

/// Takes Stasis applications that nobody wants any more out of Asterisk.
///
/// Asterisk keeps an application while the socket that named it is open, and its list cannot be changed. A socket that
/// names this one alone takes it over, which the other socket survives with the rest of its list; with the end of the new
/// socket the application goes. It stays where a subscription or a channel is left, so it is looked at until it is gone
/// (seen with Asterisk 22.10.1).
final class DepartedApplications: Sendable {
    /// Names at most; further ones stay in Asterisk until the event feed connects anew.
    static let most = 10_000
    private static let shortestPause: Duration = .milliseconds(200)
    private static let longestPause: Duration = .seconds(30)

    private let configuration: ARIConfiguration
    private let client: ARIClient
    private let isWanted: @Sendable (String) -> Bool
    private let deliver: @Sendable (Data) async -> Void
    private let logger: Logger
    private let names = Mutex<Set<String>>([])
    private let wakeUps = Mailbox<Void>(capacity: 1)

    /// - Parameters:
    ///   - isWanted: Whether an application has come back meanwhile.
    ///   - deliver: Takes the events that come while an application is taken over.
    init(
        configuration: ARIConfiguration,
        client: ARIClient,
        isWanted: @escaping @Sendable (String) -> Bool,
        deliver: @escaping @Sendable (Data) async -> Void,
        logger: Logger
    ) {
        self.configuration = configuration
        self.client = client
        self.isWanted = isWanted
        self.deliver = deliver
        self.logger = logger
    }

    /// From now on an application is to go.
    func add(_ name: String) {
        let isKept = names.withLock { names in
            guard names.count < Self.most else { return false }
            names.insert(name)
            return true
        }
        if !isKept { logger.error("too many applications to take away", metadata: ["application": "\(name)"]) }
        wakeUps.offer(())
    }

    /// Takes away what there is, whenever there is something; until it is cancelled.
    func run() async throws {
        wakeUps.offer(())
        while await wakeUps.next() != nil {
            var pause = Self.shortestPause
            while true {
                for name in names.withLock({ $0 }) {
                    if await isGone(name) { names.withLock { _ = $0.remove(name) } }
                }
                if names.withLock({ $0.isEmpty }) { break }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
        try Task.checkCancellation()
    }

    private func isGone(_ name: String) async -> Bool {
        if isWanted(name) { return true }
        do {
            guard let there = try await client.application(name) else { return true }
            try await unsubscribe(there)
            let socket = try await ARIWebSocket.connect(configuration, applications: [name])
            try await socket.read(ready: {}, alongside: {}, message: deliver)
            return try await client.application(name) == nil
        } catch {
            // Asked again after a pause.
            return false
        }
    }

    private func unsubscribe(_ application: StasisApplicationState) async throws {
        var sources = application.bridges.map { "bridge:\($0)" } + application.endpoints.map { "endpoint:\($0)" }
        sources += application.devices.map { "deviceState:\($0)" }
        if application.hearsAllChannels { sources.append("channel:__AST_CHANNEL_ALL_TOPIC") }
        if sources.isEmpty { return }
        do {
            try await client.unsubscribe(application.name, from: sources)
        } catch TelephonyFailure.notFound, TelephonyFailure.conflict, TelephonyFailure.unprocessable {
            // One of them has just ended.
        }
    }
}
