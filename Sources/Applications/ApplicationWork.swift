import CallControl
import Core
import Directory
import Logging
import Telephony

/// What applications do in Asterisk because something happened there.
struct ApplicationWork: Sendable {
    /// Calls of one application at most; further ones go on in the dialplan.
    static let mostCalls = 10_000
    /// Nodes, and snoops, of one application at most.
    static let mostNodes = 2_000
    /// Playbacks of one application that have not ended at most.
    static let mostPlaybacks = 10_000
    /// Playbacks that wait for one call at most: while it plays, Asterisk lets it into no node.
    static let mostPlaybacksOfCall = 20
    /// How long the variables of a channel are waited for.
    private static let patience: Duration = .seconds(1)

    let ports: ApplicationPorts
    let turns = Turns()

    /// Does something beside the application's loop.
    func begin(_ effect: LiveApplication.Effect, of loop: ApplicationLoop) {
        switch effect {
        case .welcome(let call, let node):
            turns.begin(call.rawValue) { await self.welcome(call, into: node, of: loop) }
        case .receive(let call, let answers, let music):
            turns.begin(call.rawValue) { await self.receive(call, answers: answers, music: music, of: loop) }
        case .markOutgoing(let call):
            turns.begin(call.rawValue) {
                await self.tolerating("outgoing call not marked", call.rawValue) {
                    try await self.ports.asterisk.setVariable(
                        ApplicationCall.Variable.outgoing,
                        to: "true",
                        of: call
                    )
                }
            }
        case .endSnoop(let snoop): turns.begin(snoop.id) { await self.end(snoop, of: loop) }
        case .hangUp(let channel):
            turns.begin(channel.rawValue) {
                await self.tolerating("channel not hung up", channel.rawValue) {
                    try await self.ports.asterisk.hangUp(channel)
                }
            }
        case .makeDestinationNode(let type):
            turns.begin(loop.id) {
                await self.tolerating("destination node not made", loop.id) {
                    try await self.makeDestinationNode(type: type, of: loop)
                }
            }
        case .removeDestinationNode:
            turns.begin(loop.id) {
                await self.tolerating("destination node not removed", loop.id) {
                    try await self.remove(BridgeID(loop.id), of: loop, isRemade: true)
                }
            }
        }
    }

    /// Does something whose object may be gone already.
    func tolerating(_ failure: String, _ what: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch TelephonyFailure.notFound {
            // It went by itself, and its events tell.
        } catch {
            ports.logger.warning("\(failure)", metadata: ["id": "\(what)", "error": "\(error)"])
        }
    }

    /// Ends the exemption of bridges that are gone, but for those that have come back meanwhile.
    func release(_ bridges: Set<BridgeID>, of loop: ApplicationLoop) {
        turns.begin("release") {
            for bridge in bridges where !loop.claims(bridge) { await self.ports.cleanup.release(bridge) }
        }
    }

    /// Set on a call that is sent on: `STASISSTATUS` would tell the dialplan that all went well.
    static let refused = "TANDEM_REFUSED"

    /// Sends a call on in the dialplan, which takes its fallback.
    func sendAway(_ call: ChannelID) {
        turns.begin(call.rawValue) {
            await self.tolerating("call not sent on", call.rawValue) {
                try await self.ports.asterisk.setVariable(Self.refused, to: "1", of: call)
                try await self.ports.asterisk.continue(call, at: nil)
            }
        }
    }

    // MARK: Calls

    private func welcome(_ call: ChannelID, into node: BridgeID?, of loop: ApplicationLoop) async {
        await tolerating("call that answered not put into its node", call.rawValue) {
            try await ports.asterisk.answer(call)
            guard let node else { return }
            try await ports.asterisk.add(call, to: node)
        }
    }

    /// A node that is gone is made anew once; a caller who cannot be put into it goes on in the dialplan instead of
    /// sitting in silence (contract 11 §6 row 10).
    private func receive(_ call: ChannelID, answers: Bool, music: String?, of loop: ApplicationLoop) async {
        let node = BridgeID(loop.id)
        do {
            if answers { try await ports.asterisk.answer(call) }
            // One whose making failed half-way may be in Asterisk, with nobody who hears of it.
            if loop.live.nodes[node]?.phase == .planned { try await remakeDestinationNode(of: loop) }
            do {
                try await ports.asterisk.add(call, to: node)
            } catch TelephonyFailure.notFound {
                try await remakeDestinationNode(of: loop)
                try await ports.asterisk.add(call, to: node)
            }
            guard let music else { return }
            try await ports.asterisk.startMusic(in: node, musicClass: music)
        } catch TelephonyFailure.invalid, TelephonyFailure.notFound {
            // The caller has hung up.
        } catch {
            ports.logger.error(
                "call not put into the destination node",
                metadata: ["application": "\(loop.id)", "channel": "\(call)", "error": "\(error)"]
            )
            sendAway(call)
        }
    }

