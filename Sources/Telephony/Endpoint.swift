/// A snapshot of an endpoint, as ARI shows it.
public struct Endpoint: Sendable, Hashable {
    /// For instance `PJSIP`.
    public var technology: String
    /// Name within the technology.
    public var resource: String
    /// `online`, `offline`, `unknown`, …; may be empty.
    public var state: String
    /// Its channels.
    public var channels: [ChannelID]

    /// A snapshot with all its parts.
    public init(technology: String, resource: String, state: String, channels: [ChannelID] = []) {
        self.technology = technology
        self.resource = resource
        self.state = state
        self.channels = channels
    }

    /// For instance `PJSIP/alice`.
    public var name: String { "\(technology)/\(resource)" }

    /// Whether it is registered or reachable; `nil` when Asterisk does not know (contract 35).
    public var isOnline: Bool? {
        switch state {
        case "online": true
        case "offline": false
        default: nil
        }
    }
}

/// Lists endpoints.
public protocol EndpointListing: Sendable {
    /// All endpoints of all technologies.
    /// - Throws: `TelephonyFailure`.
    func endpoints() async throws -> [Endpoint]
    /// One endpoint; `nil` when there is none of this name.
    /// - Throws: `TelephonyFailure`.
    func endpoint(_ technology: String, _ resource: String) async throws -> Endpoint?
}

/// An address under which a device has registered.
public struct Contact: Sendable, Hashable {
    /// SIP URI.
    public var uri: String
    /// Address of record, that is the endpoint's name as a rule.
    public var aor: String
    /// `Created`, `Reachable`, `Unreachable`, `NonQualified`, `Removed`, …
    public var status: String
    /// Microseconds to the device and back, as Asterisk writes it; `nil` when it was not measured.
    public var roundTrip: String?

    /// A contact with all its parts.
    public init(uri: String, aor: String, status: String, roundTrip: String? = nil) {
        self.uri = uri
        self.aor = aor
        self.status = status
        self.roundTrip = roundTrip
    }
}

/// What an endpoint's peer has become.
public struct PeerStatus: Sendable, Hashable {
    /// `Reachable`, `Unreachable`, `Registered`, `Unregistered`, …
    public var status: String
    /// Why.
    public var cause: String?
    /// Its address.
    public var address: String?
    /// Its port.
    public var port: String?

    /// A status with all its parts.
    public init(status: String, cause: String? = nil, address: String? = nil, port: String? = nil) {
        self.status = status
        self.cause = cause
        self.address = address
        self.port = port
    }
}

/// The state of a device, as phones with lamps see it.
public struct DeviceState: Sendable, Hashable {
    /// For instance `PJSIP/alice` or `Stasis:door`.
    public var name: String
    /// `UNKNOWN`, `NOT_INUSE`, `INUSE`, `BUSY`, `INVALID`, `UNAVAILABLE`, `RINGING`, `RINGINUSE`, `ONHOLD`.
    public var state: String

    /// A state with its parts.
    public init(name: String, state: String) {
        self.name = name
        self.state = state
    }
}

/// Device states; only those whose name begins `Stasis:` can be set.
///
/// An application should not subscribe to `deviceState:` (all devices) over a WebSocket: Asterisk 22.10.1 deadlocks for
/// good when the socket closes while such an event is being sent, and answers no request on applications any more.
public protocol DeviceStateControlling: Sendable {
    /// Those that were set through ARI.
    /// - Throws: `TelephonyFailure`.
    func deviceStates() async throws -> [DeviceState]
    /// The state of a device; one that Asterisk does not know is `INVALID` or `UNKNOWN`.
    /// - Throws: `TelephonyFailure`.
    func deviceState(_ name: String) async throws -> DeviceState
    /// Sets a state.
    /// - Throws: `TelephonyFailure`, `.conflict` when the name does not begin `Stasis:`.
    func setDeviceState(_ name: String, to state: String) async throws
    /// Removes a state that was set.
    /// - Throws: `TelephonyFailure`, `.conflict` when the name does not begin `Stasis:`.
    func removeDeviceState(_ name: String) async throws
}
