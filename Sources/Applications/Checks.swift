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

    /// Asks Asterisk something about a call of the application: that it is gone is 404, that it does not yet run in
    /// Stasis 400.
    /// - Throws: `Failure`.
    func asking<Value: Sendable>(
        of call: ApplicationCall,
        in loop: ApplicationLoop,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await ports.asking {
            do {
                return try await work.turns.take(call.id.rawValue, body)
            } catch TelephonyFailure.notFound {
                throw Failure.noSuchCall(call.id)
            } catch TelephonyFailure.conflict {
                throw Failure.callNotInApplication(call.id, loop.id)
            }
        }
    }
}
