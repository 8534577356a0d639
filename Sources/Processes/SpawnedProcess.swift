import CProcesses
import Glibc

/// One program from spawn to reaping; blocks its thread.
struct SpawnedProcess {
    let id: Int32
    /// Readable when the program has ended.
    private let watch: Int32
    /// The reading end of its output; not blocking.
    private let output: Int32

    static func run(_ request: ProcessRequest, _ handle: ProcessHandle) throws -> ProcessOutcome {
        let input = try inputFile(request)
        defer { close(input) }
        var ends: [Int32] = [-1, -1]
        guard processes_pipe(&ends) == 0 else { throw failure(request, errno) }
        defer { close(ends[0]) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        let id: Int32
        do {
            defer { close(ends[1]) }
            id = try handle.start { try spawn(request, input: input, output: ends[1]) }
        }
        let watch = processes_pidfd_open(id)
        let reason = errno
        defer { if watch >= 0 { close(watch) } }
        if watch < 0 { kill(group: id) }
        let process = SpawnedProcess(id: id, watch: watch, output: ends[0])
        let (kept, tookTooLong) = watch < 0 ? ([], false) : process.wait(request)
        let (status, wasCancelled) = handle.end { process.reap() }
        if wasCancelled { throw CancellationError() }
        if watch < 0 { throw failure(request, reason) }
        return ProcessOutcome(end: tookTooLong ? .tookTooLong : end(status), output: kept)
    }

    /// Reads what it prints until it ends; kills it after the limit.
    private func wait(_ request: ProcessRequest) -> (output: [UInt8], tookTooLong: Bool) {
        let deadline = ContinuousClock.now + request.limit
        var kept: [UInt8] = []
        var isKilled = false
        var descriptors = [
            pollfd(fd: watch, events: Int16(POLLIN), revents: 0),
            pollfd(fd: output, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let left = isKilled ? Duration.seconds(3_600) : deadline - .now
            let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
            _ = poll(&descriptors, 2, Int32(clamping: max(milliseconds + 1, 0)))
            // A negative descriptor is left out by poll: that is how the end of the output is noted.
            if descriptors[1].revents != 0, !read(into: &kept, limit: request.outputLimit) { descriptors[1].fd = -1 }
            // What it started may go on and hold the pipe open: its own end counts.
            if descriptors[0].revents != 0 { break }
            if !isKilled, ContinuousClock.now >= deadline {
                Self.kill(group: id)
                isKilled = true
            }
        }
        if descriptors[1].fd >= 0 { _ = read(into: &kept, limit: request.outputLimit) }
        return (kept.suffix(request.outputLimit), isKilled)
    }

    /// Reads what there is now, at most a megabyte at once; keeps the last bytes.
    /// - Returns: `false` at the end of the output.
    private func read(into kept: inout [UInt8], limit: Int) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        for _ in 0..<16 {
            let count = Glibc.read(output, &buffer, buffer.count)
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            if count == 0 { return false }
            kept += buffer[..<count]
            if kept.count > limit { kept.removeFirst(kept.count - limit) }
        }
        return true
    }

    private func reap() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return status
    }

    private static func end(_ status: Int32) -> ProcessOutcome.End {
        status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .signalled(status & 0x7f)
    }

    static func kill(group id: Int32) { _ = Glibc.kill(-id, SIGKILL) }

    /// Its input lies in memory, so nobody has to write while it reads, and no pipe can break.
    private static func inputFile(_ request: ProcessRequest) throws -> Int32 {
        let file = processes_memory_file()
        guard file >= 0 else { throw failure(request, errno) }
        var written = 0
        while written < request.input.count {
            let count = request.input[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else {
                defer { close(file) }
                throw failure(request, errno)
            }
            written += max(count, 0)
        }
        lseek(file, 0, SEEK_SET)
        return file
    }

    private static func spawn(_ request: ProcessRequest, input: Int32, output: Int32) throws -> Int32 {
        let words = (request.bounds?.words ?? []) + [request.executable] + request.arguments
        // What sets the bounds would end with a status where the program is not there.
        if request.bounds != nil, access(request.executable, X_OK) != 0 { throw failure(request, errno) }
        let environment = request.environment.map { "\($0)=\($1)" }
        guard !(words + environment).contains(where: { $0.utf8.contains(0) }) else {
            throw ProcessFailure.notStarted(request.executable, reason: "an argument holds a zero byte")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        configure(&attributes)
        var id: Int32 = 0
        let code = withCStrings(words) { arguments in
            withCStrings(environment) { environment in
                posix_spawn(&id, words[0], &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw failure(request, code) }
        return id
    }

    /// A process group of its own, and no signal blocked or ignored: threads of ours block signals, and a child
    /// inherits that.
    private static func configure(_ attributes: inout posix_spawnattr_t) {
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }

    private static func withCStrings<Result>(
        _ texts: [String],
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let pointers = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                preconditionFailure("the list ends with nil, so it is not empty")
            }
            return body(base)
        }
    }

    private static func failure(_ request: ProcessRequest, _ code: Int32) -> ProcessFailure {
        .notStarted(request.executable, reason: String(cString: strerror(code)))
    }
}
