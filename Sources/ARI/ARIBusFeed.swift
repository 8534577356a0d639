import Core
public import Events
import Foundation
public import Logging
public import ServiceLifecycle
import Synchronization
public import Telephony

/// Stasis events over the bus (`res_stasis_amqp`, contract 00 §7.2): registers the applications in Asterisk, takes
/// their events from a bus consumer, and registers again whatever Asterisk does not list any more, within a
/// second of its answering.
public final class ARIBusFeed: Service, ApplicationRegistering, BusReceiving {
    /// ARI's event types (contract 00 §7.2); those that nobody here reads are not bound.
    private static let types = [
        "ApplicationReplaced", "BridgeAttendedTransfer", "BridgeBlindTransfer", "BridgeCreated", "BridgeDestroyed",
        "BridgeMerged", "ChannelCallerId", "ChannelConnectedLine", "ChannelCreated", "ChannelDestroyed",
        "ChannelDialplan", "ChannelDtmfReceived", "ChannelEnteredBridge", "ChannelHangupRequest", "ChannelHold",
        "ChannelLeftBridge", "ChannelMohStart", "ChannelMohStop", "ChannelStateChange", "ChannelTalkingFinished",
        "ChannelTalkingStarted", "ChannelUnhold", "ChannelUserevent", "ChannelVarset", "ContactStatusChange",
        "DeviceStateChanged", "Dial", "EndpointStateChange", "PeerStatusChange", "PlaybackFinished",
        "PlaybackStarted", "RecordingFailed", "RecordingFinished", "RecordingStarted", "StasisEnd", "StasisStart",
        "TextMessageReceived",
    ]
    /// Not bound unless an application that is known at the start reads them. The platform's Asterisk sends of
    /// `ChannelVarset` one variable alone (contract 00 §7.2), which applications read.
    private static let unread: Set<String> = ["ChannelDialplan", "ChannelConnectedLine"]
    /// Between two looks at what Asterisk has registered.
    private static let interval: Duration = .milliseconds(500)

    private let client: ARIClient
    private let applications: ARIApplicationSet
    private let delivery: ARIEventDelivery
    private let logger: Logger
    private let state = Mutex(State())
    private let wakeUps = Mailbox<Void>(capacity: 1)

    private struct State {
        var isBusConnected = false
        /// Whether the receiver was told that the feed is there.
        var isTold = false
        var reportedFault: String?
        /// Names that Asterisk refused.
        var refused: Set<String> = []
    }

    /// A feed of these applications; it works when it is run and is given the bus's messages.
    public init(
        client: ARIClient,
        applications: [StasisApplication],
        receiver: any EventReceiving,
        logger: Logger
    ) {
        let known = ARIApplicationSet(applications)
        self.client = client
        self.applications = known
        delivery = ARIEventDelivery(receiver: receiver, logger: logger) { known.noteReplaced($0) }
        self.logger = logger
    }

    /// Whether the bus is consumed and every application is registered.
    public var isConnected: Bool { state.withLock { $0.isTold } && applications.isComplete }
    /// Names of the applications that are registered now.
    public var registered: Set<String> { applications.registered }

    /// Registers an application now, if Asterisk answers.
    public func register(_ application: StasisApplication) async throws {
        if registered.contains(application.name) { return }
        try ARIApplicationSet.check(application)
        // Registered before it is wanted: whoever looks at what is wanted then finds it in Asterisk.
        defer { applications.want(application) }
        try await add(application)
    }

    /// Removes an application from Asterisk.
    public func deregister(_ name: String) async throws {
        applications.forget(name)
        do {
            try await client.deregisterFromBus(name)
        } catch TelephonyFailure.notFound {
            // What the caller wants is already so.
        }
    }

    /// Asterisk has just started (AMI event `FullyBooted`): whatever was registered is gone.
    public func asteriskBooted() { wakeUps.offer(()) }

    // MARK: The bus

    /// Every type that somebody reads.
    public var bindings: [BusBinding] {
        let unread = applications.wanted.reduce(Self.unread) { $0.subtracting($1.alsoReads) }
        return Self.types.filter { !unread.contains($0) }.map { BusBinding($0, headers: ["category": "stasis"]) }
    }

    /// An event, wrapped as `{"name", "application", "data": <event>}`. Other events may have one of the names.
    public func receive(_ delivery: BusDelivery) async {
        guard delivery.headers["category"]?.string == "stasis" else { return }
        guard let event = Self.event(in: delivery.payload) else {
            logger.error("Stasis event dropped: no data", metadata: ["name": "\(delivery.name ?? "")"])
            return
        }
        await self.delivery.deliver(event)
    }

