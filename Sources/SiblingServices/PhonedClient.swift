import Core
public import ServiceClient
public import Telephony

/// wazo-phoned (contract 37 §1, 38 §4): it talks to the phone in the language of its vendor.
public struct PhonedClient: PhoneControlling {
    /// Characters of phoned's message that a client is shown at most.
    private static let longestMessage = 300
    private let client: ServiceClient

    /// - Parameter client: Client of phoned, version 0.1, with the service's own token.
    public init(client: ServiceClient) { self.client = client }

    /// `PUT /endpoints/<name>/hold/start`
    public func startHold(endpoint: PhoneEndpoint) async throws { try await put(endpoint, ["hold", "start"]) }

    /// `PUT /endpoints/<name>/hold/stop`
    public func stopHold(endpoint: PhoneEndpoint) async throws { try await put(endpoint, ["hold", "stop"]) }

    /// `PUT /endpoints/<name>/answer`
    public func answer(endpoint: PhoneEndpoint) async throws { try await put(endpoint, ["answer"]) }

    /// Only the status counts: any 2xx is success, whatever the body.
    private func put(_ endpoint: PhoneEndpoint, _ command: [String]) async throws {
        let answer: ServiceAnswer
        do {
            answer = try await client.send(ServiceRequest(.put, ["endpoints", endpoint.rawValue] + command))
        } catch let error as ServiceFailure {
            throw failure("\(error)")
        }
        guard !answer.isSuccess else { return }
        throw failure(Self.text(of: answer), status: answer.status)
    }

    private func failure(_ text: String, status: Int? = nil) -> PhoneFailure {
        let address = client.address
        return PhoneFailure(
            host: address.host,
            port: address.port,
            prefix: address.prefix,
            isSecure: address.isSecure,
            originalError: text,
            status: status
        )
    }

    /// The status, and phoned's message where that cannot quote our token.
    private static func text(of answer: ServiceAnswer) -> String {
        guard answer.status != 401, answer.status != 403, let message = try? answer.json()["message"]?.string else {
            return "status \(answer.status)"
        }
        return "status \(answer.status): \(message.prefix(longestMessage))"
    }
}
