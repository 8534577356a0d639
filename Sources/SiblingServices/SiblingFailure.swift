import Core
import ServiceClient

/// A service of the platform that could not be asked, or refused. The text holds no token: what services answer may
/// quote one and is never taken over.
public struct SiblingFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The service, for instance `auth`.
    public var service: String
    /// What went wrong, for the log.
    public var text: String
    /// HTTP status of the answer; `nil` when there was none.
    public var status: Int?

    /// A failure with all its parts.
    public init(service: String, text: String, status: Int? = nil) {
        self.service = service
        self.text = text
        self.status = status
    }

    /// One line for the log.
    public var description: String { "\(service): \(text)" }
}

extension ServiceClient {
    /// The body of a success.
    /// - Throws: ``SiblingFailure``; `CancellationError`.
    func body(of request: ServiceRequest) async throws -> JSONValue {
        do {
            let answer = try await send(request)
            guard answer.isSuccess else {
                throw SiblingFailure(service: name, text: "HTTP status \(answer.status)", status: answer.status)
            }
            return try answer.json()
        } catch let failure as ServiceFailure {
            throw SiblingFailure(service: name, text: "\(failure)")
        }
    }
}
