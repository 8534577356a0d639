import Core
import Testing

@Suite("Secrets in foreign texts")
struct SecretMaskingTests {
    @Test(
        "a secret is hidden however it is written, and the rest of the text stays",
        arguments: [
            (
                "Max retries exceeded with url: /rawman?action=login&username=amid&secret=eeCho8ied3u (Caused by x)",
                "Max retries exceeded with url: /rawman?action=login&username=amid&secret=******** (Caused by x)"
            ),
            ("postgresql://tandem:s3cret@db/asterisk is away", "postgresql://tandem:********@db/asterisk is away"),
            ("amqp://u:p@ss@host:5672/", "amqp://u:********@host:5672/"),
            ("http://localhost:9491/1.0/status", "http://localhost:9491/1.0/status"),
            (#"{"X-Auth-Token": "abc def", "a": 1}"#, #"{"X-Auth-Token": "********", "a": 1}"#),
            (#"{\"password\": \"abc\", \"a\": 1}"#, #"{\"password\": \"********\", \"a\": 1}"#),
            ("x-auth-token: abc\r\nHost: b", "x-auth-token: ********\r\nHost: b"),
            ("Authorization: Basic YTpi\nHost: b", "Authorization: ********\nHost: b"),
            ("PASSWORD = hunter2, next", "PASSWORD = ********, next"),
            ("db_password='it''s'", "db_password='********''s'"),
            ("GET /0.1/token/6b0e0c4a?scope=x", "GET /0.1/token/********?scope=x"),
            ("no service token yet", "no service token yet"),
            ("Zoë: passwörter", "Zoë: passwörter"),
            ("secret=", "secret="),
            ("token", "token"),
            (":", ":"), ("://", "://"), ("=", "="), ("/token/", "/token/"),
        ]
    )
    func masked(text: String, expected: String) {
        #expect(SecretMasking.masked(text) == expected)
    }

    @Test("a client sees no path of the machine, no control character and no endless text")
    func forClient() {
        #expect(SecretMasking.forClient("open /var/spool/x/y.tif: no such file") == "open …: no such file")
        #expect(SecretMasking.forClient("gs: '/usr/bin/gs' ended, secret=abc") == "gs: '…' ended, secret=********")
        #expect(SecretMasking.forClient("http://host/var/x and /1.0/calls") == "http://host/var/x and /1.0/calls")
        #expect(SecretMasking.forClient("a\r\nb\u{1B}[2J\0c\u{9B}") == "a  b [2J c ")
        #expect(SecretMasking.forClient(String(repeating: "é", count: 100_000)).unicodeScalars.count == 300)
    }

    @Test("of a long token both ends are left, of a short one nothing")
    func middle() {
        let uuid = "6b0e0c4a-9f0a-4d55-8d5e-3a0f6a5b1c2d"
        #expect(SecretMasking.maskedMiddle(uuid) == "6b0eXXXX-XXXX-XXXX-XXXX-XXXXXXXX1c2d")
        #expect(SecretMasking.maskedMiddle("dotted") == "XXXXXX")
        #expect(SecretMasking.maskedMiddle("") == "")
        #expect(SecretMasking.maskedMiddle(String(repeating: "é", count: 10)) == String(repeating: "X", count: 20))
    }

    @Test("any bytes are read to their end")
    func anything() {
        var random = SystemRandomNumberGenerator()
        let pieces = ["secret", "=", ":", "\"", "\\", "://", "@", "/token/", " ", "é", "password", "'", "/var/"]
        for _ in 0..<5_000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }
            .joined()
            #expect(SecretMasking.forClient(text).unicodeScalars.count <= SecretMasking.longestForClients * 8)
            #expect(!SecretMasking.masked("secret=hunter2 " + text).contains("hunter2"))
        }
    }
}
