public import Core

/// Makes the phone itself hold, resume or answer. The effect comes as Asterisk's events.
public protocol PhoneControlling: Sendable {
    /// Puts the phone's call on hold.
    /// - Throws: `PhoneFailure`; `CancellationError`.
    func startHold(endpoint: PhoneEndpoint) async throws
    /// Resumes the phone's call.
    /// - Throws: `PhoneFailure`; `CancellationError`.
    func stopHold(endpoint: PhoneEndpoint) async throws
    /// Lets the phone answer the call that makes it ring.
    /// - Throws: `PhoneFailure`; `CancellationError`.
    func answer(endpoint: PhoneEndpoint) async throws
}

/// The name of a phone's endpoint, for instance `k3f9q2`.
public struct PhoneEndpoint: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The name's text.
    public let rawValue: String
    /// Takes the text as it is.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// The name's text.
    public var description: String { rawValue }

    /// The endpoint part of a channel's name (contract 37 §1): behind the technology, up to the last hyphen that
    /// only an endpoint's characters precede; `PJSIP/abc-00000012` is of `abc`.
    /// - Returns: `nil` for the channel of no phone, for instance `Announcer/ARI-00000001`.
    public init?(channelName: String) {
        let pattern = /(?i)(?:pjsip|sip|sccp|local|dahdi|iax2)\/([#+|*\w@\/\-]+)-/.matchingSemantics(.unicodeScalar)
        guard let match = channelName.firstMatch(of: pattern) else { return nil }
        rawValue = String(match.1)
    }
}

/// The service that controls phones could not be asked, or refused (contract 37 §1 and §9.1): 503 for a client,
/// whatever the cause. The texts hold no token.
public struct PhoneFailure: FailureConvertible, Hashable {
    /// Host of phoned as configured.
    public var host: String
    /// Port of phoned as configured.
    public var port: Int
    /// Path before the version as configured.
    public var prefix: String?
    /// Whether phoned is reached over TLS.
    public var isSecure: Bool
    /// What went wrong, for the client's details and for the log.
    public var originalError: String
    /// HTTP status of the answer; `nil` when there was none.
    public var status: Int?

    /// A failure with all its parts.
    public init(
        host: String,
        port: Int,
        prefix: String?,
        isSecure: Bool,
        originalError: String,
        status: Int? = nil
    ) {
        self.host = host
        self.port = port
        self.prefix = prefix
        self.isSecure = isSecure
        self.originalError = originalError
        self.status = status
    }

    /// 503 `phoned-error` with where phoned was looked for and what it said.
    public var failure: Failure {
        Failure(
            status: 503,
            errorID: "phoned-error",
            message: "Phoned internal error",
            details: [
                "phoned_config": [
                    "host": .string(host), "port": .integer(Int64(port)),
                    "prefix": prefix.map(JSONValue.string) ?? .null, "https": .bool(isSecure),
                ],
                "original_error": .string(originalError),
            ]
        )
    }
}

extension PhoneFailure: CustomStringConvertible {
    /// One line for the log.
    public var description: String { "wazo-phoned at \(host):\(port): \(originalError)" }
}
