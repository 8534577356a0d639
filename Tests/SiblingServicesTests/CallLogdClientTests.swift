import Core
import Foundation
import ServiceClient
import SiblingServices
import Testing

@testable import TandemTesting

@Suite("Transcriptions that call-logd has", .timeLimit(.minutes(1)))
struct CallLogdClientTests {
    private static let golden = "1767220000-00000003"

    private func withCallLogd(
        timeout: Double = 5,
        token: String? = FakeCallLogd.token,
        _ handler: @escaping FakeService.Handler,
        _ body: (CallLogdClient, FakeService) async throws -> Void
    ) async throws {
        try await withSibling("call-logd", token: token, timeout: timeout, handler) { client, service async throws in
            try await body(CallLogdClient(client: client), service)
        }
    }

    @Test("the golden answer is read; all boxes are asked for in one question, without a tenant")
    func golden() async throws {
        let fake = try FakeCallLogd()
        try await withCallLogd({ fake.answer($0) }) { client, service async throws in
            let texts = try await client.transcriptions(ofVoicemails: [44, 45])
            #expect(texts == [Self.golden: "Please call back about the order."])
            let request = try #require(service.requests.first)
            #expect(service.requests.count == 1 && request.method == "GET")
            #expect(request.query["voicemail_id"] == "44,45" && request.headers["wazo-tenant"] == nil)
            #expect(try await client.transcriptions(ofVoicemails: [46]) == [:])
            #expect(try await client.transcriptions(ofVoicemails: []) == [:])
            #expect(service.requests.count == 2, "without a box nobody is asked")
        }
    }

    @Test("the fake's answer has the golden shape")
    func fake() async throws {
        let request = FakeService.Request(
            method: "GET",
            path: "/1.0/voicemails/transcriptions",
            query: ["voicemail_id": "44"],
            headers: ["x-auth-token": FakeCallLogd.token],
            body: .init()
        )
        let answer = try FakeCallLogd().answer(request)
        let golden = try GoldenBodies.body("calllogd.transcriptions")
        #expect(GoldenBodies.differences(of: answer.body ?? .null, from: golden) == [])
    }

    @Test("more than a page of them: all are read; more boxes than a URL holds: several questions")
    func pages() async throws {
        let ids = (0..<2_500).map { "1-\($0)" }
        let fake = try FakeCallLogd(more: ids)
        try await withCallLogd({ fake.answer($0) }) { client, service async throws in
            let texts = try await client.transcriptions(ofVoicemails: [44, 45])
            #expect(texts.count == 2_501 && texts["1-2499"] == "Text of 1-2499")
            #expect(service.requests.map { $0.query["offset"] } == ["0", "1000", "2000"])
            _ = try await client.transcriptions(ofVoicemails: Array(100..<350))
            #expect(service.requests.count == 5)
        }
    }

    @Test("one that ignores limit and offset is asked twice, not for ever; what lacks its keys is left out")
    func lenient() async throws {
        let full: [JSONValue] = (0..<1_200).map { ["message_id": .string("\($0)"), "transcription_text": "t"] }
        try await withCallLogd({ _ in .init(200, ["items": .array(full)]) }) { client, service async throws in
            #expect(try await client.transcriptions(ofVoicemails: [1]).count == 1_200)
            #expect(service.requests.count == 2)
        }
        let odd: JSONValue = ["items": [["message_id": "1"], ["transcription_text": "t"], 7, .null, ["message_id": 3]]]
        try await withCallLogd({ _ in .init(200, odd) }) { client, _ async throws in
            #expect(try await client.transcriptions(ofVoicemails: [1]) == [:])
        }
    }

    @Test("refusals and nonsense are failures")
    func refused() async throws {
        let error = try GoldenBodies.body("std.error")
        let answers: [(Int, JSONValue?)] = [(500, nil), (503, error), (401, error), (200, nil), (200, [1]), (200, [:])]
        for (status, body) in answers {
            try await withCallLogd({ _ in .init(status, body) }) { client, _ async throws in
                await #expect(throws: (any Error).self, "\(status)") {
                    try await client.transcriptions(ofVoicemails: [1])
                }
            }
        }
    }
}
