// Actions on channels (contract 00 §6.4). A channel is named by its name or its unique id: Asterisk takes both.

extension ManagerControlling {
    /// Sets a variable or function of a channel, in Stasis or not.
    /// - Throws: ``ManagerFailure``: refused with `No such channel` when it is gone; `CancellationError`.
    public func setVariable(_ name: String, to value: String, onChannel channel: String) async throws {
        var action = try ManagerAction("Setvar", channel: channel)
        action.add("Variable", name)
        action.add("Value", value)
        _ = try await send(action)
    }

    /// Sets a global variable or a function without a channel, for instance `DEVICE_STATE(Custom:x)`.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func setGlobalVariable(_ name: String, to value: String) async throws {
        _ = try await send(ManagerAction("Setvar", ["Variable": name, "Value": value]))
    }

    /// Whether the dialplan has the place, also through includes and patterns. A refusal means that there is no
    /// such extension (contract 00 §6.4).
    /// - Throws: ``ManagerFailure`` but a refusal; `CancellationError`.
    public func extensionExists(_ place: DialplanPlace) async throws -> Bool {
        // Without an extension Asterisk would list the whole context, without a context the whole dialplan.
        guard !place.context.isEmpty, !place.exten.isEmpty else { return false }
        let action = ManagerAction("ShowDialplan", ["Context": place.context, "Extension": place.exten])
        do {
            return try await send(action).contains {
                $0.event == "ListDialplan" && $0["Priority"] == "\(place.priority)"
            }
        } catch ManagerFailure.refused {
            return false
        }
    }

    /// Sends a channel to a place of the dialplan, and the channel that it talks with likewise.
    /// - Parameters:
    ///   - extra: The other channel; without a place of its own it goes to `place` too.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func redirect(
        _ channel: String,
        to place: DialplanPlace,
        extra: String? = nil,
        extraPlace: DialplanPlace? = nil
    ) async throws {
        var action = try ManagerAction("Redirect", channel: channel)
        if let extra {
            guard !extra.isEmpty else { throw ManagerFailure.unsendable("Redirect names no extra channel") }
            action.add("ExtraChannel", extra)
        }
        action.add("Context", place.context)
        action.add("Exten", place.exten)
        action.add("Priority", "\(place.priority)")
        action.add("ExtraContext", extraPlace?.context)
        action.add("ExtraExten", extraPlace?.exten)
        action.add("ExtraPriority", extraPlace.map { "\($0.priority)" })
        _ = try await send(action)
    }

    /// Silences what comes from a channel, or lets it be heard again.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func muteAudio(of channel: String, isMuted: Bool) async throws {
        var action = try ManagerAction("MuteAudio", channel: channel)
        action.add("Direction", "in")
        action.add("State", isMuted ? "on" : "off")
        _ = try await send(action)
    }

    /// Makes it seem as if the channel had sent these digits, one after the other, without a pause.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func playDTMF(_ digits: String, on channel: String) async throws {
        for digit in digits {
            var action = try ManagerAction("PlayDTMF", channel: channel)
            action.add("Digit", String(digit))
            action.add("Receive", "true")
            _ = try await send(action)
        }
    }

    /// Starts recording a channel with the other side mixed in.
    /// - Parameters:
    ///   - file: Name of the file; below Asterisk's monitor directory when it is relative.
    ///   - options: Of application MixMonitor, for instance `a` for appending.
    /// - Returns: Asterisk's id of the recording; it tells it only with option `i(<variable>)` (seen on Asterisk 22.10).
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    @discardableResult
    public func startMixMonitor(of channel: String, file: String, options: String? = nil) async throws -> String? {
        var action = try ManagerAction("MixMonitor", channel: channel)
        action.add("File", file)
        action.add("Options", options)
        return try await send(action).first?["MixMonitorID"]
    }

    /// Ends the recording of a channel.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func stopMixMonitor(of channel: String) async throws {
        _ = try await send(ManagerAction("StopMixMonitor", channel: channel))
    }

    /// Pauses or unpauses a member in all its queues.
    /// - Returns: Whether it is a member of any (`Interface not found` is normal, contract 10).
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    @discardableResult
    public func pauseQueueMember(_ interface: String, isPaused: Bool) async throws -> Bool {
        let action = ManagerAction("QueuePause", ["Interface": interface, "Paused": isPaused ? "true" : "false"])
        do {
            _ = try await send(action)
            return true
        } catch ManagerFailure.refused(message: "Interface not found", action: _) {
            return false
        }
    }

    /// Sends a SIP NOTIFY to the phone of a PJSIP channel, for instance with `Event` = `talk`.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func notify(channel: String, _ variables: KeyValuePairs<String, String>) async throws {
        var action = try ManagerAction("PJSIPNotify", channel: channel)
        for (name, value) in variables { action.addVariable(name, value) }
        _ = try await send(action)
    }

    /// Sends a SIP NOTIFY to all contacts of a PJSIP endpoint.
    /// - Throws: ``ManagerFailure``; `CancellationError`.
    public func notify(endpoint: String, _ variables: KeyValuePairs<String, String>) async throws {
        var action = ManagerAction("PJSIPNotify", ["Endpoint": endpoint])
        for (name, value) in variables { action.addVariable(name, value) }
        _ = try await send(action)
    }
}

extension ManagerAction {
    /// An action on a channel. Several actions mean something else when the channel is empty: `Setvar` would set
    /// a global variable.
    /// - Throws: ``ManagerFailure/unsendable(_:)`` when the channel is empty.
    init(_ name: String, channel: String) throws(ManagerFailure) {
        guard !channel.isEmpty else { throw .unsendable("\(name) names no channel") }
        self.init(name, ["Channel": channel])
    }
}
