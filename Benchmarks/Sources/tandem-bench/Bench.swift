import Foundation

/// The figures of Tandem's core, each beside a bare program that does the same I/O, in one run.
///
/// `tandem-bench [rest token events publishing outbox agi switchboards calls applications voicemails faxes]` (default:
/// all). It is never a test: a shared machine makes every figure a lower limit. See docs/performance.md.
@main
enum Bench {
    static let sections: [(name: String, run: @Sendable (Lab) async throws -> [Figure])] = [
        ("rest", { _ in try await RESTFigures.measure() }),
        ("token", { _ in try await TokenFigures.measure() }),
        ("events", { _ in try await EventFigures.measure() }),
        ("publishing", { try await PublishingFigures.measure($0) }),
        ("outbox", { try await OutboxFigures.measure($0) }),
        ("agi", { try await AGIFigures.measure($0) }),
        ("switchboards", { _ in try await SwitchboardFigures.measure() }),
        ("calls", { _ in try await CallFigures.measure() }),
        ("voicemails", { _ in try await VoicemailFigures.measure() }),
        ("faxes", { _ in try await FaxFigures.measure() }),
        ("applications", { _ in try await ApplicationFigures.measure() }),
    ]

    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let role = arguments.first.flatMap(Child.Role.init(rawValue:)) {
            return try await role.play(Array(arguments.dropFirst()))
        }
        let lab = Lab()
        let unknown = arguments.filter { name in !sections.contains { $0.name == name } }
        guard unknown.isEmpty else {
            say("no section called \(unknown.joined(separator: ", ")): \(sections.map(\.name).joined(separator: " "))")
            exit(2)
        }
        var table = Table()
        for section in sections where arguments.isEmpty || arguments.contains(section.name) {
            say("measuring: \(section.name)")
            table.add(section.name, try await section.run(lab))
        }
        print(table.text)
    }

    /// A line for whoever waits; the table alone goes to standard output.
    static func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}

/// Something outside our hands is not as it must be.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Where the lab's servers are (`deploy/lab/env.sh`).
struct Lab: Sendable {
    private let environment = ProcessInfo.processInfo.environment

    /// RabbitMQ on loopback.
    var amqpPort: Int { get throws { try port("LAB_AMQP_PORT") } }
    /// PostgreSQL on loopback, superuser `lab`.
    var postgresPort: Int { get throws { try port("LAB_PG_PORT") } }

    private func port(_ name: String) throws -> Int {
        guard let port = environment[name].flatMap({ Int($0) }) else {
            throw BenchFailure("\(name) is not set: start it with `make bench`, or eval \"$(deploy/lab/env.sh)\"")
        }
        return port
    }
}
