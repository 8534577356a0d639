import NIOPosix
import Synchronization

/// Runs programs on threads of its own, a bounded number at once: further ones wait their turn.
public final class ProcessRunner: ProcessRunning {
    private let threads: NIOThreadPool

    /// - Parameter width: Programs that run at the same time at most.
    public init(width: Int = 8) {
        threads = NIOThreadPool(numberOfThreads: width)
        threads.start()
    }

    deinit { threads.shutdownGracefully { _ in } }

    /// Runs a program to its end.
    @concurrent public func run(_ request: ProcessRequest) async throws -> ProcessOutcome {
        let handle = ProcessHandle()
        return try await withTaskCancellationHandler {
            try await threads.runIfActive { try SpawnedProcess.run(request, handle) }
        } onCancel: {
            handle.cancel()
        }
    }
}

/// Lets a task kill the program that a thread waits for, and never another that got its process id later.
final class ProcessHandle: Sendable {
    private enum State {
        case waiting, running(Int32), cancelled, ended
    }
    private let state = Mutex(State.waiting)

    /// Kills the program's process group, or keeps it from being started.
    func cancel() {
        state.withLock { state in
            if case .running(let id) = state { Self.killGroup(of: id) }
            if case .ended = state { return }
            state = .cancelled
        }
    }

    /// Starts the program unless it was cancelled before; nobody can cancel between the two.
    func start(_ spawn: () throws -> Int32) throws -> Int32 {
        try state.withLock { state in
            if case .cancelled = state { throw CancellationError() }
            let id = try spawn()
            state = .running(id)
            return id
        }
    }

    /// Reaps the program: from here on its id may be another's.
    /// - Returns: What `reap` returned, and whether the program was cancelled.
    func end<Result>(_ reap: () -> Result) -> (Result, wasCancelled: Bool) {
        state.withLock { state in
            let result = reap()
            if case .cancelled = state { return (result, true) }
            state = .ended
            return (result, false)
        }
    }

    static func killGroup(of id: Int32) { SpawnedProcess.kill(group: id) }
}
