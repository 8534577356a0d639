import CallControl
import Core
import Directory
import Foundation
import Telephony

/// What a client does to nodes (contract 11 §3.4, §3.5).
extension Applications {
    /// Makes a node of calls. When a call cannot be put into it the node goes again (contract 11 §6 row 3).
    func makeNode(of calls: [ChannelID], in loop: ApplicationLoop) async throws -> ApplicationNode {
        for id in calls {
            guard let call = await settled(id, in: loop) else { throw Failure.noSuchCall(id, status: 400) }
            try requireFree(call, of: loop)
        }
        guard loop.live.nodes.count < ApplicationWork.mostNodes else {
            throw Failure.tooMany("nodes", limit: ApplicationWork.mostNodes)
        }
        let node = BridgeID(UUID().uuidString.lowercased())
        try await loop.store(.nodePlanned(node))
        do {
            try await ports.asking {
                try await ports.asterisk.createBridge(BridgeCreation(node, types: [.mixing], name: loop.id))
                try await work.subscribe(to: [node], of: loop.id)
            }
            try await loop.store(.nodeMade(node))
            for id in calls { try await join(id, node, of: loop, status: 400) }
        } catch {
            await work.tolerating("node not removed", node.rawValue) {
                try await ports.asterisk.destroyBridge(node)
                await loop.apply(.nodeGone(node))
            }
            throw error
        }
        let all = Set(calls)
        _ = await loop.waits(.seconds(1)) { live in
            Set(live.nodes[node]?.members ?? []).isSuperset(of: all.filter { live.calls[$0] != nil })
        }
        return loop.live.nodes[node] ?? ApplicationNode(node, phase: .open)
    }

    /// A call that is in a bridge other than the destination node stays there.
    private func requireFree(_ call: ApplicationCall, of loop: ApplicationLoop) throws {
        if let bridge = call.bridge, bridge.rawValue != loop.id {
            throw Failure.callAlreadyInNode(call.id, bridge, loop.id)
        }
    }

    /// Puts a call into a node.
    func join(_ id: ChannelID, _ node: BridgeID, of loop: ApplicationLoop, status: Int = 404) async throws {
        guard let call = await settled(id, in: loop) else { throw Failure.noSuchCall(id, status: status) }
        try requireFree(call, of: loop)
        let asterisk = ports.asterisk
        try await ports.asking {
            do {
                try await work.turns.take(id.rawValue, within: Self.turnPatience) {
                    try await self.endTones(of: id, in: loop)
                    try await asterisk.add(id, to: node)
                }
            } catch TelephonyFailure.invalid {
                throw Failure.noSuchCall(id, status: status)
            } catch TelephonyFailure.notFound {
                throw Failure.noSuchNode(node)
            } catch TelephonyFailure.unprocessable, TelephonyFailure.conflict {
                throw Failure.callNotInApplication(id, loop.id)
            }
        }
    }

    /// Puts a call into a node, and returns when lists show it there.
    func add(_ id: ChannelID, to node: BridgeID, of loop: ApplicationLoop) async throws {
        try await join(id, node, of: loop)
        _ = await loop.waits(.seconds(1)) { live in
            live.calls[id] == nil || live.calls[id]?.bridge == node || live.nodes[node] == nil
        }
    }

    /// Takes a call out of a node; it stays in the application.
    func remove(_ id: ChannelID, from node: BridgeID, of loop: ApplicationLoop) async throws {
        let asterisk = ports.asterisk
        try await ports.asking {
            do {
                try await work.turns.take(id.rawValue, within: Self.turnPatience) {
                    try await asterisk.remove(id, from: node)
                }
            } catch TelephonyFailure.invalid, TelephonyFailure.unprocessable {
                throw Failure.noSuchCall(id)
            } catch TelephonyFailure.notFound {
                throw Failure.noSuchNode(node)
            } catch TelephonyFailure.conflict {
                throw Failure.noSuchCall(id)
            }
        }
        _ = await loop.waits(.seconds(1)) { live in live.calls[id]?.bridge != node }
    }

    /// Hangs up the calls of a node, and takes it away.
    func delete(_ node: ApplicationNode, of loop: ApplicationLoop) async throws {
        guard node.id.rawValue != loop.id else { throw Failure.deleteDestinationNode(loop.id) }
        try await ports.asking { try await work.remove(node.id, of: loop) }
    }
}
