import Foundation

/// A program that is run to its end: psql, the lab's scripts, `tandem token`.
struct Command {
    var program: URL
    var arguments: [String]

    init(_ program: URL, _ arguments: [String]) {
        self.program = program
        self.arguments = arguments
    }

    /// A program that is looked up in PATH.
    init(_ name: String, _ arguments: [String]) {
        self.init(URL(fileURLWithPath: "/usr/bin/env"), [name] + arguments)
    }

    /// Runs it and returns what it printed.
    /// - Throws: ``LabFailure/program(_:)`` with its error text when its exit status is not 0, or when it takes
    ///   longer than `limit`.
    func output(within limit: Duration = .seconds(30)) async throws -> String {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tandem-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let output = folder.appendingPathComponent("output")
        let child = try ChildProcess(program, arguments, in: folder, output: output)
        let deadline = Task {
            try await Task.sleep(for: limit)
            child.signal(SIGKILL)
        }
        let status = await child.status
        deadline.cancel()
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        guard status == 0 else {
            let name = arguments.first.map { "\(program.lastPathComponent) \($0)" } ?? program.path
            throw LabFailure.program("\(name) ended with status \(status): \(text.suffix(2_000))")
        }
        return text
    }
}