    /// Member `data` of the payload, without decoding it.
    static func event(in payload: Data) -> Data? {
        let range = payload.withUnsafeBytes { raw -> Range<Int>? in
            raw.withMemoryRebound(to: UInt8.self) { bytes in
                var scanner = JSONScanner(bytes)
                var found: Range<Int>?
                try? scanner.object { key, scanner in
                    guard key.count == 4, key.equals("data") else { return false }
                    guard scanner.peek() == UInt8(ascii: "{") else { return false }
                    let start = scanner.position
                    try scanner.skipValue()
                    found = start..<scanner.position
                    return true
                }
                return found
            }
        }
        return range.map {
            payload.subdata(in: payload.startIndex + $0.lowerBound..<payload.startIndex + $0.upperBound)
        }
    }

    /// Events may have been missed, so recovery is due once everything is registered.
    public func busConnected() async {
        state.withLock { $0.isBusConnected = true }
        wakeUps.offer(())
    }

    /// From now on events are lost.
    public func busDisconnected() async {
        state.withLock { $0.isBusConnected = false }
        await tellLost()
    }

    // MARK: Registration

    /// Runs until shutdown.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    group.addTask {
                        while (try? await Task.sleep(for: Self.interval)) != nil { self.wakeUps.offer(()) }
                    }
                    group.addTask {
                        self.wakeUps.offer(())
                        while await self.wakeUps.next() != nil { await self.check() }
                    }
                }
            } onCancel: {
                self.wakeUps.close()
            }
        }
        await tellLost()
    }

    /// One request tells whether everything is as it should be.
    private func check() async {
        do {
            let wanted = applications.wanted
            let found = try await client.applications()
            client.markInitialized()
            // One that was forgotten meanwhile is not missed.
            let lacking = wanted.filter { applications.wanted.contains($0) }.filter { application in
                // One that Asterisk lists may be somebody else's, or a socket's of before, whose events go elsewhere.
                guard applications.registered.contains(application.name),
                    let there = found.first(where: { $0.name == application.name })
                else { return true }
                return application.sources.contains { $0 == "channel:" } && !there.hearsAllChannels
            }
            let isLoss = lacking.contains { applications.registered.contains($0.name) }
            if isLoss {
                applications.noteLost()
                await tellLost()
            }
            // Who loses one may be about to lose the others: then all are registered anew.
            let failures = try await add(isLoss ? wanted : lacking)
            applications.noteRegistered(
                wanted.filter { applications.isWanted($0.name) && failures[$0.name] == nil }.map(\.name)
            )
            // With none of them there is no feed; one that Asterisk refuses is no reason to lose the others.
            if let failure = failures.first, applications.registered.isEmpty { throw failure.value }
            if lacking.contains(where: { failures[$0.name] == nil }) { await tellLost() }
            await tellConnected()
            report(failures)
        } catch {
            applications.noteLost()
            await tellLost()
            report(error)
        }
    }

    /// - Returns: Why some of them are not registered, by name.
    /// - Throws: `TelephonyFailure` when Asterisk does not answer.
    private func add(_ lacking: [StasisApplication]) async throws -> [String: any Error] {
        var failures: [String: any Error] = [:]
        for application in lacking where applications.isWanted(application.name) {
            do {
                try await add(application)
            } catch let failure as TelephonyFailure where failure.answer == nil {
                throw failure
            } catch {
                failures[application.name] = error
            }
        }
        return failures
    }

    private func add(_ application: StasisApplication) async throws {
        try await client.registerOnBus(application.name)
        if !application.sources.isEmpty { try await client.subscribe(application.name, to: application.sources) }
        applications.noteRegistered([application.name])
        logger.info("Stasis application registered", metadata: ["application": "\(application.name)"])
    }

    private func tellConnected() async {
        let isNews = state.withLock { state in
            guard state.isBusConnected, !state.isTold else { return false }
            state.isTold = true
            return true
        }
        if isNews { await delivery.receiver.feedConnected() }
    }

    private func tellLost() async {
        let isNews = state.withLock { state in
            defer { state.isTold = false }
            return state.isTold
        }
        if isNews { await delivery.receiver.feedDisconnected() }
    }

    /// One line for each application that is refused anew, none for each further try.
    private func report(_ failures: [String: any Error]) {
        let known = state.withLock { state in
            defer {
                state.refused = Set(failures.keys)
                state.reportedFault = nil
            }
            return state.refused
        }
        for (name, failure) in failures where !known.contains(name) {
            logger.error(
                "Asterisk refuses a Stasis application; it is tried again",
                metadata: ["application": "\(name)", "error": "\(failure)"]
            )
        }
    }

    /// One line for each new reason, none for each further try.
    private func report(_ error: any Error) {
        var text = "\(error)"
        if case TelephonyFailure.notFound = error {
            text = "Asterisk has no res_ari_amqp: set parts.stasis_events to websocket (\(error))"
        }
        let isNews = state.withLock { state in
            defer { state.reportedFault = text }
            return state.reportedFault != text
        }
        if isNews { logger.error("Stasis applications are not registered", metadata: ["error": "\(text)"]) }
    }
}
