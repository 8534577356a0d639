import Core
import Foundation
import Telephony

/// An object of ARI that lacks what it must have.
struct ARIObjectFault: Error, CustomStringConvertible {
    /// The object's kind, and the member.
    var description: String

    init(_ kind: String, lacks member: String) { description = "\(kind) without \(member)" }
}

/// Members of ARI's objects. A member that is absent, `null` or of another kind reads as empty: Asterisk's versions
/// differ, and only identities are indispensable.
extension JSONValue {
    func text(_ key: String) -> String { self[key]?.string ?? "" }
    func texts(_ key: String) -> [String] { (self[key]?.array ?? []).compactMap(\.string) }
    func count(_ key: String) -> Int? { self[key]?.integer.flatMap { Int(exactly: $0) } }
    func date(_ key: String) -> Date? { self[key]?.string.flatMap(ARITimestamp.date) }

    /// The text of an identity.
    /// - Throws: ``ARIObjectFault``
    func identity(_ key: String, of kind: String) throws -> String {
        guard let text = self[key]?.string else { throw ARIObjectFault(kind, lacks: key) }
        return text
    }

    /// The elements of an array, each read.
    func list<Element>(_ read: (JSONValue) throws -> Element) throws -> [Element] {
        guard case .array(let elements) = self else { throw ARIObjectFault("answer", lacks: "a list") }
        return try elements.map(read)
    }
}

extension Channel {
    /// - Throws: ``ARIObjectFault``
    init(ari json: JSONValue) throws {
        self.init(
            id: ChannelID(try json.identity("id", of: "channel")),
            name: json.text("name"),
            state: json.text("state"),
            callerName: json["caller"]?.text("name") ?? "",
            callerNumber: json["caller"]?.text("number") ?? "",
            variables: json["channelvars"]?.object?.compactMapValues(\.string) ?? [:],
            createdAt: json.date("creationtime")
        )
        connectedName = json["connected"]?.text("name") ?? ""
        connectedNumber = json["connected"]?.text("number") ?? ""
        redirectingNumber = json["caller_rdnis"]?.string
        creationTime = json.text("creationtime")
        language = json.text("language")
        protocolID = json.text("protocol_id")
        guard let dialplan = json["dialplan"] else { return }
        applicationName = dialplan.text("app_name")
        applicationData = dialplan.text("app_data")
        place = DialplanPlace(
            context: dialplan.text("context"),
            exten: dialplan.text("exten"),
            priority: dialplan.count("priority") ?? 1
        )
    }
}

extension Bridge {
    /// - Throws: ``ARIObjectFault``
    init(ari json: JSONValue) throws {
        self.init(
            id: BridgeID(try json.identity("id", of: "bridge")),
            kind: Kind(rawValue: json.text("bridge_type")),
            name: json.text("name"),
            bridgeClass: json.text("bridge_class"),
            channels: json.texts("channels").map(ChannelID.init(_:))
        )
    }
}

extension Playback {
    /// - Throws: ``ARIObjectFault``
    init(ari json: JSONValue) throws {
        self.init(
            id: PlaybackID(try json.identity("id", of: "playback")),
            media: json.text("media_uri"),
            nextMedia: json["next_media_uri"]?.string,
            target: MediaTarget(uri: json.text("target_uri")),
            language: json.text("language"),
            state: json.text("state")
        )
    }
}

extension LiveRecording {
    /// - Throws: ``ARIObjectFault``
    init(ari json: JSONValue) throws {
        self.init(
            name: try json.identity("name", of: "recording"),
            format: json.text("format"),
            target: MediaTarget(uri: json.text("target_uri")),
            state: json.text("state"),
            duration: json.count("duration"),
            talkingDuration: json.count("talking_duration"),
            silenceDuration: json.count("silence_duration"),
            cause: json["cause"]?.string
        )
    }
}

extension StoredRecording {
    /// - Throws: ``ARIObjectFault``
    init(ari json: JSONValue) throws {
        self.init(name: try json.identity("name", of: "recording"), format: json.text("format"))
    }
}

extension Endpoint {
    /// - Throws: ``ARIObjectFault``
    init(ari json: JSONValue) throws {
        self.init(
            technology: try json.identity("technology", of: "endpoint"),
            resource: try json.identity("resource", of: "endpoint"),
            state: json.text("state"),
            channels: json.texts("channel_ids").map(ChannelID.init(_:))
        )
    }
}

extension Contact {
    init(ari json: JSONValue) {
        self.init(
            uri: json.text("uri"),
            aor: json.text("aor"),
            status: json.text("contact_status"),
            roundTrip: json["roundtrip_usec"]?.string
        )
    }
}

extension PeerStatus {
    init(ari json: JSONValue) {
        self.init(
            status: json.text("peer_status"),
            cause: json["cause"]?.string,
            address: json["address"]?.string,
            port: json["port"]?.string
        )
    }
}

extension DeviceState {
    /// - Throws: ``ARIObjectFault``
    init(ari json: JSONValue) throws {
        self.init(name: try json.identity("name", of: "device state"), state: json.text("state"))
    }
}

extension StasisApplicationState {
    /// - Throws: ``ARIObjectFault``
    init(ari json: JSONValue) throws {
        self.init(
            name: try json.identity("name", of: "application"),
            channels: json.texts("channel_ids").map(ChannelID.init(_:)),
            bridges: json.texts("bridge_ids").map(BridgeID.init(_:)),
            endpoints: json.texts("endpoint_ids"),
            devices: json.texts("device_names")
        )
    }
}

extension AsteriskInformation {
    init(ari json: JSONValue) {
        self.init(
            version: json["system"]?.text("version") ?? "",
            entityID: json["system"]?.text("entity_id") ?? "",
            startedAt: json["status"]?.date("startup_time"),
            reloadedAt: json["status"]?.date("last_reload_time")
        )
    }
}
