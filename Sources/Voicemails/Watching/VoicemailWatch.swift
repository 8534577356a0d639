import Core
import Directory
import Events
import Foundation
import Logging
import Metrics
import Persistence
import Synchronization
import Telephony

/// Notices what happens in boxes, and announces it once (contract 31 §5, §12).
///
/// Hints come from Asterisk (`MessageWaiting`), from our own actions, and from a look at the times of all folders
/// every half minute, which finds what Asterisk did not tell of. A hint only says which box to read: what is
/// announced is the difference between the disk and what was announced before, which is stored with the events in
/// one commit. A box whose difference could not be told of keeps it.
final class VoicemailWatch: Sendable {
    private let ports: VoicemailPorts
    private let spool: VoicemailSpool
    private let actions: VoicemailActions
    private let sweepInterval: Double
    private let state = Mutex(State())
    private let wakeUps = Mailbox<Void>(capacity: 1)

    /// Marks that the boxes of the first start have been taken as they were.
    private static let markKind = "voicemail_watch"
    private static let markID = "baseline"
    /// Boxes at work at once.
    private static let width = 4
    private static let sweepsBetweenOrphans = 20
    /// How long a box that is locked keeps others waiting.
    private static let patience: Duration = .seconds(1)

    private struct State {
        var seen: [BoxPath: SeenBox] = [:]
        /// The folders as they were when a box was read for the last sweep.
        var stamps: [BoxPath: [DirectoryStamp?]] = [:]
        var dirty: Set<BoxPath> = []
        /// Those among them of which Asterisk has said nothing.
        var found: Set<BoxPath> = []
        /// Boxes on the disk that the directory does not know.
        var orphans: Set<BoxPath> = []
        var sweeps = 0
        var wantsSweep = true
        var isFirst = false
    }

    init(ports: VoicemailPorts, spool: VoicemailSpool, actions: VoicemailActions, sweepInterval: Double) {
        self.ports = ports
        self.spool = spool
        self.actions = actions
        self.sweepInterval = sweepInterval
    }

    /// Boxes that are known.
    var count: Int { state.withLock { $0.seen.count } }

    /// Something may have happened in a box.
    func look(at box: BoxPath) {
        state.withLock { state in
            state.dirty.insert(box)
            state.found.remove(box)
        }
        wakeUps.offer(())
    }

    /// Boxes that nobody had may be somebody's now.
    func directoryChanged() {
        let isWorthIt = state.withLock { state in
            defer { state.dirty.formUnion(state.orphans) }
            return !state.orphans.isEmpty
        }
        if isWorthIt { wakeUps.offer(()) }
    }

    /// Something may have happened anywhere.
    func lookEverywhere() {
        state.withLock { $0.wantsSweep = true }
        wakeUps.offer(())
    }

    /// Works until it is stopped.
    func run() async {
        await withTaskCancellationHandler {
            guard await restore() else { return }
            await withDiscardingTaskGroup { group in
                group.addTask { [self] in
                    while await pause(sweepInterval) { lookEverywhere() }
                }
                wakeUps.offer(())
                while await wakeUps.next() != nil {
                    await work()
                }
                group.cancelAll()
            }
        } onCancel: {
            stop()
        }
    }

    /// What is at work is finished.
    func stop() { wakeUps.close() }

    private func pause(_ seconds: Double) async -> Bool {
        (try? await Task.sleep(for: .seconds(seconds))) != nil
    }

