import Core
import Foundation
import Logging
import TandemTesting
import Telephony
import Testing

@testable import ARI

@Suite("An Asterisk that misbehaves", .timeLimit(.minutes(1)))
struct ARIFaultTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func client(port: Int) throws -> ARIClient {
        let client = ARIClient(
            configuration: ARIConfiguration(
                baseURL: try #require(URL(string: "http://127.0.0.1:\(port)")),
                username: "u",
                password: "geheim",
                requestTimeout: 0.5
            ),
            logger: Self.logger
        )
        client.markInitialized()
        return client
    }

    @Test(
        "every fault is a typed failure within the limit, and the next request succeeds",
        arguments: FakeService.Fault.allCases
    )
    func faults(fault: FakeService.Fault) async throws {
        try await FakeService.running({ _ in .init(200, []) }) { service in
            let client = try client(port: service.port)
            service.fail(fault)
            let start = ContinuousClock.now
            var failure: TelephonyFailure?
            do { _ = try await client.channels() } catch { failure = error as? TelephonyFailure }
            switch (fault, failure) {
            case (.garbage, .internalError), (.internalError, .internalError), (_, .unreachable): break
            default: Issue.record("\(fault): \(String(describing: failure))")
            }
            #expect(ContinuousClock.now - start < .seconds(10))
            #expect(!"\(String(describing: failure))".contains("geheim"))
            service.fail(nil)
            let channels = try await client.channels()
            #expect(channels.isEmpty)
            await client.shutdown()
        }
    }

    @Test(
        "each status is a failure of its own, with ARI's message",
        arguments: [
            (400, TelephonyFailure.invalid("m")), (404, .notFound("m")), (409, .conflict("m")),
            (412, .preconditionFailed("m")), (422, .unprocessable("m")), (500, .internalError("m")),
            (503, .unavailable("m")), (418, .refused(status: 418, message: "m")),
        ]
    )
    func statuses(status: Int, failure: TelephonyFailure) async throws {
        try await FakeService.running({ _ in .init(status, ["message": "m"]) }) { service in
            let client = try client(port: service.port)
            await #expect(throws: failure) { try await client.answer(ChannelID("1.1")) }
            #expect(failure.answer?.status == status)
            await client.shutdown()
        }
    }

    @Test(
        "the feed outlives every peer that is none, and says that it is not connected",
        arguments: FaultyPeer.Fault.allCases
    )
    func feed(fault: FaultyPeer.Fault) async throws {
        let peer = try await FaultyPeer.start(fault)
        let client = try client(port: peer.port)
        let configuration = ARIConfiguration(
            baseURL: try #require(URL(string: "http://127.0.0.1:\(peer.port)")),
            username: "u",
            password: "p",
            requestTimeout: 0.3
        )
        struct Deaf: EventReceiving {
            func wants(_ head: EventHead) -> Bool { false }
            func receive(_ event: AsteriskEvent, head: EventHead) async {}
            func feedConnected() async { Issue.record("connected to nobody") }
            func feedDisconnected() async {}
        }
        let feed = ARIEventFeed(
            configuration: configuration,
            client: client,
            applications: [StasisApplication(name: "x")],
            receiver: Deaf(),
            logger: Self.logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await feed.run() }
            while peer.connectionCount < 3 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(!feed.isConnected)
            group.cancelAll()
        }
        await client.shutdown()
        await peer.stop()
    }
}
