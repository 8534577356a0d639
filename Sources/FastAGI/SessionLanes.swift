import NIOCore

/// Runs the tasks of a session on the event loop of its connection.
///
/// Otherwise each command and each reply would change threads, with a wake-up by the kernel each time, which was
/// half of a session's processor time. Handlers must therefore not block, as on the cooperative pool; what they
/// wait for in the database or a service runs elsewhere.
final class LoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Where sessions run: one lane for each event loop, so that a session never leaves the loop of its connection.
struct SessionLanes: Sendable {
    private struct Lane: Sendable {
        let executor: LoopTaskExecutor
        let sweep: NIOLoopBoundBox<DeadlineSweep>
        let connections: AsyncStream<AcceptedConnection>
        let accepted: AsyncStream<AcceptedConnection>.Continuation
    }

    private let lanes: [ObjectIdentifier: Lane]

    /// - Parameter group: The group that accepts the connections.
    init(_ group: any EventLoopGroup, configuration: FastAGIConfiguration) {
        let lanes = group.makeIterator().map { loop in
            // As many as there are open sessions at most, which the server limits.
            let (connections, accepted) = AsyncStream.makeStream(of: AcceptedConnection.self)
            let lane = Lane(
                executor: LoopTaskExecutor(loop),
                sweep: .makeBoxSendingValue(DeadlineSweep(loop, configuration: configuration), eventLoop: loop),
                connections: connections,
                accepted: accepted
            )
            return (ObjectIdentifier(loop), lane)
        }
        self.lanes = Dictionary(uniqueKeysWithValues: lanes)
    }

    /// What looks after the deadlines of a channel; call it on the channel's event loop.
    func sweep(of channel: any Channel) -> DeadlineSweep {
        guard let lane = lanes[ObjectIdentifier(channel.eventLoop)] else {
            preconditionFailure("the channel is of another group")
        }
        return lane.sweep.value
    }

    /// Takes a connection, whose session then begins; closes it after `finish`.
    func accept(_ connection: AcceptedConnection) {
        let lane = lanes[ObjectIdentifier(connection.channel.eventLoop)]
        guard case .enqueued = lane?.accepted.yield(connection) else { return connection.channel.close(promise: nil) }
    }

    /// No connection comes any more.
    func finish() { for lane in lanes.values { lane.accepted.finish() } }

    /// Serves until no connection comes any more and all sessions have ended.
    /// - Parameter onEnd: Called by each lane that takes no more: after `finish`, or on cancellation.
    func serve(with server: SessionServer, onEnd: @escaping @Sendable () -> Void) async {
        await withDiscardingTaskGroup { tasks in
            for lane in lanes.values {
                tasks.addTask(executorPreference: lane.executor) {
                    await withDiscardingTaskGroup { sessions in
                        for await connection in lane.connections {
                            sessions.addTask(executorPreference: lane.executor) {
                                await server.serve(connection, on: lane.executor)
                            }
                        }
                        onEnd()
                    }
                }
            }
        }
    }
}
