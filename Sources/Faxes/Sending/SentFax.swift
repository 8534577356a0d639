import CallControl
import Core
import Foundation
import Telephony

/// A fax that is sent: the state machine of the job, a pure value.
///
/// ```
/// converting ──▶ dialing ──▶ sending ──▶ lingering ──▶ succeeded ──▶ removed
///                   ▲            │           │──▶ failed ────────────▲
///                   └── waiting ◀┴───────────┘ another attempt
/// ```
/// The result comes from the dialplan (`FaxProgress`) shortly before or after the end of the channel. What ends without
/// one has failed. A job that has ended is kept for a while with its document, then removed.
///
/// ``handle(_:)`` is in `SentFax+Transitions`.
struct SentFax: AggregateMachine {
    static let rowKind = "sent_fax"

    /// Where it stands.
    enum Phase: Sendable, Hashable {
        /// Stored; the PDF is being converted.
        case converting
        /// The far end is being called.
        case dialing(until: Date)
        /// The far end has answered.
        case sending(until: Date)
        /// The channel is gone; the result may still come.
        case lingering(error: String, until: Date)
        /// The last attempt failed, and another follows.
        case waiting(until: Date)
        /// Sent; kept until then.
        case succeeded(until: Date)
        /// Not sent; kept until then.
        case failed(until: Date)
        /// Over; row and files are gone.
        case removed

        /// The phase's name in rows, history, log and answers.
        var name: String {
            switch self {
            case .converting: "converting"
            case .dialing: "dialing"
            case .sending, .lingering: "sending"
            case .waiting: "waiting"
            case .succeeded: "succeeded"
            case .failed: "failed"
            case .removed: "removed"
            }
        }

        /// Whether nothing more is sent.
        var isOver: Bool {
            switch self {
            case .succeeded, .failed, .removed: true
            case .converting, .dialing, .sending, .lingering, .waiting: false
            }
        }
    }

    /// What was asked for.
    struct Request: Sendable, Hashable {
        var context: String
        /// Without white space.
        var exten: String
        var callerID: String
        /// Digits that are sent before the fax.
        var ivrExtension: String?
        /// Seconds between answer and fax.
        var waitTime: Int?
        var user: UserID?
        /// How fine the document is drawn: once, right after it came, so no row keeps it.
        var resolution = FaxResolution.standard
    }

    /// What came of it, as far as it is known.
    struct Report: Sendable, Hashable {
        /// Pages that arrived.
        var pages: Int?
        /// Bits a second.
        var rate: Int?
        /// What the far end calls itself.
        var remoteStation: String?
        /// Why it failed.
        var error: String?
    }

    /// How often and how long, from the configuration of the time when it began.
    struct Limits: Sendable, Hashable {
        /// Attempts after the first.
        var retries: Int
        /// Seconds before the second attempt; each further one waits twice as long.
        var pause: Double
        /// Seconds that an ended job is kept.
        var keep: Double
    }

    /// Its id; also that of the first attempt's channel.
    let id: String
    let tenant: TenantID
    let request: Request
    let limits: Limits
    let createdAt: Date
    var phase: Phase
    /// Pages of the document; `nil` before it was converted.
    var documentPages: Int?
    /// From 1.
    var attempt: Int
    /// Whether clients were told of it.
    var isCreated: Bool
    var report: Report
    var endedAt: Date?
    var revision: Int

    /// A fax that is about to begin.
    init(id: String, tenant: TenantID, request: Request, limits: Limits, createdAt: Date) {
        self.id = id
        self.tenant = tenant
        self.request = request
        self.limits = limits
        self.createdAt = createdAt
        phase = .converting
        attempt = 1
        isCreated = false
        report = Report()
        revision = 0
    }

    /// The channel of the present attempt.
    var channel: ChannelID { ChannelID(attempt == 1 ? id : "\(id)-\(attempt)") }

    /// Whether a call is under way, or has just ended without a result.
    var awaitsResult: Bool {
        switch phase {
        case .dialing, .sending, .lingering: true
        case .converting, .waiting, .succeeded, .failed, .removed: false
        }
    }

    var phaseName: String {
        if case .lingering = phase { return "lingering" }
        return phase.name
    }
    var isEnded: Bool { phase == .removed }
    var channels: Set<ChannelID> { phase.isOver ? [] : [channel] }
    var claimedBridges: Set<BridgeID> { [] }

    var deadline: Date? {
        switch phase {
        case .converting, .removed: nil
        case .dialing(let until), .sending(let until), .lingering(_, let until), .waiting(let until),
            .succeeded(let until), .failed(let until):
            until
        }
    }
}

extension SentFax {
    /// What happens to it.
    enum Event: AggregateEvent {
        /// A client asks for it.
        case requested(by: UserID?)
        /// The document has so many pages.
        case converted(pages: Int, at: Date)
        /// It is no document.
        case notConverted
        /// The far end is being called.
        case dialled
        /// It cannot be.
        case notDialled(error: String, at: Date)
        /// The far end has answered.
        case answered(ChannelID, at: Date)
        /// The far end will not have it.
        case refused(ChannelID, error: String, at: Date)
        /// The dialplan tells the result: a report without an error is a success.
        case reported(ChannelID, Report, at: Date)
        /// The channel is gone.
        case gone(ChannelID, cause: Int, at: Date)
        /// A client gives up.
        case cancelled(by: UserID?, at: Date)
        /// A client wants an ended job removed.
        case discarded(by: UserID?)
        /// After a gap, or a long silence: the channel as Asterisk shows it.
        case seen(Sighting)
        case deadlinePassed

        var name: String {
            switch self {
            case .requested: "requested"
            case .converted: "converted"
            case .notConverted: "not converted"
            case .dialled: "dialled"
            case .notDialled: "not dialled"
            case .answered: "answered"
            case .refused: "refused"
            case .reported(_, let report, _): report.error == nil ? "sent" : "not sent"
            case .gone: "channel gone"
            case .cancelled: "cancelled"
            case .discarded: "discarded"
            case .seen: "seen"
            case .deadlinePassed: "deadline passed"
            }
        }

        var user: UserID? {
            switch self {
            case .requested(let user), .cancelled(let user, _), .discarded(let user): user
            default: nil
            }
        }
    }

    /// The present attempt's channel as Asterisk shows it.
    struct Sighting: Sendable, Hashable {
        /// Whether it exists.
        var isThere: Bool
        /// Whether the far end has answered.
        var isUp: Bool
        /// What the dialplan left behind of the result.
        var report: Report?
        /// Whether it could be asked for one. A fax whose result nobody knows may have arrived.
        var isResultKnown = true
        var at: Date
    }

    /// What must be done.
    enum Effect: Sendable, Hashable {
        case convert
        case dial
        case hangUp
        /// See how the channel is.
        case check
        case removeFiles
    }

    /// What clients are told.
    enum Notice: Sendable, Hashable {
        case created, succeeded, failed
    }
}