    /// Reads what was announced, as soon as the database is there.
    private func restore() async -> Bool {
        var isTold = false
        while !Task.isCancelled {
            do {
                let rows = try await ports.store.rows(ofKind: SeenBox.rowKind)
                let isFirst = try await ports.store.rows(ofKind: Self.markKind).isEmpty
                let boxes = rows.compactMap(SeenBox.init)
                state.withLock { state in
                    state.seen = Dictionary(boxes.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
                    state.isFirst = isFirst
                }
                return true
            } catch {
                if !isTold { ports.logger.warning("voicemails wait for the database", metadata: ["cause": "\(error)"]) }
                isTold = true
                guard await pause(0.5) else { return false }
            }
        }
        return false
    }

    // MARK: Work

    private func work() async {
        if state.withLock({ $0.wantsSweep }) {
            if await sweep() { state.withLock { $0.wantsSweep = false } }
        }
        let boxes = state.withLock { state in
            defer { state.dirty = [] }
            // Until the first look has taken all boxes as they are, nothing is new.
            return state.isFirst ? [] : state.dirty
        }
        // A box that was given another number is known by its former one: the new one comes first.
        let known = state.withLock { $0.seen }
        await forEach(boxes.filter { known[$0] == nil }, keep)
        await forEach(boxes.filter { known[$0] != nil }, keep)
    }

    private func forEach(_ boxes: Set<BoxPath>, _ body: @escaping @Sendable (BoxPath) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for (index, box) in boxes.enumerated() {
                if index >= Self.width { await group.next() }
                group.addTask { await body(box) }
            }
        }
    }

    /// Finds boxes whose folders changed, came or went.
    /// - Returns: Whether all could be looked at.
    private func sweep() async -> Bool {
        let present: [BoxPath: [DirectoryStamp?]]
        do {
            present = try await spool.boxes()
        } catch {
            ports.logger.warning("the voicemails cannot be looked at", metadata: ["cause": "\(error)"])
            return true
        }
        let (isFirst, known, stamps) = state.withLock { ($0.isFirst, $0.seen, $0.stamps) }
        if present.isEmpty, known.values.contains(where: { !$0.messages.isEmpty }) {
            // All of them at once: the disk is not there.
            ports.logger.warning("no voicemail at all is there any more: nothing is announced")
            return true
        }
        if isFirst { return await takeAsTheyAre(Set(present.keys)) }
        let changed = known.keys.filter { present[$0] == nil } + present.filter { stamps[$0.key] != $0.value }.keys
        state.withLock { state in
            // Only a box that was read since counts as looked at: see ``keep(_:)``.
            state.stamps = state.stamps.filter { present[$0.key] != nil }
            state.orphans = state.orphans.filter { present[$0] != nil }
            state.found.formUnion(Set(changed).subtracting(state.dirty))
            state.dirty.formUnion(changed)
            state.sweeps += 1
            // The directory's notices may have been missed.
            if state.sweeps % Self.sweepsBetweenOrphans == 0 { state.dirty.formUnion(state.orphans) }
        }
        return true
    }

    /// The first start: what is there is known to everybody.
    private func takeAsTheyAre(_ boxes: Set<BoxPath>) async -> Bool {
        var taken: [SeenBox] = []
        do {
            for box in boxes where state.withLock({ $0.seen[box] == nil }) {
                let contents = try await spool.contents(of: box)
                let record = try await ports.directory.voicemail(number: box.number, context: box.context)
                let empty = SeenBox(path: box, tenant: TenantID(""), revision: 0, messages: [:])
                taken.append(empty.knowing(contents.all, tenant: record?.tenant ?? TenantID("")))
            }
            // In one commit with the mark: either all are known or none.
            let mark = AggregateRow(
                kind: Self.markKind,
                id: Self.markID,
                tenant: TenantID(""),
                revision: 1,
                deadline: nil,
                body: [:]
            )
            try await ports.store.commit(StateChange(writes: taken.map { .save($0.row) } + [.save(mark)]))
        } catch {
            ports.logger.warning("voicemails are not watched yet", metadata: ["cause": "\(error)"])
            Task { [self] in if await pause(1) { wakeUps.offer(()) } }
            return false
        }
        state.withLock { state in
            for box in taken { state.seen[box.path] = box }
            state.isFirst = false
        }
        ports.logger.info("voicemails are watched", metadata: ["boxes": "\(boxes.count)"])
        return true
    }

    // MARK: One box

    /// Announces what has changed in a box; whatever keeps us from it, the box is looked at again.
    private func keep(_ box: BoxPath) async {
        do {
            let reader = BoxReader(folder: spool.folder(of: box))
            let stamps = try await spool.onThread { try reader.stamps() }
            let hasChanged = try await announce(box)
            let wasFound = state.withLock { state in
                state.stamps[box] = stamps
                return state.found.remove(box) != nil
            }
            // Asterisk said nothing, so its lamps do not know either.
            if hasChanged, wasFound { await actions.refresh(box) }
        } catch is CancellationError {
            return
        } catch {
            ports.logger.warning("a voicemail is looked at again", metadata: ["box": "\(box)", "cause": "\(error)"])
            if case DatabaseFailure.conflict = error { await reload() }
            state.withLock { _ = $0.dirty.insert(box) }
            Task { [self] in if await pause(1) { wakeUps.offer(()) } }
        }
    }

