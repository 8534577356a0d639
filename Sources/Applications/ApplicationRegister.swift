import CallControl
import Core
import Directory
import Logging
import Persistence
import ServiceLifecycle
import Synchronization
import Telephony

/// Which applications there are: reads them from the directory at start and after each change, and keeps a loop and a
/// registration in Asterisk for each (contract 11 §5).
final class ApplicationRegister: Sendable {
    /// Applications at most; those with the greatest ids are left out then.
    static let most = 5_000
    private static let pause: Duration = .seconds(1)

    private let ports: ApplicationPorts
    private let work: ApplicationWork
    private struct State {
        var loops: [String: ApplicationLoop] = [:]
        /// To be read again: all, or these.
        var dirty: Set<String> = []
        var isAllDirty = true
        var hasLoaded = false
        /// Rows of the process before this one, until the applications are known.
        var hasRestored = false
    }
    private let state = Mutex(State())
    private let wakeUps = Mailbox<Void>(capacity: 1)
    private let newLoops = Mailbox<ApplicationLoop>(capacity: ApplicationRegister.most)
    /// Who waits for the first load.
    private let firstLoad = Reply<Void>()

    init(ports: ApplicationPorts, work: ApplicationWork) {
        self.ports = ports
        self.work = work
    }

    /// The loop of an application that is known.
    func loop(_ id: String) -> ApplicationLoop? { state.withLock { $0.loops[id] } }
    /// All loops, in no order.
    var loops: [ApplicationLoop] { state.withLock { Array($0.loops.values) } }
    /// Whether the directory has been read.
    var hasLoaded: Bool { state.withLock { $0.hasLoaded } }

    /// Whether everything is known and registered.
    var isReady: Bool {
        guard hasLoaded, let registered = ports.registry()?.registered else { return false }
        return loops.allSatisfy { registered.contains($0.stasis.name) }
    }

    /// Whether Asterisk has the application now.
    func isRegistered(_ loop: ApplicationLoop) -> Bool {
        ports.registry()?.registered.contains(loop.stasis.name) == true
    }

    func loaded(within limit: Duration) async {
        struct TooLate: Error {}
        try? await firstLoad.value(within: limit) { TooLate() }
    }

    // MARK: What is to be read

    func look(at id: String) {
        state.withLock { _ = $0.dirty.insert(id) }
        wakeUps.offer(())
    }

    func lookAtAll() {
        state.withLock { $0.isAllDirty = true }
        wakeUps.offer(())
    }

