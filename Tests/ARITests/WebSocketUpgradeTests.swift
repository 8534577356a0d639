import Core
import Foundation
import Logging
import NIOCore
import TandemTesting
import Telephony
import Testing

@testable import ARI

@Suite("The upgrade to a WebSocket", .timeLimit(.minutes(1)))
struct WebSocketUpgradeTests {
    private func configuration(_ port: Int) throws -> ARIConfiguration {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)"))
        return ARIConfiguration(baseURL: url, username: "u", password: "p", requestTimeout: 30)
    }

    @Test("a server that accepts and says nothing is given up after the limit")
    func silent() async throws {
        let peer = try await FaultyPeer.start(.saysNothing)
        let configuration = try configuration(peer.port)
        let start = ContinuousClock.now
        await #expect(throws: ARIWebSocket.Failure.slow) {
            _ = try await ARIWebSocket.connect(configuration, applications: ["x"], limit: .milliseconds(200))
        }
        #expect(ContinuousClock.now - start < .seconds(10))
        await peer.stop()
    }

    @Test("an Asterisk that is frozen behind the upgrade is given up after three signs of life that did not come")
    func frozen() async throws {
        let server = try await ScriptedARIServer.start(frames: { _ in [] })
        let socket = try await ARIWebSocket.connect(try configuration(server.port), applications: ["x"])
        await #expect(throws: ARIWebSocket.Failure.silent) {
            try await socket.read(
                pingInterval: .milliseconds(30),
                ready: {},
                alongside: { try await Task.sleep(for: .seconds(50)) },
                message: { _ in }
            )
        }
        try await server.stop()
    }

    @Test("who is cancelled does not wait for it")
    func cancelled() async throws {
        let peer = try await FaultyPeer.start(.saysNothing)
        let configuration = try configuration(peer.port)
        let task = Task {
            _ = try await ARIWebSocket.connect(configuration, applications: ["x"], limit: .hours(1))
        }
        try await eventually { peer.connectionCount == 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        await peer.stop()
    }

    @Test("a request that is cancelled is no failure of Asterisk")
    func cancelledRequest() async throws {
        let peer = try await FaultyPeer.start(.saysNothing)
        let client = ARIClient(
            configuration: try configuration(peer.port),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        client.markInitialized()
        let task = Task { try await client.channels() }
        try await eventually { peer.connectionCount == 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        await client.shutdown()
        await peer.stop()
    }

    @Test("what ARI refuses from the start is told in its own words, and no longer as a client that is not there")
    func refusedFromTheStart() async throws {
        try await FakeService.running({ _ in .init(500, ["message": "m"]) }) { service in
            let client = ARIClient(
                configuration: try configuration(service.port),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            await #expect(throws: TelephonyFailure.notInitialized) { try await client.channels() }
            await #expect(throws: TelephonyFailure.internalError("m")) { try await client.probe() }
            await #expect(throws: TelephonyFailure.internalError("m")) { try await client.channels() }
            await client.shutdown()
        }
    }
}
