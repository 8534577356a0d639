public import Core
public import Foundation
public import Logging
public import ServiceLifecycle
import Synchronization
public import Telephony

/// Calls that are placed a little later, by a service that outlives who asked for them.
///
/// They are kept in memory: they are due within seconds. A server that stops places those that it took on first.
public final class DelayedOriginations: Service {
    /// Calls that may wait at the same time.
    public static let capacity = 256

    /// The call was not taken on: too many wait, or the server stops.
    public struct Refused: Error, Sendable, CustomStringConvertible {
        /// One line for the log.
        public var description: String { "too many calls wait to be placed, or the server stops" }
    }

    private struct Entry: Sendable {
        var origination: Origination
        var due: Date
    }

    private let channels: any ChannelControlling
    private let clock: any WallClock
    private let logger: Logger
    private let waiting = Mutex(0)
    private let entries: AsyncStream<Entry>
    private let continuation: AsyncStream<Entry>.Continuation

    /// - Parameters:
    ///   - channels: Where calls are placed.
    ///   - clock: When they are due.
    public init(channels: any ChannelControlling, clock: any WallClock = SystemClock(), logger: Logger) {
        self.channels = channels
        self.clock = clock
        self.logger = logger
        (entries, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
    }

    /// Takes a call on.
    /// - Throws: ``Refused``.
    public func place(_ origination: Origination, at due: Date) throws {
        let isFree = waiting.withLock { waiting in
            if waiting >= Self.capacity { return false }
            waiting += 1
            return true
        }
        guard isFree else { throw Refused() }
        if case .enqueued = continuation.yield(Entry(origination: origination, due: due)) { return }
        waiting.withLock { $0 -= 1 }
        throw Refused()
    }

    /// Places calls until the server stops and none is left.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await entry in entries {
                    group.addTask { await self.place(entry) }
                }
            }
        } onGracefulShutdown: {
            self.continuation.finish()
        }
    }

    @concurrent private func place(_ entry: Entry) async {
        defer { waiting.withLock { $0 -= 1 } }
        let call = entry.origination
        do {
            try await clock.sleep(until: entry.due)
            try await channels.originate(call)
        } catch {
            logger.warning("call not placed", metadata: ["endpoint": "\(call.endpoint)", "cause": "\(error)"])
        }
    }
}