    /// All variables of a channel; empty when nobody tells in time.
    func variables(of channel: Channel) async -> [String: String] {
        guard ports.manager.isConnected, !channel.name.unicodeScalars.contains(where: { $0.isControl || $0 == " " })
        else {
            return [:]
        }
        let manager = ports.manager
        let name = channel.name
        let reply = Reply<[String]>()
        let asking = Task {
            do {
                reply.resolve(.success(try await manager.command("core show channel \(name)")))
            } catch {
                reply.resolve(.failure(error))
            }
        }
        do {
            let lines = try await withTaskCancellationHandler {
                try await reply.value(within: Self.patience) { CancellationError() }
            } onCancel: {
                reply.resolve(.failure(CancellationError()))
            }
            return Self.variables(in: lines)
        } catch {
            asking.cancel()
            ports.logger.warning("variables not read", metadata: ["channel": "\(channel.id)", "error": "\(error)"])
            return [:]
        }
    }

    /// The variables that the console shows of a channel: the lines between the two headlines.
    static func variables(in lines: [String]) -> [String: String] {
        var variables: [String: String] = [:]
        guard let start = lines.firstIndex(where: { $0.trimmed().begins(with: "Variables:") })
        else { return [:] }
        for line in lines[(start + 1)...] {
            if line.trimmed().begins(with: "CDR Variables:") { break }
            guard let (name, value) = line.halves(at: "=") else { continue }
            variables[name] = value
        }
        return variables
    }

    // MARK: Nodes

    /// Makes the destination node unless it is there, once all that was begun with it has been done.
    private func remakeDestinationNode(of loop: ApplicationLoop) async throws {
        let type = loop.live.record.node?.type ?? "holding"
        try await turns.take(loop.id) {
            if loop.live.nodes[BridgeID(loop.id)]?.phase == .open,
                try await self.ports.asterisk.bridge(BridgeID(loop.id)) != nil
            {
                return
            }
            try await self.makeDestinationNode(type: type, of: loop, within: .seconds(5))
        }
    }

    /// Makes the destination node unless it is there.
    /// - Parameter limit: How long the database is waited for.
    /// - Throws: `TelephonyFailure`; `DatabaseFailure` when the plan is not stored in time: then nothing is made.
    func makeDestinationNode(
        type: String,
        of loop: ApplicationLoop,
        within limit: Duration = .seconds(300)
    ) async throws {
        if loop.isLeaving { return }
        let node = BridgeID(loop.id)
        if let there = try await ports.asterisk.bridge(node) {
            try await subscribe(to: [node], of: loop.id)
            await loop.apply(loop.live.nodes[node]?.phase == .planned ? .nodeMade(node) : .nodeFound(there))
            return
        }
        if loop.live.nodes[node] != nil { await loop.apply(.nodeGone(node)) }
        guard await loop.apply(.nodePlanned(node), within: limit) else {
            throw DatabaseFailure.unreachable("the node is not stored")
        }
        try await ports.asterisk.createBridge(
            BridgeCreation(node, types: [BridgeType(rawValue: type)], name: loop.id)
        )
        try await subscribe(to: [node], of: loop.id)
        await loop.apply(.nodeMade(node))
    }

    /// Lets the Stasis application hear of bridges.
    func subscribe(to bridges: [BridgeID], of application: String) async throws {
        guard !bridges.isEmpty else { return }
        try await ports.asterisk.subscribe(
            StasisArguments.application(application),
            to: bridges.map { "bridge:\($0)" }
        )
    }

    /// Hangs up the calls of a node, and takes it away once they have left.
    /// - Parameter isRemade: Another one of the same id may follow: the event of this one's end is waited for, which would
    ///   else count for the new one.
    func remove(_ node: BridgeID, of loop: ApplicationLoop, isRemade: Bool = false) async throws {
        let members = loop.live.nodes[node]?.members ?? []
        for call in members {
            do { try await ports.asterisk.hangUp(call) } catch TelephonyFailure.notFound {}
        }
        // So that clients hear of each call's end before the node's (contract 11 §4).
        if !members.isEmpty {
            _ = await loop.waits(.seconds(2)) { live in
                live.nodes[node]?.members.isEmpty ?? true && !members.contains { live.calls[$0] != nil }
            }
        }
        do {
            try await ports.asterisk.destroyBridge(node)
            if isRemade { _ = await loop.waits(.seconds(2)) { $0.nodes[node] == nil } }
        } catch TelephonyFailure.notFound {}
        await loop.apply(.nodeGone(node))
    }

    // MARK: Snoops

    /// Takes away a snoop whose end is decided. Repeating it does no harm.
    func end(_ snoop: ApplicationSnoop, of loop: ApplicationLoop) async {
        await tolerating("bridge of a snoop not destroyed", snoop.id) {
            try await ports.asterisk.destroyBridge(snoop.bridge)
        }
        for channel in snoop.arrived.union([snoop.channel]) {
            await tolerating("channel of a snoop not hung up", channel.rawValue) {
                try await ports.asterisk.hangUp(channel)
            }
        }
        await loop.apply(.snoopGone(snoop.id))
    }
}
