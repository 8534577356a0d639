public import Core
import HTTPTypes
public import Hummingbird
import NIOCore

/// A JSON answer; the body ends with a newline (contract 00 §3).
public struct JSONResponse: ResponseGenerator, Sendable {
    /// The body.
    public let body: JSONValue
    /// The status.
    public let status: HTTPResponse.Status

    /// An answer with this body, 200 unless said otherwise.
    public init(_ body: JSONValue, status: HTTPResponse.Status = .ok) {
        self.body = body
        self.status = status
    }

    /// The HTTP response.
    public func response(from request: Request, context: some RequestContext) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: body.text + "\n"))
        )
    }
}
