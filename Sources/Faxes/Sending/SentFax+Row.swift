import Core
import Foundation
import Persistence

/// The row of a fax that is sent.
extension SentFax {
    var body: JSONValue {
        var body: [String: JSONValue] = [
            "phase": .string(phaseName), "created_at": .number(createdAt.timeIntervalSince1970),
            "context": .string(request.context), "extension": .string(request.exten),
            "caller_id": .string(request.callerID), "ivr_extension": .text(request.ivrExtension),
            "wait_time": .count(request.waitTime), "user_uuid": .text(request.user?.rawValue),
            "retries": .integer(Int64(limits.retries)), "pause": .number(limits.pause), "keep": .number(limits.keep),
            "document_pages": .count(documentPages), "attempt": .integer(Int64(attempt)),
            "is_created": .bool(isCreated), "pages": .count(report.pages), "rate": .count(report.rate),
            "remote_station": .text(report.remoteStation), "error": .text(report.error),
            "ended_at": endedAt.map { .number($0.timeIntervalSince1970) } ?? .null,
        ]
        if case .lingering(let error, _) = phase { body["linger_error"] = .string(error) }
        return .object(body)
    }

    init?(row: AggregateRow) {
        let body = row.body
        guard row.kind == Self.rowKind, let phase = Self.phase(of: row), let context = body["context"]?.string,
            let exten = body["extension"]?.string, let callerID = body["caller_id"]?.string,
            let retries = body["retries"]?.count, let pause = body["pause"]?.seconds, let keep = body["keep"]?.seconds,
            let attempt = body["attempt"]?.count, let createdAt = body["created_at"]?.seconds
        else { return nil }
        self.init(
            id: row.id,
            tenant: row.tenant,
            request: Request(
                context: context,
                exten: exten,
                callerID: callerID,
                ivrExtension: body["ivr_extension"]?.string,
                waitTime: body["wait_time"]?.count,
                user: body["user_uuid"]?.string.map { UserID($0) }
            ),
            limits: Limits(retries: retries, pause: pause, keep: keep),
            createdAt: Date(timeIntervalSince1970: createdAt)
        )
        self.phase = phase
        self.attempt = attempt
        documentPages = body["document_pages"]?.count
        isCreated = body["is_created"]?.boolean ?? true
        report = Report(
            pages: body["pages"]?.count,
            rate: body["rate"]?.count,
            remoteStation: body["remote_station"]?.string,
            error: body["error"]?.string
        )
        endedAt = body["ended_at"]?.seconds.map { Date(timeIntervalSince1970: $0) }
        revision = row.revision
    }

    private static func phase(of row: AggregateRow) -> Phase? {
        let until = row.deadline ?? .distantPast
        switch row.body["phase"]?.string {
        case "converting": return .converting
        case "dialing": return .dialing(until: until)
        case "sending": return .sending(until: until)
        case "lingering": return .lingering(error: row.body["linger_error"]?.string ?? Errors.lost, until: until)
        case "waiting": return .waiting(until: until)
        case "succeeded": return .succeeded(until: until)
        case "failed": return .failed(until: until)
        default: return nil
        }
    }
}

extension JSONValue {
    static func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
    static func count(_ count: Int?) -> JSONValue { count.map { .integer(Int64($0)) } ?? .null }

    fileprivate var count: Int? { integer.flatMap(Int.init(exactly:)) }

    /// A number of either kind.
    fileprivate var seconds: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }
}
