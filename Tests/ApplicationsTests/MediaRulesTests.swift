import Core
import Testing

@testable import Applications

@Suite("Media that may be played")
struct MediaRulesTests {
    private static let tenant = TenantID("10000000-0000-4000-8000-000000000001")
    private static let other = TenantID("10000000-0000-4000-8000-000000000002")
    private let rules = MediaRules(folders: ["/var/lib/wazo/sounds"])

    @Test(
        "each kind of URI, and files of allowed folders",
        arguments: [
            "sound:hello-world", "sound:digits/1", "sound:/var/lib/wazo/sounds/shared/hello",
            "sound:/var/lib/wazo/sounds/tenants/\(tenant)/monitor/x", "recording:\(tenant)/interview",
            "recording:\(tenant)/2026/11/interview", "number:42", "number:-7", "digits:42*#",
            "characters:Hello, world", "tone:ring", "tone:busy;tonezone=fr", "tone:350+440/2000,0/4000",
        ]
    )
    func allowed(uri: String) { #expect(rules.media(uri, for: Self.tenant) == uri) }

    @Test(
        "nothing else: other schemes, ways out of the folder, files elsewhere, web servers, control signs",
        arguments: [
            "", "sound", "sound:", "hello-world", "file:/etc/passwd", "http://example.org/a.wav", "foo:bar",
            "sound:../../etc/passwd", "sound:a/../../b", "sound:/etc/passwd", "sound:/var/lib/wazo/sounds",
            "sound:/var/lib/wazo/sounds/../secret", "sound:/var/lib/wazo/sounds-of-others/a",
            "sound:http://example.org/a.wav", "sound:https://example.org/a", "sound:a\nb", "sound:a&b", "sound:a//b",
            "sound:./a", "recording:/var/spool/asterisk/monitor/x", "recording:../voicemail/x", "number:1e9",
            "number:abc", "digits:12a", "digits:1\u{301}", "number:1\u{300}", "sound:\u{212A}", "tone:\u{212A}",
            "sound:../\u{301}a", "tone:/etc/passwd", "tone:../x", "tone:",
            "sound:\(String(repeating: "a", count: 1_100))",
        ]
    )
    func refused(uri: String) { #expect(rules.media(uri, for: Self.tenant) == nil) }

    @Test(
        "recordings by a name without the tenant's folder are looked for there, whatever the name begins with",
        arguments: [
            "interview", "2026/11/interview", "\(other)/interview", "\(tenant)", "\(tenant)x/interview", "no such one",
        ]
    )
    func ownRecording(name: String) {
        #expect(rules.media("recording:\(name)", for: Self.tenant) == "recording:\(Self.tenant)/\(name)")
        #expect(rules.media("recording:\(name)", for: TenantID("")) == nil, "of a tenant that is not known")
    }

    @Test(
        "what another tenant recorded, and ways out of the tenant's folder",
        arguments: [
            "recording:\(tenant)/", "recording:\(tenant)/../\(other)/interview", "recording:../\(other)/interview",
            "recording:/\(tenant)/interview", "recording:./\(tenant)/interview", "recording:a/../../\(other)/x",
            "recording:/etc/passwd", "recording:a//b", "recording:a,sound:b", "recording:\(other)/..",
            "sound:/var/lib/wazo/sounds/tenants/\(other)/monitor/x", "sound:/var/lib/wazo/sounds/tenants/x",
            "sound:/var/lib/wazo/sounds/tenants/\(tenant)", "sound:/var/lib/wazo/sounds/tenants/\(tenant)x/y",
            "sound:/var/lib/wazo/sounds/tenants/\(tenant)/../\(other)/x",
        ]
    )
    func ofOthers(uri: String) { #expect(rules.media(uri, for: Self.tenant) == nil) }

    @Test("a folder of tenants elsewhere, in a folder that may be played, is theirs too")
    func elsewhere() {
        let rules = MediaRules(folders: ["/srv/"], tenantsFolders: [MediaRules.platformsTenants, "/srv/recordings/"])
        #expect(rules.media("sound:/srv/recordings/\(Self.tenant)/monitor/x", for: Self.tenant) != nil)
        #expect(rules.media("sound:/srv/recordings/\(Self.other)/monitor/x", for: Self.tenant) == nil)
        #expect(rules.media("sound:/srv/x", for: Self.tenant) != nil)
    }
}
