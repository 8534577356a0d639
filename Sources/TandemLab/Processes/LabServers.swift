import Foundation
import Glibc

/// The lab's servers as something that a test takes away and gives back.
public struct LabServers: Sendable {
    /// A server of the lab.
    public enum Server: String, Sendable, CaseIterable {
        case asterisk, postgres, rabbitmq
    }

    private let environment: LabEnvironment

    /// The servers of that lab.
    public init(_ environment: LabEnvironment) { self.environment = environment }

    /// Stops the server and returns when it is gone; its data stay.
    /// - Throws: ``LabFailure/program(_:)``
    public func stop(_ server: Server) async throws { try await run("down.sh", server) }

    /// Kills the server without a word, as a power cut does, and returns when it is gone.
    /// - Throws: ``LabFailure/program(_:)`` when it does not run.
    public func kill(_ server: Server) async throws {
        let pid = try signal(server, SIGKILL)
        _ = try await eventually("\(server.rawValue) is gone") { Self.runs(pid) ? nil : true }
    }

    /// Stops the server from doing anything: its connections stay, and it answers nothing, until it goes on.
    /// - Throws: ``LabFailure/program(_:)`` when it does not run.
    public func freeze(_ server: Server) throws { _ = try signal(server, SIGSTOP) }

    /// Lets a frozen server go on.
    /// - Throws: ``LabFailure/program(_:)`` when it does not run.
    public func goOn(_ server: Server) throws { _ = try signal(server, SIGCONT) }

    /// - Returns: The process's id.
    private func signal(_ server: Server, _ signal: Int32) throws -> Int32 {
        let file = environment.state.appendingPathComponent("\(server.rawValue).pid")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        guard let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)), Glibc.kill(pid, signal) == 0
        else { throw LabFailure.program("\(server.rawValue) does not run") }
        return pid
    }

    /// Whether a process is there and is no zombie.
    private static func runs(_ pid: Int32) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return false }
        return !stat[end...].hasPrefix(") Z")
    }

    /// Starts the server again and returns when it is ready.
    /// - Throws: ``LabFailure/program(_:)``
    public func start(_ server: Server) async throws { try await run("up.sh", server) }

    /// Runs `rabbitmqctl` on the lab's broker.
    /// - Returns: What it prints.
    /// - Throws: ``LabFailure/program(_:)``
    @discardableResult
    public func rabbitmqctl(_ arguments: [String]) async throws -> String {
        let path = environment.scripts.appendingPathComponent("rabbitctl").path
        return try await Command(path, arguments).output(within: .seconds(60))
    }

    private func run(_ script: String, _ server: Server) async throws {
        let path = environment.scripts.appendingPathComponent(script).path
        _ = try await Command("env", ["LAB_WITH=\(server.rawValue)", path]).output(within: .seconds(90))
    }
}
