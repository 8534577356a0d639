import Core
import Foundation
public import Logging
import NIOCore
import NIOFoundationCompat
import NIOWebSocket
public import ServiceLifecycle
import Synchronization
public import Telephony

/// Stasis events over WebSockets (stock Asterisk): one socket for the applications that are known when it
/// connects (several when they are many), and one for each that is registered later, since a socket's list is fixed; a
/// few of those are gathered in one (`LateSockets`). Each socket is read by one task, which hands events to their owners
/// in order. After a loss everything is connected, registered and subscribed again, for ever.
///
/// Source: contract 00 §7.2–7.3, contract 44 §13 (c).
public final class ARIEventFeed: Service, ApplicationRegistering {
    /// Events that an application gets only when it says so (``Telephony/StasisApplication/alsoReads``). The last three
    /// come from the lasting subscription below.
    static let unreadEvents = [
        "ChannelVarset", "ChannelDialplan", "ChannelConnectedLine", "ChannelTalkingStarted",
        "ChannelTalkingFinished", "EndpointStateChange", "PeerStatusChange", "ContactStatusChange",
    ]
    /// A single subscription keeps the application object, with its filter and its channels, alive in
    /// Asterisk while our socket is away; a subscription to all channels does not (contract 44 §13 c). It is one to a
    /// bridge of ours that nobody enters: an endpoint would bring the events of its channels, which Asterisk writes as
    /// JSON before it filters them.
    static let lastingBridge = BridgeID("tandem-presence")
    private static let lastingSource = "bridge:\(lastingBridge)"
    /// Applications of one socket at most: Asterisk takes a request line of 4,096 bytes.
    static let socketCapacity = 40
    /// Longest pause between two tries: everything is registered again within a second of ARI answering.
    private static let longestPause = 0.4

