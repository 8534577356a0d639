import Foundation
import TandemLab
import Testing

@testable import ARI

@Suite(
    "Pings that the real Asterisk answers",
    .timeLimit(.minutes(1)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct AnsweredPingTests {
    @Test("an Asterisk that answers each question at once is never taken for dead")
    func answersInTime() async throws {
        let lab = try LabEnvironment()
        let configuration = try lab.ari()
        let name = "tandem-pings-\(UUID().uuidString.prefix(8))"
        let socket = try await ARIWebSocket.connect(configuration, applications: [name])
        // Twenty questions; the end that is asked for is no failure.
        await #expect(throws: Never.self) {
            try await socket.read(
                pingInterval: .milliseconds(150),
                ready: {},
                alongside: { try await Task.sleep(for: .seconds(3)) },
                message: { _ in }
            )
        }
    }
}
