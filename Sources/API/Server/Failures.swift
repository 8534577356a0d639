public import Core
import NIOCore

/// What the HTTP rules themselves refuse (contract 00 §3.1, §4, §5.3).
extension Failure {
    /// 400: the body is missing or is not JSON. `message` is the reference's, the id is ours.
    static let invalidJSON = Failure(
        status: 400,
        errorID: "invalid-json",
        message: "The browser (or proxy) sent a request that this server could not understand."
    )

    /// 404: no route has this path.
    static let unknownPath = Failure(
        status: 404,
        errorID: "not-found",
        message: "The requested URL was not found on the server."
    )

    /// 405: the path has other methods. `message` is the reference's, the id is ours.
    static let methodNotAllowed = Failure(
        status: 405,
        errorID: "method-not-allowed",
        message: "The method is not allowed for the requested URL."
    )

    /// 413: the body is longer than the limit.
    static func bodyTooLarge(limit: Int) -> Failure {
        Failure(
            status: 413,
            errorID: "body-too-large",
            message: "The request body is longer than this server accepts",
            details: ["limit": .integer(Int64(limit))]
        )
    }

    /// 503: as many requests as allowed run, and as many as allowed wait.
    static let serverBusy = Failure(
        status: 503,
        errorID: "server-busy",
        message: "Too many requests are being served, try again later"
    )

    /// 503: the server stops while the request waits.
    static let serverStopping = Failure(status: 503, errorID: "server-stopping", message: "The server is stopping")

    /// 400: `users/me` with a token that has no user (contract 00 §4.6).
    public static let tokenWithUserRequired = Failure(
        status: 400,
        errorID: "token-with-user-uuid-required",
        message: "A valid token with a user UUID is required"
    )

    /// 401: the route is for the master tenant's tokens only (contract 00 §4.2 (d)).
    static func notMasterTenant(token: String) -> Failure { unauthorized(token, [:]) }

    /// 401 (contract 00 §4.2). The token is shown so that its owner knows which one it is, not so that whoever reads
    /// the answer, or a log that holds it, can use it.
    static func unauthorized(_ token: String, _ details: [String: JSONValue]) -> Failure {
        let shown = SecretMasking.maskedMiddle(String(decoding: token.utf8.prefix(256), as: UTF8.self))
        return Failure(
            status: 401,
            errorID: "unauthorized",
            message: "Unauthorized",
            details: details.merging(["invalid_token": .string(shown)]) { $1 }
        )
    }

    /// 400: the body broke off, its framing is wrong or too long, or the head is not HTTP's.
    static let brokenRequest = Failure(status: 400, errorID: "http-error", message: "Bad Request")

    /// 501: a transfer coding other than `chunked`.
    static let unknownCoding = Failure(status: 501, errorID: "http-error", message: "Not Implemented")

    /// Answers of 5xx that the client brings about: it wants more than a limit allows.
    private static let limits: Set<String> = ["server-busy", "too-many-event-streams", "parking-full"]

    /// Whether the client is the reason, and not a fault of a server: such answers have no line of an error, and their lines
    /// have a rate.
    var isTheClients: Bool { status < 500 || status == 501 || Self.limits.contains(errorID) }

    /// 408: the body came too slowly.
    static let lateBody = Failure(status: 408, errorID: "http-error", message: "Request Timeout")
}
