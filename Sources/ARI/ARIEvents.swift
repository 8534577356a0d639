import Core
import Foundation
import Telephony

extension AsteriskEvent {
    /// Reads a whole event.
    /// - Throws: ``ARIObjectFault``, `JSONSyntaxError`.
    init(ari message: Data) throws {
        let json = try JSONValue(parsing: message)
        self.init(
            try Kind(ari: json, type: try json.identity("type", of: "event")),
            application: json.text("application"),
            timestamp: json.date("timestamp") ?? Date()
        )
    }
}

extension AsteriskEvent.Kind {
    /// - Throws: ``ARIObjectFault``
    fileprivate init(ari json: JSONValue, type: String) throws {
        let objects = EventObjects(json: json, type: type)
        if let kind = try Self.ofStasisOrBridge(objects) {
            self = kind
        } else if let kind = try Self.ofChannel(objects) {
            self = kind
        } else if let kind = try Self.ofMedia(objects) {
            self = kind
        } else {
            self = try Self.ofDialOrTransfer(objects) ?? .other(type)
        }
    }

    private static func ofStasisOrBridge(_ event: EventObjects) throws -> Self? {
        switch event.type {
        case "StasisStart":
            .stasisStart(
                try event.channel(),
                arguments: event.json.texts("args"),
                replaced: try event.optional("replace_channel", Channel.init(ari:))
            )
        case "StasisEnd": .stasisEnd(try event.channel())
        case "ApplicationMoveFailed":
            .applicationMoveFailed(try event.channel(), destination: event.json.text("destination"))
        case "BridgeCreated": .bridgeCreated(try event.bridge())
        case "BridgeDestroyed": .bridgeDestroyed(try event.bridge())
        case "BridgeMerged":
            .bridgesMerged(try event.bridge(), from: try event.required("bridge_from", Bridge.init(ari:)))
        // The channel is said to be optional there.
        case "ChannelEnteredBridge" where event.json["channel"]?.object == nil: nil
        case "ChannelEnteredBridge": .channelEnteredBridge(try event.channel(), try event.bridge())
        case "ChannelLeftBridge": .channelLeftBridge(try event.channel(), try event.bridge())
        default: nil
        }
    }

    private static func ofChannel(_ event: EventObjects) throws -> Self? {
        let json = event.json
        return switch event.type {
        case "ChannelCreated": .channelCreated(try event.channel())
        case "ChannelDestroyed": .channelDestroyed(try event.channel(), cause: json.count("cause") ?? 0)
        case "ChannelStateChange": .channelStateChange(try event.channel())
        case "ChannelCallerId": .channelCallerID(try event.channel())
        case "ChannelConnectedLine": .channelConnectedLine(try event.channel())
        case "ChannelHangupRequest": .channelHangupRequest(try event.channel(), cause: json.count("cause"))
        case "ChannelDtmfReceived":
            .channelDTMFReceived(
                try event.channel(),
                digit: json.text("digit"),
                milliseconds: json.count("duration_ms") ?? 0
            )
        case "ChannelHold": .channelHold(try event.channel(), musicClass: json["musicclass"]?.string)
        case "ChannelUnhold": .channelUnhold(try event.channel())
        case "ChannelMohStart": .channelMusicStarted(try event.channel(), musicClass: json["moh_class"]?.string)
        case "ChannelMohStop": .channelMusicStopped(try event.channel())
        case "ChannelTalkingStarted": .channelTalkingStarted(try event.channel())
        case "ChannelTalkingFinished":
            .channelTalkingFinished(try event.channel(), milliseconds: json.count("duration") ?? 0)
        case "ChannelVarset":
            .channelVariableSet(
                try event.optional("channel", Channel.init(ari:)),
                name: json.text("variable"),
                value: json.text("value")
            )
        case "ChannelUserevent":
            .userEvent(
                name: json.text("eventname"),
                try event.optional("channel", Channel.init(ari:)),
                try event.optional("bridge", Bridge.init(ari:)),
                fields: json["userevent"]?.object ?? [:]
            )
        default: nil
        }
    }

