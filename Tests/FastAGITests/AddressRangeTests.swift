import FastAGI
import Testing

@Suite("Address ranges")
struct AddressRangeTests {
    @Test(
        "who is in and who is out",
        arguments: [
            ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.200", true),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
            ("192.0.2.0/24", "::ffff:192.0.2.9", true), ("0.0.0.0/0", "203.0.113.1", true),
            ("0.0.0.0/0", "2001:db8::1", false), ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false), ("::1", "::1", true), ("::/0", "127.0.0.1", false),
        ]
    )
    func contains(range: String, peer: String, isIn: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(peer) == isIn)
    }

    @Test("what is no range", arguments: ["", "/", "host", "1.2.3", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "::/129"])
    func none(text: String) { #expect(AddressRange(text) == nil) }
}
