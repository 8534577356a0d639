import Testing

@testable import TandemLab

@Suite("SIPp's message log")
struct SIPTraceTests {
    private static let invite = [
        "INVITE sip:5000@127.0.0.1:5060 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:33002;branch=z9hG4bK-1",
        "From: <sip:0123456789@127.0.0.1>;tag=1", "Call-ID:  1-2@127.0.0.1 ", "CSeq: 1 INVITE", "",
        "v=0", "c=IN IP4 127.0.0.1", "m=audio 33500 RTP/AVP 0", "",
    ].joined(separator: "\r\n")
    private static let answer = "SIP/2.0 200 OK\r\ncseq: 1 INVITE\r\n\r\n"

    private static func log() -> String {
        let line = "----------------------------------------------- 2026-11-23 13:29:51.974228\n"
        return line + "UDP message sent (\(invite.utf8.count) bytes):\n\n\(invite)\n"
            + line + "UDP message received [\(answer.utf8.count)] bytes :\n\n\(answer)\n"
    }

    @Test("both directions are read, with what the lab asks of a message")
    func entries() throws {
        var parser = SIPTraceParser()
        let entries = parser.append(Self.log().utf8)
        try #require(entries.count == 2)
        #expect(entries[0].isRequest("INVITE", .sent))
        #expect(entries[0].message.callID == "1-2@127.0.0.1")
        #expect(entries[0].message.audioAddress?.port == 33_500)
        #expect(entries[0].message.audioAddress?.host == "127.0.0.1")
        #expect(entries[1].isResponse(200, to: "INVITE", .received))
        #expect(!entries[1].isResponse(200, to: "BYE", .received))
        #expect(entries[1].message.audioAddress == nil)
        #expect(entries[1].message.method == nil)
    }

    @Test("the same entries come out when the log grows byte by byte")
    func byteByByte() {
        var parser = SIPTraceParser()
        var entries: [SIPTraceEntry] = []
        for byte in Self.log().utf8 { entries += parser.append(CollectionOfOne(byte)) }
        var whole = SIPTraceParser()
        #expect(entries == whole.append(Self.log().utf8))
        #expect(entries.count == 2)
    }

    @Test("a half-written message waits for its rest")
    func incomplete() {
        var parser = SIPTraceParser()
        #expect(parser.append(Self.log().utf8.prefix(200)).isEmpty)
        #expect(parser.append(Self.log().utf8.dropFirst(200)).count == 2)
    }
}
