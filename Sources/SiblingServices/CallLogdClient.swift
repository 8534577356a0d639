import Core
public import ServiceClient

/// Transcriptions of voicemails in wazo-call-logd (contract 31 §4).
public struct CallLogdClient: Sendable {
    private let client: ServiceClient
    /// Boxes that one request asks for: a URL has an end.
    private static let mostBoxes = 200
    /// Transcriptions of one answer: call-logd's own default.
    private static let pageSize = 1_000
    /// Answers that one question may take.
    private static let mostPages = 100

    /// - Parameter client: Client of call-logd, version 1.0, with the service's own token.
    public init(client: ServiceClient) { self.client = client }

    /// The texts of the messages of boxes, by message id.
    /// - Throws: ``SiblingFailure``; `CancellationError`.
    public func transcriptions(ofVoicemails ids: [Int]) async throws -> [String: String] {
        var texts: [String: String] = [:]
        var rest = ids[...]
        while !rest.isEmpty {
            let list = rest.prefix(Self.mostBoxes).map(String.init).joined(separator: ",")
            for page in 0..<Self.mostPages {
                let items = try await items(of: list, from: page * Self.pageSize)
                let known = texts.count
                for item in items {
                    guard let id = item["message_id"]?.string, let text = item["transcription_text"]?.string else {
                        continue
                    }
                    // The newest come first.
                    if texts[id] == nil { texts[id] = text }
                }
                // One that knows no `offset` answers the same for ever.
                if items.count < Self.pageSize || texts.count == known { break }
            }
            rest = rest.dropFirst(Self.mostBoxes)
        }
        return texts
    }

    private func items(of boxes: String, from offset: Int) async throws -> [JSONValue] {
        var request = ServiceRequest(.get, ["voicemails", "transcriptions"])
        request.query = [("voicemail_id", boxes), ("limit", "\(Self.pageSize)"), ("offset", "\(offset)")]
        guard let items = try await client.body(of: request)["items"]?.array else {
            throw SiblingFailure(service: client.name, text: "no items in the answer", status: 200)
        }
        return items
    }
}
