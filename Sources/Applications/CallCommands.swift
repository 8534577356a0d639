import API
import CallControl
import CallRequests
import Core
import Directory
import Foundation
import Telephony

/// What a client does to one call (contract 11 §3.6, §3.8).
extension Applications {
    func hangUp(_ call: ApplicationCall, of loop: ApplicationLoop) async throws {
        try await ports.asking {
            do {
                try await ports.asterisk.hangUp(call.id)
            } catch TelephonyFailure.notFound {
                throw Failure.noSuchCall(call.id)
            }
        }
    }

    func answer(_ call: ApplicationCall, of loop: ApplicationLoop) async throws {
        let asterisk = ports.asterisk
        try await asking(of: call, in: loop) {
            try await self.endTones(of: call.id, in: loop)
            try await asterisk.answer(call.id)
        }
        await loop.apply(.callChanged(call.id, .answered))
    }

    /// Three requests, taken back when one fails (contract 11 §6 row 11).
    func setHold(_ isHeld: Bool, _ call: ApplicationCall, of loop: ApplicationLoop) async throws {
        let asterisk = ports.asterisk
        try await asking(of: call, in: loop) {
            func set(_ isHeld: Bool) async throws {
                try await self.set(ApplicationCall.Variable.onHold, to: isHeld ? "1" : "", of: call.id, in: loop)
                if isHeld {
                    try await asterisk.mute(call.id, .in)
                    try await asterisk.hold(call.id)
                } else {
                    try await asterisk.unmute(call.id, .in)
                    try await asterisk.unhold(call.id)
                }
            }
            do {
                try await set(isHeld)
            } catch {
                try? await set(!isHeld)
                throw error
            }
        }
        await loop.apply(.callChanged(call.id, .held(isHeld)))
    }

    /// Each command is told of exactly once, also one that changes nothing: by Asterisk's event of the variable when it
    /// does, else by us (contract 11 §3.6).
    func setMute(_ isMuted: Bool, _ call: ApplicationCall, of loop: ApplicationLoop) async throws {
        let asterisk = ports.asterisk
        try await asking(of: call, in: loop) {
            let isSo = loop.live.calls[call.id]?.isMuted == isMuted
            if isMuted {
                try await asterisk.mute(call.id, .in)
            } else {
                try await asterisk.unmute(call.id, .in)
            }
            try await self.set(ApplicationCall.Variable.muted, to: isMuted ? "1" : "", of: call.id, in: loop)
            await loop.apply(.callChanged(call.id, .muted(isMuted), isTold: isSo))
        }
    }

    func startMusic(_ id: String, on call: ApplicationCall, of loop: ApplicationLoop) async throws {
        guard let music = try await ports.music.music(id),
            music.tenant == nil || music.tenant == loop.live.record.tenant
        else { throw Failure.noSuchMusic(id) }
        let asterisk = ports.asterisk
        try await asking(of: call, in: loop) {
            try await asterisk.startMusic(on: call.id, musicClass: music.name)
            try await self.set(ApplicationCall.Variable.music, to: id, of: call.id, in: loop)
        }
        await loop.apply(.callChanged(call.id, .music(id)))
    }

    func stopMusic(on call: ApplicationCall, of loop: ApplicationLoop) async throws {
        let asterisk = ports.asterisk
        try await asking(of: call, in: loop) {
            try await asterisk.stopMusic(on: call.id)
            try await self.set(ApplicationCall.Variable.music, to: "", of: call.id, in: loop)
        }
        await loop.apply(.callChanged(call.id, .music(nil)))
    }

    /// Told of as ``setMute(_:_:of:)``.
    func setProgress(_ isOn: Bool, _ call: ApplicationCall, of loop: ApplicationLoop) async throws {
        let asterisk = ports.asterisk
        try await asking(of: call, in: loop) {
            let isSo = loop.live.calls[call.id]?.hasProgress == isOn
            if isOn {
                try await asterisk.startRinging(call.id)
            } else {
                try await asterisk.stopRinging(call.id)
            }
            try await self.set(ApplicationCall.Variable.progress, to: isOn ? "1" : "", of: call.id, in: loop)
            await loop.apply(.callChanged(call.id, .progress(isOn), isTold: isSo))
        }
    }

