/// What a route answers, for the API's descriptions.
public struct Answers: Sendable {
    let status: Int
    let text: String
    let schema: Schema?
    let mediaType: String?
    /// Statuses of refusals that only some routes have.
    private(set) var refusals: Set<Int> = []

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

    /// The same, for a route that also refuses with these statuses, such as 403 (not the user's own) and 409 (not in this
    /// state). What every route of its kind refuses with (400, 401, 404, 503) needs no mention.
    public func orRefused(_ statuses: Int...) -> Answers {
        var copy = self
        copy.refusals.formUnion(statuses)
        return copy
    }

    private init(_ status: Int, _ text: String, _ schema: Schema?, mediaType: String? = nil) {
        self.status = status
        self.text = text
        self.schema = schema
        self.mediaType = mediaType
    }
}
