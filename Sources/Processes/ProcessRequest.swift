/// A program to run to its end, without a shell.
public struct ProcessRequest: Sendable, Hashable {
    /// The program's absolute path.
    public var executable: String
    /// Its arguments, without its own name.
    public var arguments: [String]
    /// What it reads from its standard input.
    public var input: [UInt8]
    /// Its whole environment: nothing of ours is handed on unless it stands here.
    public var environment: [String: String]
    /// How long it may take. Then it is killed, with what it started in its process group.
    public var limit: Duration
    /// What it may use; `nil`: what we may.
    public var bounds: ResourceBounds?
    /// Bytes of its output (standard output and standard error) that are kept: the last ones.
    public var outputLimit: Int

    /// A request with its parts.
    public init(
        _ executable: String,
        _ arguments: [String],
        input: [UInt8] = [],
        environment: [String: String] = [:],
        limit: Duration = .seconds(60),
        outputLimit: Int = 4_096,
        bounds: ResourceBounds? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.input = input
        self.environment = environment
        self.limit = limit
        self.outputLimit = outputLimit
        self.bounds = bounds
    }
}

/// What a program that reads what strangers sent may use (`prlimit(1)`): beyond it the system refuses or ends it.
public struct ResourceBounds: Sendable, Hashable {
    /// Bytes of memory.
    public var memory: Int
    /// Seconds of a processor.
    public var processorSeconds: Int
    /// Bytes of each file that it writes.
    public var fileSize: Int

    /// Bounds with all their parts.
    public init(memory: Int, processorSeconds: Int, fileSize: Int) {
        self.memory = memory
        self.processorSeconds = processorSeconds
        self.fileSize = fileSize
    }

    /// The program that sets them, which then becomes the other one.
    static let setter = "/usr/bin/prlimit"

    /// What goes before the program's path.
    var words: [String] {
        [
            Self.setter, "--as=\(memory)", "--cpu=\(processorSeconds)", "--fsize=\(fileSize)", "--core=0",
        ]
    }
}

/// How a program ended.
public struct ProcessOutcome: Sendable, Hashable {
    /// The way it ended.
    public enum End: Sendable, Hashable {
        /// By itself, with this status.
        case exited(Int32)
        /// By this signal.
        case signalled(Int32)
        /// Killed after the request's limit.
        case tookTooLong
    }

    /// The way it ended.
    public var end: End
    /// The last bytes of its output.
    public var output: [UInt8]

    /// An outcome with its parts.
    public init(end: End, output: [UInt8] = []) {
        self.end = end
        self.output = output
    }

    /// Whether it ended by itself with status 0.
    public var isSuccess: Bool { end == .exited(0) }
}

/// Why a program was not run.
public enum ProcessFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// It could not be started; the text says why.
    case notStarted(String, reason: String)

    /// One line for the log.
    public var description: String {
        switch self {
        case .notStarted(let program, let reason): "\(program) cannot be started: \(reason)"
        }
    }
}

/// Runs programs.
public protocol ProcessRunning: Sendable {
    /// Runs a program to its end. When the task is cancelled the program is killed.
    /// - Throws: ``ProcessFailure``; `CancellationError`.
    func run(_ request: ProcessRequest) async throws -> ProcessOutcome
}