    /// Makes it seem as if the call had sent these digits.
    func press(_ digits: String, _ call: ApplicationCall, of loop: ApplicationLoop) async throws {
        let manager = ports.manager
        // Of any channel, also of one that has not answered yet.
        try await asking(of: call, in: loop, inStasis: false) {
            do {
                try await manager.playDTMF(digits, on: call.name)
            } catch ManagerFailure.refused(message: "Channel not found", action: _) {
                throw Failure.noSuchCall(call.id)
            }
        }
    }

    // MARK: Placing

    /// Dials an extension; who answers comes into the application (contract 11 §3.2).
    /// - Parameter isOurs: Whether the server chose the place, not the client.
    /// - Returns: The new call.
    func place(
        _ order: CallOrder,
        into node: BridgeID?,
        of loop: ApplicationLoop,
        isOurs: Bool = false
    ) async throws -> (call: ApplicationCall, node: BridgeID?) {
        let record = loop.live.record
        try await requireExtension(order, of: record.tenant, isOurs: isOurs)
        guard let endpoint = DialString.local(order.place, options: "n") else {
            throw Failure.invalidExtension(order.place)
        }
        guard loop.live.calls.count < ApplicationWork.mostCalls else {
            throw Failure.tooMany("calls", limit: ApplicationWork.mostCalls)
        }
        let id = ChannelID(UUID().uuidString.lowercased())
        var origination = Origination(
            channel: id,
            endpoint: endpoint,
            application: StasisArguments.application(loop.id),
            arguments: [StasisArguments.originate] + (node.map { [$0.rawValue] } ?? []),
            callerID: order.callerID,
            variables: order.allVariables
        )
        origination.otherHalf = ChannelID(UUID().uuidString.lowercased())
        var planned = ApplicationCall(
            Channel(id: id, name: "Local/\(order.exten)@\(order.context)", state: "Down"),
            phase: .placed,
            all: order.allVariables
        )
        planned.plannedNode = node
        try await loop.store(.callPlaced(planned))
        do {
            let channel = try await ports.asking { try await ports.asterisk.originate(origination) }
            await loop.apply(.callShown(channel))
            var shown = planned
            shown.refresh(channel)
            return (loop.live.calls[id] ?? shown, node)
        } catch {
            // Asterisk may have placed it, and only its answer is lost.
            await work.tolerating("call that failed not hung up", id.rawValue) {
                try await ports.asterisk.hangUp(id)
            }
            await loop.apply(.callNotPlaced(id))
            throw error
        }
    }

    /// The extension is in the dialplan, in a context of the tenant.
    private func requireExtension(_ order: CallOrder, of tenant: TenantID, isOurs: Bool) async throws {
        let isThere: Bool
        do {
            isThere =
                isOurs
                ? try await ports.destinations.has(order.place)
                : try await ports.destinations.allows(order.place, for: tenant)
        } catch let failure as ManagerFailure {
            throw ports.managerFailures.failure(for: failure)
        }
        guard isThere else { throw Failure.invalidExtension(order.place) }
    }

    /// Rings all phones of a user (contract 11 §3.3).
    func place(
        _ order: UserCallOrder,
        into node: BridgeID?,
        of loop: ApplicationLoop
    ) async throws -> (call: ApplicationCall, node: BridgeID?) {
        let tenant = loop.live.record.tenant
        guard let user = try await ports.users.user(UserID(order.user), tenant: tenant),
            user.tenant.rawValue.isEmpty || user.tenant == tenant
        else { throw Failure.invalidUser(UserID(order.user)) }
        guard !user.lines.isEmpty else { throw Failure.noMainLine(UserID(order.user)) }
        var call = order.call
        call.exten = order.user
        call.context = "usersharedlines"
        return try await place(call, into: node, of: loop, isOurs: true)
    }
}
