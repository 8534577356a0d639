import Core
import Foundation
import TandemLab
import TandemTesting
import Testing

/// A generator that we did not write goes over the API document, so that what we do not think of is tried too.
@Suite(
    "Security: a generator that reads the API document",
    .serialized,
    .timeLimit(.minutes(10)),
    .disabled(if: LabEnvironment.isLeftOut, "needs the lab")
)
struct GeneratorTests {
    /// Checks of schemathesis: none of an answer's status, media type and body may be unknown to the document.
    private static let checks = [
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
        "ignored_auth", "unsupported_method",
    ]
    /// It cannot make documents, and a stream never ends: AttackTests tries those.
    private static let leftOut = [
        "post_1_0_faxes", "post_1_0_users_me_faxes", "post_1_0_users_me_voicemails_greetings_greeting",
        "put_1_0_users_me_voicemails_greetings_greeting", "post_1_0_voicemails_voicemail_id_greetings_greeting",
        "put_1_0_voicemails_voicemail_id_greetings_greeting", "get_1_0_events",
    ]

    @Test("every answer is one that the document knows")
    func conforms() async throws {
        try await CanaryScene.play { canaries in
            let scene = canaries.scene
            let folder = try scene.lab.makeFolder("generator")
            let report = folder.appending(path: "report.xml")
            let token = try await scene.tandem.createToken(tenant: Demo.tenant, user: Demo.bob, acl: ["calld.#"])
            let run = try await Generator.run(
                ["run", scene.tandem.rest.base + "/api/openapi.json", "-H", "X-Auth-Token: \(token)"]
                    + Self.leftOut.flatMap { ["--exclude-operation-id", $0] }
                    + ["-c", Self.checks.joined(separator: ","), "--phases", "coverage,fuzzing", "-n", "12", "-w", "2"]
                    + ["--continue-on-failure", "--request-timeout", "15", "--seed", "1", "--no-color"]
                    + ["--report", "junit", "--report-junit-path", report.path],
                in: scene.lab
            )
            let xml = try String(contentsOf: report, encoding: .utf8)
            let operations = xml.split(separator: "<testcase ").count - 1
            #expect(operations > 110, "\(run.suffix(2_000))")
            #expect(!xml.contains("<failure"), "\(run.suffix(6_000))")
            // A generator that breaks down tells nothing; one operation more or less may.
            #expect(xml.split(separator: "<error").count - 1 < 3, "\(run.suffix(2_000))")
            print(
                "generator: \(operations) operations, \(run.split(separator: "\n").filter { $0.contains("generated") })"
            )
        }
    }
}

/// schemathesis, as deploy/setup.sh installs it.
private enum Generator {
    /// Runs it, whatever it finds.
    /// - Returns: What it printed.
    static func run(_ arguments: [String], in lab: LabEnvironment) async throws -> String {
        let prefix = try #require(ProcessInfo.processInfo.environment["LAB_PREFIX"], "deploy/lab/env.sh names it")
        let program = URL(filePath: prefix).deletingLastPathComponent()
            .appending(path: "schemathesis/bin/schemathesis")
        // Its own limit, should the server never let it end.
        let running = try RunningProgram(["timeout", "400", program.path] + arguments, environment: [:], in: lab)
        _ = await running.status
        return running.output
    }
}
