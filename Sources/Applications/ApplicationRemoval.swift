import CallControl
import Core
import Logging
import Telephony

/// How an application that was deleted ends: its snoops go, its calls are hung up, its nodes are destroyed, each told of
/// (contract 11 §6 row 9).
///
/// A few at a time, and within a limit for all together: an Asterisk that does not answer must not keep other
/// applications waiting. What it has not done by then is told and forgotten all the same, and ``LeftBehind`` goes on
/// asking for it.
struct ApplicationRemoval: Sendable {
    /// Requests at the same time.
    static let width = 16
    /// How long the events of the hang-ups, and the deregistration, are waited for.
    private static let patience: Duration = .seconds(2)

    let loop: ApplicationLoop
    let work: ApplicationWork
    let deadline: ContinuousClock.Instant

    /// Ends everything that Asterisk takes away in time.
    func run() async {
        loop.leave()
        let (loop, work) = (loop, work)
        await each(Array(loop.live.snoops.values)) { await work.end($0, of: loop) }
        await hangUpAll()
        await each(Array(loop.live.nodes.keys)) { node in
            await work.tolerating("node not removed", node.rawValue) { try await work.remove(node, of: loop) }
        }
        await deregister()
    }

    /// Also when the time is over: an application that is still wanted would be registered again and again.
    private func deregister() async {
        let work = work
        let limit = max(deadline, .now + Self.patience)
        await work.each([loop.stasis.name], until: limit, width: 1) { name in
            await work.tolerating("application not deregistered", name) {
                try await work.ports.registry()?.deregister(name)
            }
        }
    }

    /// Tells of what is left, and forgets it; nothing is handled afterwards.
    /// - Returns: What was left.
    func finish() async -> LiveApplication {
        let left = loop.live
        for call in left.calls.keys { await loop.send(.ended(call)) }
        // Those of calls have ended with them.
        for playback in left.playbacks.values {
            let ended = Playback(id: PlaybackID(playback.id), media: playback.uri, target: nil, state: "done")
            await loop.send(.playbackFinished(ended))
        }
        for snoop in left.snoops.keys {
            await loop.send(.snoopEnding(snoop))
            await loop.send(.snoopGone(snoop))
        }
        for node in left.nodes.keys { await loop.send(.nodeGone(node)) }
        loop.close()
        return left
    }

    /// Hangs up every call, also such as come meanwhile, and waits until they are told to be gone.
    private func hangUpAll() async {
        var asked: Set<ChannelID> = []
        let refused = Collector<ChannelID>()
        while ContinuousClock.now < deadline {
            let calls = loop.live.calls.keys.filter { !asked.contains($0) }
            let (loop, work) = (loop, work)
            await each(Array(calls)) { call in
                do {
                    try await work.ports.asterisk.hangUp(call)
                } catch TelephonyFailure.notFound {
                    await loop.send(.ended(call))
                } catch {
                    work.ports.logger.warning("call not hung up", metadata: ["id": "\(call)", "error": "\(error)"])
                    refused.insert(call)
                }
            }
            asked.formUnion(calls)
            let patience = min(Self.patience, deadline - .now)
            let isOver = await loop.waits(patience) { [asked] live in
                live.calls.keys.contains { !asked.contains($0) }
                    || live.calls.keys.allSatisfy { refused.contains($0) }
            }
            if !isOver || loop.live.calls.keys.allSatisfy(asked.contains) { return }
        }
    }

    private func each<Item: Sendable>(
        _ items: [Item],
        _ body: @escaping @Sendable (Item) async -> Void
    ) async {
        await work.each(items, until: deadline, width: Self.width, body)
    }
}

extension ApplicationWork {
    /// Does something for each of many things, a few at a time; at the deadline what has not ended is cancelled, and not
    /// waited for.
    func each<Item: Sendable>(
        _ items: [Item],
        until deadline: ContinuousClock.Instant,
        width: Int,
        _ body: @escaping @Sendable (Item) async -> Void
    ) async {
        guard !items.isEmpty, ContinuousClock.now < deadline else { return }
        let done = Reply<Void>()
        let task = Task {
            await withTaskGroup(of: Void.self) { group in
                for (index, item) in items.enumerated() {
                    if index >= width { await group.next() }
                    if Task.isCancelled { break }
                    group.addTask { await body(item) }
                }
            }
            done.resolve(.success(()))
        }
        try? await done.value(within: deadline - .now) { CancellationError() }
        task.cancel()
    }
}
