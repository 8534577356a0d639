import Foundation

/// A program of somebody else that runs beside us: one of the examples, for instance.
public final class RunningProgram: Sendable {
    private let child: ChildProcess
    private let file: URL

    /// Starts a program that is looked up in PATH.
    /// - Parameter environment: Added to ours.
    /// - Throws: ``LabFailure``
    public init(_ words: [String], environment: [String: String], in lab: LabEnvironment) throws {
        let folder = try lab.makeFolder("program")
        file = folder.appendingPathComponent("output")
        child = try ChildProcess(
            URL(fileURLWithPath: "/usr/bin/env"),
            environment.map { "\($0.key)=\($0.value)" } + words,
            in: folder,
            output: file
        )
    }

    /// What it has printed so far.
    public var output: String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }

    /// Waits until it has printed a line.
    /// - Throws: ``LabFailure/tooLate(_:)`` with what it printed instead.
    public func prints(_ line: String, within limit: Duration = .seconds(10)) async throws {
        do {
            _ = try await eventually("the program prints \(line)", within: limit) {
                output.split(separator: "\n").contains { $0 == line } ? true : nil
            }
        } catch {
            throw LabFailure.tooLate("no \(line), but: \(output)")
        }
    }

    /// Its exit status.
    public var status: Int32 { get async { await child.status } }

    /// Ends it.
    public func stop() { child.signal(SIGKILL) }
}
