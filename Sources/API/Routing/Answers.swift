/// What a route answers when all is well, for the API's descriptions.
public struct Answers: Sendable {
    let status: Int
    let text: String
    let schema: Schema?
    let mediaType: String?

    /// 200 with this body.
    public static func ok(_ schema: Schema) -> Answers { Answers(200, "Done", schema) }
    /// 201 with what was created.
    public static func created(_ schema: Schema) -> Answers { Answers(201, "Created", schema) }
    /// 204, no body.
    public static let noContent = Answers(204, "Done, nothing to say", nil)
    /// 200 with bytes of this media type.
    public static func bytes(_ mediaType: String) -> Answers {
        Answers(200, "The content", .bytes, mediaType: mediaType)
    }

    private init(_ status: Int, _ text: String, _ schema: Schema?, mediaType: String? = nil) {
        self.status = status
        self.text = text
        self.schema = schema
        self.mediaType = mediaType
    }
}
