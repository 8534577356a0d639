import API
import Access
import CallControl
import Core
import Directory
import Telephony

/// The checks of the routes (contract 11 §3): the application, its calls and its nodes.
extension Applications {
    /// APP: the application, if it is the request's tenant's and Asterisk has it.
    /// - Throws: `Failure`.
    func application(_ request: APIRequest) async throws -> ApplicationLoop {
        let id = request.path("application_uuid").lowercased()
        guard let loop = register.loop(id), !loop.isLeaving else {
            if !register.hasLoaded { throw Failure.directoryUnreachable }
            throw Failure.noSuchApplication(id)
        }
        let tenant = loop.live.record.tenant
        guard tenant == request.tenant || request.identity.seesAllTenants else { throw Failure.noSuchApplication(id) }
        if ports.registry()?.registered.contains(loop.stasis.name) == true { return loop }
        // Not registered, or Asterisk is away: it is asked which.
        guard try await ports.asking({ try await ports.asterisk.application(loop.stasis.name) }) != nil else {
            throw Failure.noSuchApplication(id)
        }
        return loop
    }

    /// CALL: a call of the application that the path names.
    /// - Throws: `Failure`.
    func call(_ request: APIRequest, of loop: ApplicationLoop) throws -> ApplicationCall {
        let id = ChannelID(request.path("call_id"))
        guard let call = loop.live.calls[id] else { throw Failure.noSuchCall(id) }
        return call
    }

    /// NODE: a node of the application that the path names.
    /// - Throws: `Failure`.
    func node(_ request: APIRequest, of loop: ApplicationLoop) throws -> ApplicationNode {
        let id = BridgeID(request.path("node_uuid").lowercased())
        guard let node = loop.live.nodes[id], node.phase == .open else { throw Failure.noSuchNode(id) }
        return node
    }

    /// SNOOP: a snoop of the application that the path names.
    /// - Throws: `Failure`.
    func snoop(_ request: APIRequest, of loop: ApplicationLoop) throws -> ApplicationSnoop {
        let id = request.path("snoop_uuid").lowercased()
        guard let snoop = loop.live.snoops[id], snoop.phase == .open else { throw Failure.noSuchSnoop(id) }
        return snoop
    }

    /// How long a call that was just placed may take to come into Stasis, when a command needs it there.
    private static let patience: Duration = .seconds(2)

    /// How long a client waits until what was asked for before is done.
    static let turnPatience: Duration = .seconds(5)

    /// A call belongs to its application from its origination on, while Asterisk does most things only to a channel in
    /// Stasis: a command that comes right behind the origination waits a while for that.
    /// - Returns: The call as it is then; `nil` when it is gone.
    func settled(_ id: ChannelID, in loop: ApplicationLoop) async -> ApplicationCall? {
        if loop.live.calls[id]?.phase == .placed {
            _ = await loop.waits(Self.patience) { $0.calls[id]?.phase != .placed }
        }
        return loop.live.calls[id]
    }

    /// Ends tones that the call hears: they have no end, and until a playback ends Asterisk neither answers a channel nor
    /// puts it into a bridge. Announcements are heard to their end.
    func endTones(of call: ChannelID, in loop: ApplicationLoop) async throws {
        for playback in loop.live.playbacks.values where playback.call == call && playback.isEndless {
            do {
                try await ports.asterisk.stopPlayback(PlaybackID(playback.id))
            } catch TelephonyFailure.notFound {
                // It has just ended.
            }
        }
    }

    /// Sets a variable of a call. While the channel plays it would take none through ARI, so the manager interface does it.
    func set(_ name: String, to value: String, of call: ChannelID, in loop: ApplicationLoop) async throws {
        guard loop.live.playbacks.values.contains(where: { $0.call == call }) else {
            return try await ports.asterisk.setVariable(name, to: value, of: call)
        }
        try await ManagerVariables(ports.manager).setVariable(name, to: value, ofAny: call)
    }

    /// Asks Asterisk something about a call of the application: that it is gone is 404, that it does not run in Stasis
    /// within a while 400.
    /// - Parameter inStasis: Whether it must be in Stasis for that.
    /// - Throws: `Failure`.
    func asking<Value: Sendable>(
        of call: ApplicationCall,
        in loop: ApplicationLoop,
        inStasis: Bool = true,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        if inStasis { _ = await settled(call.id, in: loop) }
        return try await ports.asking {
            do {
                return try await work.turns.take(call.id.rawValue, within: Self.turnPatience, body)
            } catch TelephonyFailure.notFound {
                throw Failure.noSuchCall(call.id)
            } catch TelephonyFailure.conflict {
                throw Failure.callNotInApplication(call.id, loop.id)
            }
        }
    }
}
