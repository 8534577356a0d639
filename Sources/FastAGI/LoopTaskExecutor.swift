import NIOCore

/// Runs the tasks of a session on the event loop of its connection.
///
/// A command and its reply would else cost two changes of threads, each with a wake-up by the kernel: three
/// quarters of the processor time of a session. Handlers therefore must not block, which they must not on the
/// cooperative pool either; what they wait for in the database or a service runs elsewhere.
final class LoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// One executor for each event loop of a group.
struct LoopTaskExecutors: Sendable {
    private let executors: [ObjectIdentifier: LoopTaskExecutor]

    init(_ group: any EventLoopGroup) {
        executors = Dictionary(
            uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), LoopTaskExecutor($0)) }
        )
    }

    /// That of a channel's loop; `nil` when the loop belongs to another group.
    func executor(of channel: any Channel) -> LoopTaskExecutor? { executors[ObjectIdentifier(channel.eventLoop)] }
}