    /// Runs loops, and reads what is to be read, until shutdown.
    func run() async {
        await cancelWhenGracefulShutdown {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    group.addTask {
                        self.wakeUps.offer(())
                        while await self.wakeUps.next() != nil { await self.readUntilDone() }
                    }
                    while let loop = await self.newLoops.next() {
                        group.addTask { await loop.run() }
                    }
                }
            } onCancel: {
                self.wakeUps.close()
                self.newLoops.close()
                for loop in self.loops { loop.close() }
            }
        }
    }

    private func readUntilDone() async {
        var isKnown = false
        while !Task.isCancelled {
            let (isAll, ids) = state.withLock { state in
                defer {
                    state.isAllDirty = false
                    state.dirty = []
                }
                return (state.isAllDirty, state.dirty)
            }
            if !isAll, ids.isEmpty { return }
            do {
                if isAll { try await readAll() } else { for id in ids { try await read(id) } }
            } catch {
                state.withLock { state in
                    state.isAllDirty = state.isAllDirty || isAll
                    state.dirty.formUnion(ids)
                }
                if !isKnown { ports.logger.warning("applications not read yet", metadata: ["error": "\(error)"]) }
                isKnown = true
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    private func readAll() async throws {
        let found = try await ports.applications.applications().map(\.lowercased).sorted { $0.id < $1.id }
        if found.count > Self.most {
            ports.logger.error("too many applications", metadata: ["limit": "\(Self.most)", "found": "\(found.count)"])
        }
        let records = found.prefix(Self.most)
        let rows = try await restoredRows()
        let ids = Set(records.map(\.id))
        for loop in loops where !ids.contains(loop.id) { await remove(loop) }
        var new: [ApplicationLoop] = []
        for record in records {
            if let loop = loop(record.id) {
                if loop.live.record != record { await loop.send(.configured(record)) }
            } else {
                new.append(add(record, rows: rows[record.id] ?? []))
            }
        }
        for (id, rows) in rows where !ids.contains(id) { try await forget(rows) }
        for loop in new { await want(loop) }
        let isFirst = state.withLock { state in
            defer { state.hasLoaded = true }
            return !state.hasLoaded
        }
        if isFirst {
            ports.logger.info("applications known", metadata: ["count": "\(records.count)"])
            firstLoad.resolve(.success(()))
        }
        try await lookAtAsterisk(for: new)
    }

    private func read(_ id: String) async throws {
        let record = try await ports.applications.application(id)?.lowercased
        switch (record, loop(id)) {
        case (let record?, let loop?):
            if loop.live.record != record { await loop.send(.configured(record)) }
        case (let record?, nil):
            guard state.withLock({ $0.loops.count }) < Self.most else {
                return ports.logger.error("too many applications", metadata: ["application": "\(id)"])
            }
            let loop = add(record, rows: [])
            await want(loop)
            if let node = record.node { work.begin(.makeDestinationNode(type: node.type), of: loop) }
        case (nil, let loop?): await remove(loop)
        case (nil, nil): break
        }
    }

    // MARK: Coming and going

    private func add(_ record: ApplicationRecord, rows: [AggregateRow]) -> ApplicationLoop {
        var live = LiveApplication(record)
        for row in rows where !live.restore(row) {
            ports.logger.error("unreadable row", metadata: ["kind": "\(row.kind)", "id": "\(row.id)"])
        }
        let loop = ApplicationLoop(live, ports: ports, work: work)
        state.withLock { $0.loops[record.id] = loop }
        newLoops.offer(loop)
        return loop
    }

    /// Wants the application in Asterisk; the feed repeats it until it is there.
    private func want(_ loop: ApplicationLoop) async {
        do {
            try await ports.registry()?.register(loop.stasis)
        } catch {
            ports.logger.warning(
                "application not registered yet",
                metadata: ["application": "\(loop.id)", "error": "\(error)"]
            )
        }
    }

    /// An application was deleted: its calls are hung up and its nodes go (contract 11 §6 row 9).
    private func remove(_ loop: ApplicationLoop) async {
        let live = loop.live
        for snoop in live.snoops.values { await work.end(snoop, of: loop) }
        for node in live.nodes.keys {
            await work.tolerating("node not removed", node.rawValue) { try await work.remove(node, of: loop) }
        }
        for call in live.calls.keys {
            await work.tolerating("call not hung up", call.rawValue) { try await ports.asterisk.hangUp(call) }
        }
        _ = await loop.waits(.seconds(2)) { $0.calls.isEmpty && $0.nodes.isEmpty && $0.snoops.isEmpty }
        await work.tolerating("application not deregistered", loop.id) {
            try await ports.registry()?.deregister(loop.stasis.name)
        }
        state.withLock { $0.loops[loop.id] = nil }
        // What did not end in time is told and forgotten all the same.
        for call in loop.live.calls.keys { await loop.send(.ended(call)) }
        loop.close()
    }

    // MARK: Rows and Asterisk

    /// Rows of the process before, by application; once.
    private func restoredRows() async throws -> [String: [AggregateRow]] {
        if state.withLock({ $0.hasRestored }) { return [:] }
        var rows: [String: [AggregateRow]] = [:]
        for kind in LiveApplication.RowKind.allCases {
            for row in try await ports.store.rows(ofKind: kind.rawValue) {
                rows[LiveApplication.application(of: row) ?? "", default: []].append(row)
            }
        }
        state.withLock { $0.hasRestored = true }
        return rows
    }

    /// Rows of an application that was deleted while we were away.
    private func forget(_ rows: [AggregateRow]) async throws {
        for row in rows {
            await work.tolerating("left-over not removed", row.id) {
                switch LiveApplication.RowKind(rawValue: row.kind) {
                case .call: try await ports.asterisk.hangUp(ChannelID(row.id))
                case .node, .snoop: try await ports.asterisk.destroyBridge(BridgeID(row.id))
                case .playback, nil: break
                }
            }
        }
        try await ports.store.commit(StateChange(writes: rows.map { .remove(kind: $0.kind, id: $0.id) }))
    }

    /// Applications that the last recovery did not know.
    private func lookAtAsterisk(for loops: [ApplicationLoop]) async throws {
        guard !loops.isEmpty, ports.registry()?.isConnected == true else { return }
        do {
            let snapshot = AsteriskSnapshot(
                channels: try await ports.asterisk.channels(),
                bridges: try await ports.asterisk.bridges()
            )
            await look(at: snapshot, loops)
        } catch let failure as TelephonyFailure {
            // The feed's next connection brings a recovery.
            ports.logger.warning("Asterisk not seen yet", metadata: ["error": "\(failure)"])
        }
    }

    /// Lets every application look at Asterisk, and waits for that.
    func look(at snapshot: AsteriskSnapshot) async { await look(at: snapshot, loops) }

    private func look(at snapshot: AsteriskSnapshot, _ loops: [ApplicationLoop]) async {
        struct TooLate: Error {}
        let replies = loops.map { ($0, Reply<Void>()) }
        for (loop, reply) in replies where !(await loop.mailbox.send(.look(snapshot, reply))) {
            reply.resolve(.success(()))
        }
        for (loop, reply) in replies {
            if (try? await reply.value(within: .seconds(30)) { TooLate() }) == nil {
                ports.logger.warning("application takes long to recover", metadata: ["application": "\(loop.id)"])
            }
        }
    }
}

extension ApplicationRecord {
    /// With the canonical form of its id.
    var lowercased: ApplicationRecord {
        var record = self
        record.id = id.lowercased()
        return record
    }
}
