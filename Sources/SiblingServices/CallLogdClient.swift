import Core
public import ServiceClient

/// Transcriptions of voicemails in wazo-call-logd (contract 31 §4).
public struct CallLogdClient: Sendable {
    private let client: ServiceClient
    /// Boxes that one request asks for: a URL has an end.
    private static let mostBoxes = 200

    /// - Parameter client: Client of call-logd, version 1.0, with the service's own token.
    public init(client: ServiceClient) { self.client = client }

    /// The texts of the messages of boxes, by message id.
    /// - Throws: ``SiblingFailure``; `CancellationError`.
    public func transcriptions(ofVoicemails ids: [Int]) async throws -> [String: String] {
        var texts: [String: String] = [:]
        var rest = ids[...]
        while !rest.isEmpty {
            var request = ServiceRequest(.get, ["voicemails", "transcriptions"])
            let list = rest.prefix(Self.mostBoxes).map(String.init).joined(separator: ",")
            request.query = [("voicemail_id", list)]
            let body = try await client.body(of: request)
            guard let items = body["items"]?.array else {
                throw SiblingFailure(service: client.name, text: "no items in the answer", status: 200)
            }
            for item in items {
                guard let id = item["message_id"]?.string, let text = item["transcription_text"]?.string else {
                    continue
                }
                texts[id] = text
            }
            rest = rest.dropFirst(Self.mostBoxes)
        }
        return texts
    }
}
