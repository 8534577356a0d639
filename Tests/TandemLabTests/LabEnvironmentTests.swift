import Core
import Foundation
import Testing

@testable import TandemLab

@Suite("The lab's environment")
struct LabEnvironmentTests {
    private static let complete = [
        "LAB_HTTP_PORT": "5039", "LAB_AMI_PORT": "5038", "LAB_SIP_PORT": "5060", "LAB_SIPP_PORT": "5870",
        "LAB_AGI_PORT": "4573",
        "LAB_REST_PORT": "9500", "LAB_PG_PORT": "16432", "LAB_AMQP_PORT": "15672", "LAB_STATE": "/tmp/lab",
        "LAB_SCRIPTS": "/tmp/scripts", "TANDEM_PROGRAMS": "/bin",
    ]

    @Test("a complete environment is read")
    func read() throws {
        let environment = try LabEnvironment(Self.complete)
        #expect(environment.httpPort == 5_039)
        #expect(environment.managerUser == "tandem" && environment.managerSecret == "tandem")
        #expect(environment.state.path == "/tmp/lab")
        #expect(try environment.program("sh").path == "/bin/sh")
    }

    @Test("what is missing or wrong is named, all at once")
    func missing() {
        var broken = Self.complete
        broken["LAB_SIP_PORT"] = nil
        broken["LAB_PG_PORT"] = "postgres"
        let failure = #expect(throws: LabFailure.self) { try LabEnvironment(broken) }
        #expect(failure?.description.contains("LAB_SIP_PORT") == true)
        #expect(failure?.description.contains("LAB_PG_PORT (not a port: postgres)") == true)
        #expect(failure?.description.contains("make lab-up") == true)
    }

    @Test("a program that was not built is named")
    func program() throws {
        let environment = try LabEnvironment(Self.complete)
        let failure = #expect(throws: LabFailure.self) { try environment.program("no-such-program") }
        #expect(failure?.description.contains("/bin/no-such-program") == true)
    }

    @Test("the built programs are found beside the running one")
    func builtProgram() throws {
        var environment = Self.complete
        environment["TANDEM_PROGRAMS"] = nil
        #expect(try LabEnvironment(environment).program("tandem").lastPathComponent == "tandem")
    }

    @Test("the server's configuration is the environment's")
    func settings() throws {
        let settings = TandemProcess.settings(for: try LabEnvironment(Self.complete), database: "asterisk")
        #expect(settings["db_uri"] == "postgresql://lab@127.0.0.1:16432/asterisk")
        #expect(settings["agid"]?["listen_port"] == 4_573)
        #expect(settings["ari"]?["connection"]?["base_url"] == "http://127.0.0.1:5039")
    }

    @Test("a quote in a value cannot end an SQL literal")
    func literal() {
        #expect(SQLWitness.literal("O'Hara'") == "'O''Hara'''")
    }
}
