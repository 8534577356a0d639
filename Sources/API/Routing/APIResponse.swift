public import Core
import HTTPTypes
import Hummingbird
public import NIOCore

/// What a route answers.
public struct APIResponse: Sendable {
    /// The status.
    public var status: Int
    /// The headers; `Content-Type` is among them, also where there is no body (contract 00 §3).
    var headers: HTTPFields
    /// The body, where it is whole in memory; empty for a file.
    public var body: ByteBuffer
    private var file: (content: OpenFile, part: Range<Int>)?
    private var stream: (@concurrent @Sendable (Send) async throws -> Void)?

    /// Sends bytes of a body that comes bit by bit.
    public typealias Send = @concurrent (ByteBuffer) async throws -> Void

    /// A JSON answer; the body ends with a newline (contract 00 §3).
    public init(_ json: JSONValue, status: Int = 200) {
        self.status = status
        headers = [.contentType: "application/json"]
        body = ByteBuffer(string: json.text + "\n")
    }

    /// An answer of any media type.
    /// - Parameters:
    ///   - body: The bytes.
    ///   - mediaType: Their type.
    ///   - fileName: The name under which a browser stores them, without quotes or control characters.
    ///   - status: The status.
    public init(
        _ body: ByteBuffer,
        mediaType: String,
        fileName: String? = nil,
        status: Int = 200
    ) {
        self.status = status
        self.body = body
        headers = [.contentType: mediaType]
        if let fileName { headers[.contentDisposition] = "attachment;filename=\(fileName)" }
    }

    /// 200 with a body that comes bit by bit, without a known end.
    /// - Parameters:
    ///   - mediaType: Its type.
    ///   - stream: Gives the bytes to what it is called with, which waits while the client does not take them, and throws
    ///     when he is gone. Not called for a HEAD request.
    public init(
        mediaType: String,
        stream: @escaping @concurrent @Sendable (Send) async throws -> Void
    ) {
        self.init(ByteBuffer(), mediaType: mediaType)
        self.stream = stream
    }

    /// A file, or the part of it that the request asks for in header `Range`: 200, 206 or 416. It is sent piece by
    /// piece, as fast as the client takes it.
    /// - Parameters:
    ///   - file: The content.
    ///   - mediaType: Its type.
    ///   - fileName: The name under which a browser stores it, without quotes or control characters.
    ///   - request: Its headers `Range` and `If-Range` are read.
    public init(file: OpenFile, mediaType: String, fileName: String? = nil, for request: some RequestReading) {
        let tag = "\"\(file.tag)\""
        // The client holds a part of what the content was before: it gets the whole.
        let isSame = request.header("If-Range").map { $0 == tag } ?? true
        var range = ByteRange(header: isSame ? request.header("Range") : nil, length: file.length)
        if file.length == 0 { range = .whole }
        self.init(ByteBuffer(), mediaType: mediaType, fileName: fileName)
        headers[.acceptRanges] = "bytes"
        headers[.eTag] = tag
        switch range {
        case .whole:
            self.file = (file, 0..<file.length)
        case .part(let part):
            status = 206
            headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(file.length)"
            self.file = (file, part)
        case .unsatisfiable:
            status = 416
            headers[.contentRange] = "bytes */\(file.length)"
        }
    }

    /// 200 with this body.
    public static func ok(_ json: JSONValue) -> APIResponse { APIResponse(json) }

    /// 201 with what was created.
    public static func created(_ json: JSONValue) -> APIResponse { APIResponse(json, status: 201) }

    /// 204; as in the reference it says JSON and has no body.
    public static var noContent: APIResponse {
        APIResponse(ByteBuffer(), mediaType: "application/json", status: 204)
    }

    /// 200 with `{"items": […]}`, and the counts that the endpoint's document asks for (contract 00 §3.3).
    public static func items(_ items: [JSONValue], total: Int? = nil, filtered: Int? = nil) -> APIResponse {
        var body: [String: JSONValue] = ["items": .array(items)]
        if let total { body["total"] = .integer(Int64(total)) }
        if let filtered { body["filtered"] = .integer(Int64(filtered)) }
        return APIResponse(.object(body))
    }

    /// Adds a header, or replaces it. A name that HTTP does not allow is left out.
    public mutating func setHeader(_ name: String, _ value: String) {
        if let name = HTTPField.Name(name) { headers[name] = value }
    }

    var response: Response {
        Response(status: HTTPResponse.Status(code: status), headers: headers, body: responseBody)
    }

    private var responseBody: ResponseBody {
        if let stream {
            return ResponseBody { writer in
                // The closure that writes may not take the writer with it.
                var writing = writer
                try await stream { try await writing.write($0) }
                try await writing.finish(nil)
            }
        }
        guard let (content, part) = file else { return ResponseBody(byteBuffer: body) }
        return ResponseBody(contentLength: part.count) { writer in
            var offset = part.lowerBound
            while offset < part.upperBound {
                let piece = try await content.read(
                    from: offset,
                    count: min(OpenFile.piece, part.upperBound - offset)
                )
                offset += piece.readableBytes
                try await writer.write(piece)
            }
            try await writer.finish(nil)
        }
    }
}
