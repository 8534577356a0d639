import Foundation
import Synchronization

/// A program that runs beside us, its output in a file. It is killed when nobody holds it any more.
final class ChildProcess: Sendable {
    private let process: Process
    private let exit: Exit

    /// Starts the program.
    /// - Throws: ``LabFailure/program(_:)`` when it cannot be started.
    init(_ program: URL, _ arguments: [String], in folder: URL, output: URL) throws {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        if !FileManager.default.fileExists(atPath: output.path) {
            try Data().write(to: output)
        }
        let file = try FileHandle(forWritingTo: output)
        try file.seekToEnd()
        process.standardOutput = file
        process.standardError = file
        let exit = Exit()
        process.terminationHandler = { ended in
            exit.set(
                ended.terminationReason == .exit ? ended.terminationStatus : 128 + ended.terminationStatus
            )
        }
        do {
            try Self.withoutBlockedSignals { try process.run() }
        } catch {
            throw LabFailure.program("cannot run \(program.path): \(error)")
        }
        try file.close()
        self.process = process
        self.exit = exit
    }

    /// A child inherits the signal mask of the thread that starts it, and threads of Dispatch block all
    /// signals: a server started from one would be deaf to SIGTERM.
    private static func withoutBlockedSignals<Result>(_ body: () throws -> Result) rethrows -> Result {
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return try body()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// The process id.
    var id: Int32 { process.processIdentifier }

    /// Whether it still runs.
    var isRunning: Bool { process.isRunning }

    /// Sends a signal, if it still runs.
    func signal(_ number: Int32) {
        if process.isRunning { kill(process.processIdentifier, number) }
    }

    /// Waits for the end. 128 and more: ended by that signal.
    var status: Int32 {
        get async { await exit.value }
    }

    /// The exit status as a value that can be awaited by several.
    private final class Exit: Sendable {
        private struct State {
            var status: Int32?
            var waiters: [CheckedContinuation<Int32, Never>] = []
        }
        private let state = Mutex(State())

        func set(_ status: Int32) {
            let waiters = state.withLock { state in
                state.status = status
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume(returning: status) }
        }

        var value: Int32 {
            get async {
                await withCheckedContinuation { continuation in
                    let known: Int32? = state.withLock { state in
                        if state.status == nil { state.waiters.append(continuation) }
                        return state.status
                    }
                    if let known { continuation.resume(returning: known) }
                }
            }
        }
    }
}
