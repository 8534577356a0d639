import Logging
import Telephony

@testable import AMI

/// Runs a client against a port while `body` lasts. Its limits are short, so that faults show soon.
func withClient(
    port: Int,
    username: String = "tandem",
    secret: String = "tandem",
    receiver: any ManagerEventReceiving,
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    configure: (inout AMIConfiguration) -> Void = { _ in },
    _ body: (AMIClient) async throws -> Void
) async throws {
    var configuration = AMIConfiguration(port: port, username: username, secret: secret)
    configure(&configuration)
    let client = AMIClient(configuration: configuration, receiver: receiver, logger: logger)
    let running = Task { try await client.run() }
    do {
        try await body(client)
    } catch {
        running.cancel()
        _ = await running.result
        throw error
    }
    running.cancel()
    try await running.value
}
