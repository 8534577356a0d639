import Core
import Events
import Foundation
import Testing

@Suite("Bus envelope")
struct BusEnvelopeTests {
    private let envelope: BusEnvelope
    private let date = Date(timeIntervalSince1970: 1_795_384_345.782727)

    init() throws {
        envelope = BusEnvelope(origin: "X", timeZone: try #require(TimeZone(secondsFromGMT: 3_600)))
    }

    private func event(_ audience: BusEvent.Audience) -> BusEvent {
        BusEvent(
            name: "call_created",
            routingKey: "calls.call.created",
            requiredACL: "events.calls.U",
            audience: audience,
            data: ["call_id": "1.1"],
            resource: "call:1.1"
        )
    }

    @Test("headers and body carry the same keys, the body the payload besides")
    func example() throws {
        let message = envelope.message(for: event(.user(TenantID("T"), UserID("U"))), at: date)
        let headers: [String: JSONValue] = [
            "tenant_uuid": "T",
            "name": "call_created",
            "user_uuid:U": true,
            "required_access": "event.call_created",
            "required_acl": "events.calls.U",
            "origin_uuid": "X",
            "timestamp": "2026-11-22T22:52:25.782727",
        ]
        #expect(message.headers == headers)
        #expect(message.routingKey == "calls.call.created")
        let body = try JSONValue(parsing: Data(message.body.utf8))
        #expect(body == .object(headers.merging(["data": ["call_id": "1.1"]]) { $1 }))
    }

    @Test("a tenant event reaches every user, a service event none")
    func audiences() {
        let tenant = envelope.message(for: event(.tenant(TenantID("T"))), at: date).headers
        #expect(tenant["user_uuid:*"] == true)
        let unknown = envelope.message(for: event(.user(TenantID("T"), nil)), at: date).headers
        #expect(!unknown.keys.contains { $0.hasPrefix("user_uuid") })
        let many = envelope.message(for: event(.users(TenantID("T"), [UserID("a"), UserID("b")])), at: date).headers
        #expect(many["user_uuid:a"] == true && many["user_uuid:b"] == true)
        let service = envelope.message(for: event(.service), at: date).headers
        #expect(service["tenant_uuid"] == nil)
    }

    @Test("an event without its own ACL gets that of its routing key")
    func acl() {
        var plain = event(.service)
        plain.requiredACL = nil
        #expect(envelope.message(for: plain, at: date).headers["required_acl"] == "events.calls.call.created")
    }

    @Test("routing keys spell out what would mean something there")
    func words() {
        #expect(BusEvent.routingWord("1455.13#*") == "1455__DOT__13__HASH____STAR__")
    }
}
