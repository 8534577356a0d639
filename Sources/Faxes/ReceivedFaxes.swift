import Core
import Foundation
import Logging
import Persistence
public import ServiceLifecycle
import Synchronization

/// Received faxes: taken from Asterisk's spool and delivered by mail, printer or FTP, each as a job that survives us.
///
/// ## A fax's journey
/// 1. Asterisk receives it (`dialplan/fax.conf`, `rxfax`); when the call is over handler `handle_fax` tells of the
///    file: ``receive(_:)``.
/// 2. A `ReceivedFax` is stored, then the file is moved into a folder of its own in our spool (`FaxSpool`), then
///    clients hear `fax_inbound_received` (`BusEvents`).
/// 3. Each backend of the number's destination (`FaxConfiguration`) gets one attempt (`BackendDelivery`), and the
///    handler its answer.
/// 4. A backend that failed gets further ones (`RetrySchedule`). All have it, or one had all its attempts in vain, which
///    clients hear as `fax_inbound_failed`: the fax is kept for a while, seen over REST, then removed (`+Clients`).
///
/// An attempt counts once its outcome is stored. When we are killed while a program runs, nobody knows how far it
/// came, and the attempt is made again after the start: better twice than lost.
///
/// ## Where to look
/// - `ReceivedFax`, `+Transitions`: the state machine, a pure value. `+Row`: its row in schema `gateway`.
/// - `ReceivedFaxes+Work`: takes and delivers; `+Storing`: every change is stored, with its events.
///
/// Source: contract 30 §8, §11.
public final class ReceivedFaxes: Service {
    let ports: ReceivedFaxPorts
    let spool: FaxSpool
    let delivery: any FaxDelivering
    let rules: ReceivedFax.Rules
    let jobs = FaxJobs()
    private let stopping = Mutex(false)
    private let arrivals = Mailbox<Arrival>(capacity: 64)
    private let returns = Mailbox<ReceivedFax>(capacity: 64)
    let removals = Mailbox<Removal>(capacity: 64)
    private let wakeUps = Mailbox<Void>(capacity: 1)
    /// Faxes at work at once: those whose dialplan waits, and those that had a failure. The second cannot keep the
    /// first waiting.
    private static let widths = (arrivals: 6, returns: 2)

    /// A fax that waits for a worker, and who waits for its answer.
    struct Arrival: Sendable {
        let fax: FaxArrival
        let reply: FaxReply
    }

    /// Faxes that work through these ports.
    public convenience init(ports: ReceivedFaxPorts) {
        self.init(
            ports: ports,
            delivery: BackendDelivery(
                configuration: ports.configuration,
                processes: ports.processes,
                limit: ports.programLimit,
                logger: ports.logger
            )
        )
    }

    init(ports: ReceivedFaxPorts, delivery: any FaxDelivering) {
        self.ports = ports
        self.delivery = delivery
        spool = FaxSpool(received: ports.receivedFolder, folder: ports.spoolFolder)
        rules = ReceivedFax.Rules(
            retries: ports.retryPauses.map(RetrySchedule.init) ?? .ordinary,
            keep: ports.keep,
            keepFailed: ports.keepFailed
        )
    }

    /// Takes a fax and answers after the first attempt of each backend. When the caller is cancelled the fax goes on
    /// without him.
    /// - Throws: ``FaxRefusal``; `CancellationError`.
    public func receive(_ fax: FaxArrival) async throws -> FaxAnswer {
        let reply = FaxReply()
        guard arrivals.offer(Arrival(fax: fax, reply: reply)) else { throw FaxRefusal.busy }
        return try await reply.value()
    }

    /// Works until shutdown. What is at work then is finished; nothing further is begun.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    group.addTask { await self.restore() }
                    group.addTask { await self.keepTime() }
                    group.addTask { await Self.work(self.arrivals, width: Self.widths.arrivals, self.take) }
                    group.addTask { await Self.work(self.returns, width: Self.widths.returns, self.resume) }
                    group.addTask { await Self.work(self.removals, width: Self.widths.returns, self.remove) }
                }
            } onCancel: {
                self.stop()
            }
        } onGracefulShutdown: {
            self.stop()
        }
    }

    /// Whether nothing further is begun.
    var isStopping: Bool { stopping.withLock { $0 } }

    private func stop() {
        stopping.withLock { $0 = true }
        arrivals.close()
        returns.close()
        removals.close()
        wakeUps.close()
    }

    /// There may be something to do earlier than thought.
    func wake() { wakeUps.offer(()) }

    /// Hands over what is in a mailbox, a few at once.
    private static func work<Item: Sendable>(
        _ mailbox: Mailbox<Item>,
        width: Int,
        _ body: @escaping @Sendable (Item) async -> Void
    ) async {
        // A mailbox that is full makes its sender wait: each worker holds one of its places.
        let places = Mailbox<Void>(capacity: width)
        await withDiscardingTaskGroup { group in
            while let item = await mailbox.next() {
                await places.send(())
                group.addTask {
                    await body(item)
                    _ = places.takeNow()
                }
            }
        }
    }

    /// Reads the stored jobs, as soon as the database is there; until then no fax is taken.
    private func restore() async {
        do {
            try await spool.prepare()
        } catch {
            ports.logger.error("no spool for faxes", metadata: ["cause": "\(error)"])
        }
        var isTold = false
        while !isStopping {
            do {
                let faxes = try await storedFaxes()
                if !faxes.isEmpty { ports.logger.info("faxes go on", metadata: ["count": "\(faxes.count)"]) }
                jobs.restore(faxes)
                return wake()
            } catch {
                if !isTold { ports.logger.warning("faxes wait for the database", metadata: ["cause": "\(error)"]) }
                isTold = true
                guard (try? await Task.sleep(for: .milliseconds(500))) != nil else { return }
            }
        }
    }

    /// Hands jobs to workers when they are due.
    private func keepTime() async {
        var sleeper: Task<Void, Never>?
        while await wakeUps.next() != nil {
            sleeper?.cancel()
            let (due, next) = jobs.takeDue(at: ports.clock.now)
            for fax in due { await returns.send(fax) }
            guard let next else { continue }
            sleeper = Task { [clock = ports.clock] in
                guard (try? await clock.sleep(until: next)) != nil else { return }
                self.wake()
            }
        }
        sleeper?.cancel()
    }
}

/// The answer to one who waits, given once.
final class FaxReply: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<FaxAnswer, any Error>)
        case given(Result<FaxAnswer, any Error>)
        case done
    }
    private let state = Mutex(State.open)

    /// Gives the answer; a second one is ignored.
    func give(_ answer: Result<FaxAnswer, any Error>) {
        let waiter: CheckedContinuation<FaxAnswer, any Error>? = state.withLock { state in
            switch state {
            case .open:
                state = .given(answer)
                return nil
            case .awaited(let waiter):
                state = .done
                return waiter
            case .given, .done: return nil
            }
        }
        waiter?.resume(with: answer)
    }

    /// Waits for the answer.
    /// - Throws: ``FaxRefusal``; `CancellationError`.
    func value() async throws -> FaxAnswer {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                let answer: Result<FaxAnswer, any Error>? = state.withLock { state in
                    guard case .given(let answer) = state else {
                        state = .awaited(waiter)
                        return nil
                    }
                    state = .done
                    return answer
                }
                if let answer { waiter.resume(with: answer) }
            }
        } onCancel: {
            give(.failure(CancellationError()))
        }
    }
}
