import Testing

@testable import Postgres

@Suite("Configuration of a pool")
struct PostgresConfigurationTests {
    @Test("the description names server and database, never the password")
    func description() throws {
        let configuration = try PostgresConfiguration(
            uri: "postgresql://tandem:s3cret@db.example:5433/asterisk?connect_timeout=3",
            applicationName: "tandem",
            connections: 3,
            isReadOnly: true
        )
        #expect(configuration.address == "db.example:5433/asterisk")
        #expect("\(configuration)" == "db.example:5433/asterisk as tandem, 3 connections, read only")
    }

    @Test("a text loses URI, password and line ends")
    func redaction() throws {
        let configuration = try PostgresConfiguration(
            uri: "host=db password='pass word' dbname=x",
            applicationName: "tandem"
        )
        #expect(configuration.redacted("bad: pass word\n\tis it running?\n") == "bad: …; is it running?")
        #expect(configuration.redacted("bad: pass word\u{301}\r\nx").utf8.elementsEqual("bad: …\u{301}; x".utf8))
    }

    @Test("a URI that cannot be read is refused without being repeated")
    func invalid() {
        #expect(throws: PostgresFailure.unreachable("the connection URI is not valid")) {
            try PostgresConfiguration(uri: "postgresql://tandem:s3cret@[::1/asterisk", applicationName: "tandem")
        }
    }
}
