import Core

/// A wazo-call-logd with transcriptions of voicemails (contract 38 §7). Put it behind a ``FakeService``.
public struct FakeCallLogd: Sendable {
    /// The service token that it takes.
    public static let token = "f0000000-0000-4000-8000-000000000001"
    private let items: [JSONValue]

    /// One with the golden transcription, of message `1767220000-00000003` in box 44.
    /// - Parameters:
    ///   - more: Further messages that have one, newest first.
    ///   - box: Their box.
    /// - Throws: when the golden body is missing.
    public init(more: [String] = [], box: Int = 45) throws {
        let golden = try GoldenBodies.body("calllogd.transcriptions")["items"]?.array ?? []
        let others = more.map { id -> JSONValue in
            var item = golden.first?.object ?? [:]
            item["message_id"] = .string(id)
            item["voicemail_id"] = .integer(Int64(box))
            item["transcription_text"] = .string("Text of \(id)")
            return .object(item)
        }
        items = golden + others
    }

    /// The answer to a request.
    public func answer(_ request: FakeService.Request) -> FakeService.Answer {
        guard request.method == "GET", request.path.hasSuffix("/voicemails/transcriptions") else { return .init(404) }
        guard request.headers["x-auth-token"] == Self.token else {
            return (try? GoldenBodies.body("std.error")).map { .init(401, $0) } ?? .init(500)
        }
        let boxes = (request.query["voicemail_id"] ?? "").split(separator: ",").map { Int64($0) }
        guard !boxes.contains(nil) else { return .init(400) }
        let found = boxes.isEmpty ? items : items.filter { boxes.contains($0["voicemail_id"]?.integer) }
        let page = found.dropFirst(request.query["offset"].flatMap { Int($0) } ?? 0)
            .prefix(request.query["limit"].flatMap { Int($0) } ?? 1_000)
        let total = JSONValue.integer(Int64(items.count))
        return .init(
            200,
            ["items": .array(Array(page)), "total": total, "filtered": .integer(Int64(found.count))]
        )
    }
}
