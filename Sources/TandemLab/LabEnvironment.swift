public import Foundation
import Glibc

/// Where the lab's servers are: the environment that `deploy/lab/env.sh` prints.
public struct LabEnvironment: Sendable, Hashable {
    /// ARI's port.
    public var httpPort: Int
    /// The manager interface's port.
    public var managerPort: Int
    /// A user of the manager interface with all that Tandem needs.
    public var managerUser: String
    /// Its secret.
    public var managerSecret: String
    /// Asterisk's SIP port, UDP.
    public var sipPort: Int
    /// Where the demo's carrier takes calls, UDP; nobody listens unless a test does.
    public var carrierPort: Int
    /// Where the lab's dialplan expects Tandem's FastAGI server.
    public var agiPort: Int
    /// Where ``TandemProcess`` puts the REST interface.
    public var restPort: Int
    /// PostgreSQL's port on loopback; role `lab`, no password.
    public var postgresPort: Int
    /// RabbitMQ's port on loopback; user and password `guest`.
    public var amqpPort: Int
    /// The lab's state directory; logs of phones and servers go below it.
    public var state: URL
    /// The directory of the lab's scripts, deploy/lab.
    public var scripts: URL
    /// The directory of the built programs.
    public var programs: URL

    /// Whether tests with real servers stay out on purpose (TANDEM_UNIT_ONLY=1); otherwise a missing server is
    /// a failure.
    public static var isLeftOut: Bool { ProcessInfo.processInfo.environment["TANDEM_UNIT_ONLY"] == "1" }

    /// Reads the environment.
    /// - Throws: ``LabFailure/environment(_:)`` that names every variable that is missing.
    public init(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws(LabFailure) {
        var missing: [String] = []
        func text(_ name: String) -> String {
            if let value = environment[name], !value.isEmpty { return value }
            missing.append(name)
            return ""
        }
        func port(_ name: String) -> Int {
            let value = text(name)
            if let port = Int(value), (1...65_535).contains(port) { return port }
            if !value.isEmpty { missing.append("\(name) (not a port: \(value))") }
            return 0
        }
        httpPort = port("LAB_HTTP_PORT")
        managerPort = port("LAB_AMI_PORT")
        managerUser = environment["LAB_AMI_USER"] ?? "tandem"
        managerSecret = environment["LAB_AMI_SECRET"] ?? "tandem"
        sipPort = port("LAB_SIP_PORT")
        carrierPort = port("LAB_SIPP_PORT")
        agiPort = port("LAB_AGI_PORT")
        restPort = port("LAB_REST_PORT")
        postgresPort = port("LAB_PG_PORT")
        amqpPort = port("LAB_AMQP_PORT")
        state = URL(fileURLWithPath: text("LAB_STATE"))
        scripts = URL(fileURLWithPath: text("LAB_SCRIPTS"))
        programs =
            environment["TANDEM_PROGRAMS"].map { URL(fileURLWithPath: $0) } ?? Self.programsBesideThisOne()
        guard missing.isEmpty else {
            throw .environment(
                "The lab's environment is missing: \(missing.joined(separator: ", ")). "
                    + "Start the lab (make lab-up), then: eval \"$(deploy/lab/env.sh)\". `make test` does both."
            )
        }
    }

    /// The directory of the running program. In a test that is the test runner of the toolchain, whose first
    /// argument that names a test bundle lies in the build directory.
    private static func programsBesideThisOne() -> URL {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") }
        let running = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        return URL(fileURLWithPath: bundle ?? running ?? CommandLine.arguments[0]).deletingLastPathComponent()
    }

    /// A built program, for instance `tandem`.
    /// - Throws: ``LabFailure/program(_:)`` when it has not been built.
    public func program(_ name: String) throws(LabFailure) -> URL {
        let url = programs.appendingPathComponent(name)
        guard FileManager.default.isExecutableFile(atPath: url.path) else {
            throw .program("There is no \(url.path): swift build, or set TANDEM_PROGRAMS.")
        }
        return url
    }

    /// A new directory below the lab's state, for the files of one phone or server.
    public func makeFolder(_ name: String) throws -> URL {
        let tests = state.appendingPathComponent("tests")
        let url = tests.appendingPathComponent("\(name)-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        if let owner { for folder in [tests, url] { chown(folder.path, owner.id, owner.group) } }
        return url
    }

    /// Who has the lab, when we are root and they are not: servers run as them, and must reach what we make.
    var owner: (id: UInt32, group: UInt32, name: String)? {
        var facts = stat()
        guard geteuid() == 0, stat(state.path, &facts) == 0, facts.st_uid != 0, let entry = getpwuid(facts.st_uid)
        else {
            return nil
        }
        return (facts.st_uid, facts.st_gid, String(cString: entry.pointee.pw_name))
    }
}