    private static func ofMedia(_ event: EventObjects) throws -> Self? {
        func playback() throws -> Playback { try event.required("playback", Playback.init(ari:)) }
        func recording() throws -> LiveRecording { try event.required("recording", LiveRecording.init(ari:)) }
        func endpoint() throws -> Endpoint { try event.required("endpoint", Endpoint.init(ari:)) }
        return switch event.type {
        case "PlaybackStarted": .playbackStarted(try playback())
        case "PlaybackContinuing": .playbackContinuing(try playback())
        case "PlaybackFinished": .playbackFinished(try playback())
        case "RecordingStarted": .recordingStarted(try recording())
        case "RecordingFinished": .recordingFinished(try recording())
        case "RecordingFailed": .recordingFailed(try recording())
        case "EndpointStateChange": .endpointStateChange(try endpoint())
        case "ContactStatusChange":
            .contactStatusChange(try endpoint(), try event.required("contact_info", Contact.init(ari:)))
        case "PeerStatusChange": .peerStatusChange(try endpoint(), try event.required("peer", PeerStatus.init(ari:)))
        case "DeviceStateChanged": .deviceStateChanged(try event.required("device_state", DeviceState.init(ari:)))
        default: nil
        }
    }

    private static func ofDialOrTransfer(_ event: EventObjects) throws -> Self? {
        switch event.type {
        case "Dial": .dial(try DialProgress(event))
        case "BridgeBlindTransfer": .blindTransfer(try BlindTransfer(event))
        case "BridgeAttendedTransfer": .attendedTransfer(try AttendedTransfer(event))
        default: nil
        }
    }
}

/// The objects of an event.
private struct EventObjects {
    let json: JSONValue
    let type: String

    func channel() throws -> Channel { try required("channel", Channel.init(ari:)) }
    func bridge() throws -> Bridge { try required("bridge", Bridge.init(ari:)) }

    /// - Throws: ``ARIObjectFault``
    func required<Value>(_ key: String, _ read: (JSONValue) throws -> Value) throws -> Value {
        guard let value = try optional(key, read) else { throw ARIObjectFault(type, lacks: key) }
        return value
    }

    /// `nil` for a member that is absent, `null` or not an object.
    func optional<Value>(_ key: String, _ read: (JSONValue) throws -> Value) throws -> Value? {
        guard let value = json[key], value.object?.isEmpty == false else { return nil }
        return try read(value)
    }
}

extension DialProgress {
    fileprivate init(_ event: EventObjects) throws {
        self.init(
            caller: try event.optional("caller", Channel.init(ari:)),
            peer: try event.required("peer", Channel.init(ari:)),
            status: event.json.text("dialstatus"),
            dialString: event.json.text("dialstring"),
            forward: event.json["forward"]?.string.flatMap { $0.isEmpty ? nil : $0 },
            forwarded: try event.optional("forwarded", Channel.init(ari:))
        )
    }
}

extension BlindTransfer {
    fileprivate init(_ event: EventObjects) throws {
        self.init(
            transferer: try event.channel(),
            transferee: try event.optional("transferee", Channel.init(ari:)),
            replaced: try event.optional("replace_channel", Channel.init(ari:)),
            place: DialplanPlace(context: event.json.text("context"), exten: event.json.text("exten")),
            bridge: try event.optional("bridge", Bridge.init(ari:)),
            result: event.json.text("result"),
            isExternal: event.json["is_external"]?.boolean ?? false
        )
    }
}

extension AttendedTransfer {
    fileprivate init(_ event: EventObjects) throws {
        self.init(
            firstLeg: try event.required("transferer_first_leg", Channel.init(ari:)),
            secondLeg: try event.required("transferer_second_leg", Channel.init(ari:)),
            destination: event.json.text("destination_type"),
            result: event.json.text("result"),
            isExternal: event.json["is_external"]?.boolean ?? false
        )
        firstBridge = try event.optional("transferer_first_leg_bridge", Bridge.init(ari:))
        secondBridge = try event.optional("transferer_second_leg_bridge", Bridge.init(ari:))
        transferee = try event.optional("transferee", Channel.init(ari:))
        target = try event.optional("transfer_target", Channel.init(ari:))
        replaced = try event.optional("replace_channel", Channel.init(ari:))
        destinationBridge = event.json["destination_bridge"]?.string.map(BridgeID.init(_:))
    }
}