    /// - Returns: Whether anything had changed.
    private func announce(_ box: BoxPath) async throws -> Bool {
        var contents = try await spool.contents(of: box, within: Self.patience)
        let known = state.withLock { $0.seen[box] }
        if contents.count == 0, known?.messages.isEmpty == false {
            if try await isDiskAway(box) { return false }
            // It may have come back meanwhile.
            contents = try await spool.contents(of: box, within: Self.patience)
        }
        if contents.count == 0, known?.messages.isEmpty ?? true { return try await forget(known) }
        let seen = if let known { known } else { try await adopted(box, contents) }
        let difference = seen.difference(from: contents.all)
        if difference.isEmpty, known != nil { return false }
        guard let record = try await ports.directory.voicemail(number: box.number, context: box.context) else {
            ports.logger.debug("a voicemail that nobody has", metadata: ["box": "\(box)"])
            state.withLock { _ = $0.orphans.insert(box) }
            if contents.count == 0 { return try await forget(known) }
            return false
        }
        let next = seen.knowing(contents.all, tenant: record.tenant)
        let now = ports.clock.now
        let messages = VoicemailEvents.events(of: difference, in: record)
            .map { ports.envelope.message(for: $0, at: now) }
        try await ports.store.commit(StateChange(writes: [.save(next.row)], messages: messages))
        state.withLock { state in
            state.seen[box] = next
            state.orphans.remove(box)
        }
        Counter(label: "tandem_voicemail_changes").increment(
            by: difference.created.count + difference.updated.count + difference.deleted.count
        )
        ports.logger.info(
            "voicemail changed",
            metadata: [
                "voicemail": "\(record.id)", "created": "\(difference.created.count)",
                "updated": "\(difference.updated.count)", "deleted": "\(difference.deleted.count)",
            ]
        )
        return true
    }

    /// Whether all boxes have gone at once: then the disk is not there. The sweep finds it when it is back.
    private func isDiskAway(_ box: BoxPath) async throws -> Bool {
        guard try await !isThere(box), try await spool.boxes().isEmpty else { return false }
        ports.logger.warning("no voicemail at all is there any more: nothing is announced")
        return true
    }

    /// Forgets an empty box whose folder is gone too.
    private func forget(_ known: SeenBox?) async throws -> Bool {
        guard let known, try await !isThere(known.path) else { return false }
        try await ports.store.commit(StateChange(writes: [.remove(kind: SeenBox.rowKind, id: "\(known.path)")]))
        state.withLock { state in
            state.seen[known.path] = nil
            state.orphans.remove(known.path)
        }
        return false
    }

    private func isThere(_ box: BoxPath) async throws -> Bool {
        let folder = spool.folder(of: box)
        return try await spool.onThread { try DirectoryStamp.of(folder) != nil }
    }

    /// A box that was not known: a new one, or one that had another number. Of the second its messages are no news.
    private func adopted(_ box: BoxPath, _ contents: BoxContents) async throws -> SeenBox {
        let formers = state.withLock { state in
            state.seen.values.filter { seen in seen.messages.keys.contains { contents.message($0) != nil } }
        }
        var known: [String: VoicemailMessage] = [:]
        for former in formers {
            if try await isThere(former.path) { continue }
            known = former.messages.filter { contents.message($0.key) != nil }
        }
        return SeenBox(path: box, tenant: TenantID(""), revision: 0, messages: known)
    }

    /// Somebody else has written: his knowledge counts.
    private func reload() async {
        guard let rows = try? await ports.store.rows(ofKind: SeenBox.rowKind) else { return }
        let boxes = rows.compactMap(SeenBox.init)
        state.withLock { $0.seen = Dictionary(boxes.map { ($0.path, $0) }, uniquingKeysWith: { $1 }) }
    }
}