    let configuration: ARIConfiguration
    let client: ARIClient
    let applications: ARIApplicationSet
    let delivery: ARIEventDelivery
    private let departed: DepartedApplications
    let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var isConnected = false
        /// Takes applications that are registered while the sockets are open.
        var late: LateSockets?
    }
    /// Why there is no connection, as it stands in the log.
    private let reported = Mutex<String?>(nil)

    /// A feed; it connects when it is run.
    public init(
        configuration: ARIConfiguration,
        client: ARIClient,
        applications: [StasisApplication],
        receiver: any EventReceiving,
        logger: Logger
    ) {
        let known = ARIApplicationSet(applications)
        self.configuration = configuration
        self.client = client
        self.applications = known
        let delivery = ARIEventDelivery(receiver: receiver, logger: logger) { known.noteReplaced($0) }
        self.delivery = delivery
        departed = DepartedApplications(
            configuration: configuration,
            client: client,
            isWanted: { known.isWanted($0) },
            deliver: { await delivery.deliver($0) },
            logger: logger
        )
        self.logger = logger
    }

    /// Whether the sockets are open and every application is registered on them.
    public var isConnected: Bool { state.withLock { $0.isConnected } && applications.isComplete }

    /// Names of the applications that are registered now.
    public var registered: Set<String> { applications.registered }

    /// Registers an application, on a socket of its own or one that it shares with other late ones.
    public func register(_ application: StasisApplication) async throws {
        if registered.contains(application.name) { return }
        try ARIApplicationSet.check(application)
        applications.want(application)
        guard let late = state.withLock({ $0.late }) else { return }
        try await late.register(application)
    }

    /// Forgets an application, and takes it out of Asterisk: its own socket is closed, one that shares a socket leaves
    /// the others there undisturbed. Asterisk may list it a moment longer.
    public func deregister(_ name: String) async throws {
        let known = applications.wanted.first { $0.name == name }
        applications.forget(name)
        let late = state.withLock { $0.late }
        defer {
            late?.end(name)
            departed.add(name)
        }
        guard state.withLock({ $0.isConnected }) else { return }
        do {
            let sources = known.map(Self.sources(of:)) ?? []
            if !sources.isEmpty { try await client.unsubscribe(name, from: sources) }
        } catch TelephonyFailure.notFound {
            // What the caller wants is already so.
        }
    }

    /// Runs until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var delay = 0.1
            while !Task.isCancelled {
                let connectedAt = ContinuousClock.now
                do {
                    try await self.session()
                    self.report("Asterisk closed the event feed")
                } catch is CancellationError {
                    break
                } catch {
                    self.report("event feed: \(self.reason(error))")
                }
                await self.disconnected()
                // A connection that held is followed by a quick try, one that fails at once is not.
                if ContinuousClock.now - connectedAt > .seconds(10) { delay = 0.1 }
                try? await Task.sleep(for: .seconds(delay))
                delay = min(delay * 2, self.configuration.reconnectionDelayLimit, Self.longestPause)
            }
            await self.disconnected()
        }
    }

    /// A series of equal failures is one line in the log; a connection that was there begins a new one.
    private func report(_ text: String) {
        let isNews = reported.withLock { reported in
            defer { reported = text }
            return reported != text
        }
        if isNews { logger.warning("\(text)", metadata: ["address": "\(configuration.address)"]) }
    }

    /// The failure in words that name what to change.
    private func reason(_ error: any Error) -> String {
        switch error {
        case TelephonyFailure.refused(status: 401, _):
            "Asterisk refuses the password of \(configuration.username) (ari.connection, ari.conf)"
        case TelephonyFailure.notFound:
            "no ARI there: is it enabled in ari.conf and http.conf, and is the path of ari.connection.base_url right?"
        default: "\(error)"
        }
    }

    private func disconnected() async {
        let (wasConnected, late) = state.withLock { state in
            defer { state = State() }
            return (state.isConnected, state.late)
        }
        applications.noteLost()
        late?.close()
        if wasConnected { await delivery.receiver.feedDisconnected() }
    }

    private func session() async throws {
        try await client.probe()
        let wanted = applications.wanted
        let late = LateSockets(self)
        // One socket at least: it shows that Asterisk is there, and late applications hang on it.
        let parts = stride(from: 0, to: max(1, wanted.count), by: Self.socketCapacity).map {
            Array(wanted[$0..<min($0 + Self.socketCapacity, wanted.count)])
        }
        let meeting = SocketMeeting(parts.count) {
            self.applications.noteRegistered(wanted.map(\.name))
            self.client.markInitialized()
            self.state.withLock { state in
                state.isConnected = true
                state.late = late
            }
            self.reported.withLock { $0 = nil }
            self.logger.info(
                "event feed connected",
                metadata: ["applications": "\(wanted.count)", "address": "\(self.configuration.address)"]
            )
            await self.delivery.receiver.feedConnected()
        }
        // When one of them breaks all are connected anew.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, part) in parts.enumerated() {
                group.addTask { try await self.serve(part, late: index == 0 ? late : nil, meeting) }
            }
            group.addTask { try await self.departed.run() }
            try await group.next()
            group.cancelAll()
        }
    }

    /// One socket; its events are read once all others are connected too.
    private func serve(
        _ part: [StasisApplication],
        late: LateSockets?,
        _ meeting: SocketMeeting
    ) async throws {
        let socket = try await ARIWebSocket.connect(configuration, applications: part.map(\.name))
        try await socket.read(
            ready: {
                for application in part { try await self.prepare(application) }
                try await meeting.arrive()
            },
            alongside: {
                if let late { return try await late.run() }
                // Until the group is cancelled.
                while true { try await Task.sleep(for: .seconds(3_600)) }
            },
            message: { await self.delivery.deliver($0) }
        )
    }

    /// What no event may overtake: the filter, and the subscriptions.
    func prepare(_ application: StasisApplication) async throws {
        let unread = Self.unreadEvents.filter { !application.alsoReads.contains($0) } + application.ignores.sorted()
        try await client.disallow(unread, in: application.name)
        if application.isLasting { try await client.createEmptyBridge(Self.lastingBridge) }
        let sources = Self.sources(of: application)
        if !sources.isEmpty { try await client.subscribe(application.name, to: sources) }
    }

    private static func sources(of application: StasisApplication) -> [String] {
        application.sources + (application.isLasting ? [lastingSource] : [])
    }
}
