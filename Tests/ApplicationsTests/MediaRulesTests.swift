import Testing

@testable import Applications

@Suite("Media that may be played")
struct MediaRulesTests {
    private let rules = MediaRules(folders: ["/var/lib/wazo/sounds"])

    @Test(
        "each kind of URI, and files of allowed folders",
        arguments: [
            "sound:hello-world", "sound:digits/1", "sound:/var/lib/wazo/sounds/tenants/t1/hello",
            "recording:interview", "recording:2026/11/interview", "number:42", "number:-7", "digits:42*#",
            "characters:Hello, world", "tone:ring", "tone:busy;tonezone=fr", "tone:350+440/2000,0/4000",
        ]
    )
    func allowed(uri: String) { #expect(rules.allows(uri)) }

    @Test(
        "nothing else: other schemes, ways out of the folder, files elsewhere, web servers, control signs",
        arguments: [
            "", "sound", "sound:", "hello-world", "file:/etc/passwd", "http://example.org/a.wav", "foo:bar",
            "sound:../../etc/passwd", "sound:a/../../b", "sound:/etc/passwd", "sound:/var/lib/wazo/sounds",
            "sound:/var/lib/wazo/sounds/../secret", "sound:/var/lib/wazo/sounds-of-others/a",
            "sound:http://example.org/a.wav", "sound:https://example.org/a", "sound:a\nb", "sound:a&b", "sound:a//b",
            "sound:./a", "recording:/var/spool/asterisk/monitor/x", "recording:../voicemail/x", "number:1e9",
            "number:abc", "digits:12a", "tone:/etc/passwd", "tone:", "sound:\(String(repeating: "a", count: 1_100))",
        ]
    )
    func refused(uri: String) { #expect(!rules.allows(uri)) }
}
