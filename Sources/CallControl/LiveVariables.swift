import Core
import Synchronization
public import Telephony

/// Reads of channel variables by the rule "snapshot first, then live", with a cache for the names that do not change
/// during a call (contract 00 §7.4).
///
/// A value is kept from its first successful read until the channel is destroyed. Several readers of the same variable
/// share one request. While the feed is away the end of a channel could be missed, so nothing is kept then.
public final class LiveVariables: EventReceiving {
    /// Names whose values are kept. Of the contract's list `WAZO_USERUUID` and `CONNECTEDLINE(all)` are left out: both
    /// change when a call is picked up (contract 00 §12 row 5), and nothing tells of that reliably.
    public static let keptNames: Set<String> = [
        "CALLERID(number)", "CHANNEL(channeltype)", "CHANNEL(language)", "CHANNEL(linkedid)",
        "CHANNEL(pjsip,call-id)", "WAZO_CHANNEL_DIRECTION", "WAZO_DEREFERENCED_USERUUID", "WAZO_ENTRY_EXTEN",
        "WAZO_LINE_ID", "WAZO_RECORDING_START_SOUND", "WAZO_RECORDING_STOP_SOUND", "WAZO_SIP_CALL_ID",
        "WAZO_SWITCHBOARD_FALLBACK_NOANSWER_ACTION", "WAZO_SWITCHBOARD_TIMEOUT", "WAZO_TENANT_UUID",
        "WAZO_USER_OUTGOING_CALL", "XIVO_ORIGINAL_CALLER_ID",
    ]

    private let channels: any ChannelControlling
    private let anyChannels: any AnyChannelVariableSetting
    private let pause: Duration
    private let state: Mutex<VariableCache>

    /// A reader without kept values.
    /// - Parameters:
    ///   - channels: Who is asked.
    ///   - anyChannels: Who sets variables of channels that need not be in Stasis.
    ///   - capacity: Channels whose values are kept at most; at least 1.
    ///   - pause: Between two looks at whether a value has become visible.
    public init(
        channels: any ChannelControlling,
        anyChannels: any AnyChannelVariableSetting,
        capacity: Int = 8_192,
        pause: Duration = .milliseconds(10)
    ) {
        self.channels = channels
        self.anyChannels = anyChannels
        self.pause = pause
        state = Mutex(VariableCache(capacity: capacity))
    }

    // MARK: Reading

    /// A variable of a channel whose snapshot is at hand; `nil` when it is unset or empty.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    public func variable(_ name: String, of channel: Channel) async throws -> String? {
        if let value = channel.variables[name] { return value.isEmpty ? nil : value }
        return try await variable(name, of: channel.id)
    }

    /// A variable of a channel; `nil` when it is unset or empty.
    /// - Throws: `TelephonyFailure`, `.notFound` when the channel is gone.
    public func variable(_ name: String, of channel: ChannelID) async throws -> String? {
        guard Self.keptNames.contains(name) else { return try await read(name, of: channel) }
        let key = VariableCache.Key(channel: channel, name: name)
        // The request is a task of its own: a reader that is cancelled must not end it for the others. It ends by
        // itself within the request's time limit.
        let step = state.withLock { cache in
            cache.read(key) { flight in
                Task {
                    do {
                        let value = try await self.read(name, of: channel)
                        self.state.withLock { $0.finish(key, flight: flight, value: value) }
                        return value
                    } catch {
                        self.state.withLock { $0.finish(key, flight: flight, value: nil) }
                        throw error
                    }
                }
            }
        }
        switch step {
        case .kept(let value): return value
        case .underWay(let task): return try await task.value
        case .unshared: return try await read(name, of: channel)
        }
    }

    private func read(_ name: String, of channel: ChannelID) async throws -> String? {
        let value = try await channels.variable(name, of: channel)
        return value?.isEmpty == true ? nil : value
    }

    /// Channels whose values are kept now.
    public var keptChannels: Int { state.withLock { $0.count } }

    // MARK: Setting

    /// Sets a variable; readers get the new value from then on.
    /// - Parameter inStasis: Whether the channel is known to be in Stasis; any other is set by the way that
    ///   ``Telephony/AnyChannelVariableSetting`` has.
    /// - Throws: `TelephonyFailure`.
    public func set(_ name: String, to value: String, of channel: ChannelID, inStasis: Bool = false) async throws {
        let key = VariableCache.Key(channel: channel, name: Self.plainName(name))
        let ticket = state.withLock { $0.beginSet(key) }
        do {
            if inStasis {
                try await channels.setVariable(name, to: value, of: channel)
            } else {
                try await anyChannels.setVariable(name, to: value, ofAny: channel)
            }
            // What a function reads back need not be what was written.
            let isPlain = !key.name.ends(with: ")") && Self.keptNames.contains(key.name) && !value.isEmpty
            state.withLock { $0.endSet(key, ticket: ticket, value: isPlain ? value : nil) }
        } catch {
            state.withLock { $0.endSet(key, ticket: ticket, value: nil) }
            throw error
        }
    }

    /// Sets a variable and returns when a read shows the new value; as a rule the first does.
    /// - Throws: `TelephonyFailure`; ``VariableNotVisible`` after 20 reads.
    public func setAndConfirm(
        _ name: String,
        to value: String,
        of channel: ChannelID,
        inStasis: Bool = false
    ) async throws {
        try await set(name, to: value, of: channel, inStasis: inStasis)
        for attempt in 1...20 {
            if try await channels.variable(Self.plainName(name), of: channel) ?? "" == value { return }
            if attempt < 20 { try await Task.sleep(for: pause) }
        }
        throw VariableNotVisible(name: name, channel: channel)
    }

    /// Without the underscores that make a variable inherited.
    private static func plainName(_ name: String) -> String {
        name.suffix(after: "__") ?? name.suffix(after: "_") ?? name
    }

    // MARK: EventReceiving

    /// Ends of channels, and new caller ids, of which something is kept or being read.
    public func wants(_ head: EventHead) -> Bool {
        guard head.type == "ChannelDestroyed" || head.type == "ChannelCallerId", let channel = head.channel else {
            return false
        }
        return state.withLock { $0.knows(channel) }
    }

    /// Forgets what the event makes untrue.
    public func receive(_ event: AsteriskEvent, head: EventHead) async {
        guard let channel = head.channel else { return }
        state.withLock { cache in
            if head.type == "ChannelDestroyed" {
                cache.forget(channel)
            } else {
                cache.forget(VariableCache.Key(channel: channel, name: "CALLERID(number)"))
            }
        }
    }

    /// From now on values are kept.
    public func feedConnected() async { state.withLock { $0.listen(true) } }
    /// Forgets everything.
    public func feedDisconnected() async { state.withLock { $0.listen(false) } }
}

/// A variable was set, and reads went on showing another value.
public struct VariableNotVisible: Error, Sendable, Hashable {
    /// The variable.
    public var name: String
    /// Its channel.
    public var channel: ChannelID

    /// A failure with its parts.
    public init(name: String, channel: ChannelID) {
        self.name = name
        self.channel = channel
    }
}
