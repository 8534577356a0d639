public import Core
public import Directory

/// What is asked of a call's recording (contract 41 §4).
public enum RecordingRequest: String, Sendable, Hashable {
    case start, pause, resume
}

/// Recordings of calls: our own feature, or calld's `PUT /calls/{id}/record/{request}`.
public protocol CallRecording: Sendable {
    /// Starts, pauses or resumes the recording of a call.
    /// - Parameters:
    ///   - call: Unique id of the channel.
    ///   - tenant: Tenant of the channel; empty when it has none.
    /// - Throws: When it was refused or cannot be asked; the callers go on without.
    func request(_ request: RecordingRequest, call: String, tenant: String) async throws
}

/// Where nothing records, as in `tandem agi`: each request fails; those who ask say so and go on.
public struct NoCallRecording: CallRecording {
    /// Nothing that records.
    public init() {}

    /// - Throws: Always.
    public func request(_ request: RecordingRequest, call: String, tenant: String) async throws {
        throw HandlerFault("nothing is recorded here")
    }
}

/// Mobile applications that may be asleep (contract 41 §0 "SIP interface" step 3).
public protocol MobileSessions: Sendable {
    /// Whether the user has a refresh token of a mobile application, or else a session of one: auth's
    /// `GET /users/{uuid}/tokens?mobile=true` (`filtered` > 0), then `GET /users/{uuid}/sessions`.
    /// - Throws: When auth cannot be asked: the user then counts as having none.
    func hasMobile(_ user: UserID) async throws -> Bool
}

/// Where there is no auth service nobody has a mobile application.
public struct NoMobileSessions: MobileSessions {
    /// No sessions.
    public init() {}

    /// Always `false`.
    public func hasMobile(_ user: UserID) async throws -> Bool { false }
}

/// Reads only what is in E.164 form already: all that can be told without numbering plans.
public struct InternationalNumbers: PhoneNumberReading {
    /// Reads `+` and 7 to 15 digits.
    public init() {}

    /// The number itself in every form. No country code begins with 0.
    public func read(_ number: String, country: String?) -> PhoneNumberReadingResult {
        guard number.utf8.first == UInt8(ascii: "+") else {
            let isNational =
                number.utf8.contains { (0x30...0x39).contains($0) }
                && !number.unicodeScalars.contains(where: \.properties.isAlphabetic)
            return isNational ? .lacksCountry : .notANumber
        }
        let digits = number.utf8.dropFirst()
        let isNumber = digits.allSatisfy { (0x30...0x39).contains($0) }
        guard isNumber, (7...15).contains(digits.count), digits.first != UInt8(ascii: "0") else { return .notANumber }
        return .number(
            PhoneNumberForms(
                isPossible: true,
                e164: number,
                international: number,
                national: number,
                fromCountry: number,
                nationalDiallable: number
            )
        )
    }
}
