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
    /// Those of one tenant that are made over REST at most: each costs Asterisk a registration, and us a loop.
    static let mostOfTenant = 200
    private static let pause: Duration = .seconds(1)

    private let ports: ApplicationPorts
    private let work: ApplicationWork
    /// How long the removal of applications may take.
    private let removalLimit: Duration
    /// What Asterisk has not taken away of deleted ones.
    let leftBehind: LeftBehind
    private struct State {
        var loops: [String: ApplicationLoop] = [:]
        /// To be read again: all, or these.
        var dirty: Set<String> = []
        var isAllDirty = true
        var hasLoaded = false
        /// Rows of the process before this one by application, until each has been taken over; `nil`: not read yet.
        var restored: [String: [AggregateRow]]?
        /// Applications that Asterisk did not take when they were wanted.
        var unregistered: Set<String> = []
    }
    private let state = Mutex(State())
    private let wakeUps = Mailbox<Void>(capacity: 1)
    private let refusals = Mailbox<Void>(capacity: 1)
    private let newLoops = Mailbox<ApplicationLoop>(capacity: ApplicationRegister.most)
    /// Who waits for the first load.
    private let firstLoad = Reply<Void>()

    init(ports: ApplicationPorts, work: ApplicationWork, removalLimit: Duration) {
        self.ports = ports
        self.work = work
        self.removalLimit = removalLimit
        leftBehind = LeftBehind(work)
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
        return loops.allSatisfy { $0.isLeaving || registered.contains($0.stasis.name) }
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
                    group.addTask { await self.leftBehind.run() }
                    group.addTask { await self.watchUnregistered() }
                    while let loop = await self.newLoops.next() {
                        group.addTask { await loop.run() }
                    }
                }
            } onCancel: {
                self.wakeUps.close()
                self.refusals.close()
                self.newLoops.close()
                self.leftBehind.close()
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
                if isAll { try await readAll() } else { try await read(ids) }
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
        try await restoreRows()
        let ids = Set(records.map(\.id))
        var new: [ApplicationLoop] = []
        for record in records {
            if let loop = loop(record.id) {
                if loop.live.record != record { await loop.send(.configured(record)) }
            } else {
                new.append(add(record, rows: takeRows(of: record.id)))
            }
        }
        for loop in new { await want(loop) }
        // Kept until the end: next time the new ones are not new any more.
        var failure: (any Error)?
        for id in restoredIDs where !ids.contains(id) {
            do { try await takeLeave(of: id) } catch { failure = error }
        }
        let isFirst = state.withLock { state in
            defer { state.hasLoaded = true }
            return !state.hasLoaded
        }
        if isFirst {
            ports.logger.info("applications known", metadata: ["count": "\(records.count)"])
            firstLoad.resolve(.success(()))
        }
        try await lookAtAsterisk(for: new, isFirst: isFirst)
        await remove(loops.filter { !ids.contains($0.id) })
        if let failure { throw failure }
    }

    /// Reads these again.
    private func read(_ ids: Set<String>) async throws {
        var leaving: [ApplicationLoop] = []
        do {
            for id in ids {
                if let loop = try await read(id) { leaving.append(loop) }
            }
        } catch {
            await remove(leaving)
            throw error
        }
        await remove(leaving)
    }

    /// - Returns: The loop of an application that was deleted.
    private func read(_ id: String) async throws -> ApplicationLoop? {
        let record = try await ports.applications.application(id)?.lowercased
        switch (record, loop(id)) {
        case (let record?, let loop?):
            if loop.live.record != record { await loop.send(.configured(record)) }
        case (let record?, nil):
            guard state.withLock({ $0.loops.count }) < Self.most else {
                ports.logger.error("too many applications", metadata: ["application": "\(id)"])
                return nil
            }
            let loop = add(record, rows: takeRows(of: id))
            await want(loop)
            if let node = record.node { work.begin(.makeDestinationNode(type: node.type), of: loop) }
        case (nil, let loop?): return loop
        case (nil, nil): break
        }
        return nil
    }

    // MARK: Coming and going

    @discardableResult
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
            state.withLock { _ = $0.unregistered.insert(loop.id) }
            refusals.offer(())
        }
    }

    /// The feed tries again to register what Asterisk refused. Once it is there, its calls and its destination node are
    /// looked at.
    private func watchUnregistered() async {
        while await refusals.next() != nil {
            while !Task.isCancelled {
                let waiting = state.withLock { $0.unregistered }
                if waiting.isEmpty { break }
                let registered = ports.registry()?.registered ?? []
                let ready = waiting.filter { id in loop(id).map { registered.contains($0.stasis.name) } ?? true }
                state.withLock { $0.unregistered.subtract(ready) }
                try? await lookAtAsterisk(for: ready.compactMap(loop), isFirst: false)
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Applications were deleted: they end all at the same time, within one limit.
    private func remove(_ leaving: [ApplicationLoop]) async {
        let deadline = ContinuousClock.now + removalLimit
        await withDiscardingTaskGroup { group in
            for loop in leaving {
                group.addTask {
                    let removal = ApplicationRemoval(loop: loop, work: self.work, deadline: deadline)
                    await removal.run()
                    self.leftBehind.add(await removal.finish())
                    self.state.withLock { $0.loops[loop.id] = nil }
                }
            }
        }
    }

    // MARK: Rows and Asterisk

    /// Reads the rows of the process before; once.
    private func restoreRows() async throws {
        if state.withLock({ $0.restored != nil }) { return }
        var rows: [String: [AggregateRow]] = [:]
        for kind in LiveApplication.RowKind.allCases {
            for row in try await ports.store.rows(ofKind: kind.rawValue) {
                rows[LiveApplication.application(of: row) ?? "", default: []].append(row)
            }
        }
        state.withLock { $0.restored = rows }
    }

    /// Applications whose rows nobody has taken over yet.
    private var restoredIDs: [String] { state.withLock { Array(($0.restored ?? [:]).keys) } }

    private func takeRows(of id: String) -> [AggregateRow] {
        state.withLock { $0.restored?.removeValue(forKey: id) } ?? []
    }

    /// Rows of an application that was deleted while we were away: it ends as if it were deleted now.
    /// - Throws: `DatabaseFailure`; the rows are taken the next time then.
    private func takeLeave(of id: String) async throws {
        let rows = state.withLock { $0.restored?[id] } ?? []
        if let tenant = rows.first?.tenant, !id.isEmpty {
            add(ApplicationRecord(id: id, tenant: tenant, name: nil, node: nil), rows: rows).leave()
        } else {
            ports.logger.error("rows of no application", metadata: ["ids": "\(rows.map(\.id))"])
            try await ports.store.commit(StateChange(writes: rows.map { .remove(kind: $0.kind, id: $0.id) }))
        }
        _ = takeRows(of: id)
    }

    /// Applications that the last recovery did not know.
    private func lookAtAsterisk(for loops: [ApplicationLoop], isFirst: Bool) async throws {
        // One that Asterisk refuses keeps no other from being looked at.
        guard !loops.isEmpty || isFirst, ports.registry()?.registered.isEmpty == false else { return }
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

    /// Who is in an application that was deleted while we were away, or came for it: he goes on in the dialplan.
    private func sendStraysAway(_ snapshot: AsteriskSnapshot) {
        guard hasLoaded else { return }
        for channel in snapshot.channels.values {
            guard let name = channel.stasis?.application, let id = StasisArguments.id(ofApplication: name),
                loop(id) == nil, !leftBehind.contains(channel.id)
            else { continue }
            work.sendAway(channel.id)
        }
    }

    /// Lets every application look at Asterisk, and waits for that.
    func look(at snapshot: AsteriskSnapshot) async { await look(at: snapshot, loops) }

    private func look(at snapshot: AsteriskSnapshot, _ loops: [ApplicationLoop]) async {
        struct TooLate: Error {}
        sendStraysAway(snapshot)
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
