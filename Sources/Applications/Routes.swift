public import API
import Access
import Core
import Directory
import Telephony

/// The REST routes of applications (contract 11 §3). Checks run in the order of the contract's table.
extension Applications: RouteProviding {
    /// The routes.
    public var routes: [Route] {
        reading + callRoutes + callActions + mediaRoutes + nodeRoutes + nodeCallRoutes + snoopRoutes + directoryRoutes
    }

    static let path = "/applications/{application_uuid:uuid}"
    static let access = "calld.applications.{application_uuid}"

    @RouteBuilder private var reading: [Route] {
        Route(
            .get,
            Self.path,
            access: "\(Self.access).read",
            "An application",
            answers: .ok(Schemas.application)
        ) { request in
            let record = try await self.application(request).live.record
            return .ok(["destination_node_uuid": record.node == nil ? .null : .string(record.id)])
        }
    }

    @RouteBuilder private var callRoutes: [Route] {
        Route(
            .get,
            "\(Self.path)/calls",
            access: "\(Self.access).calls.read",
            "The calls of an application",
            answers: .ok(.items(of: Schemas.call))
        ) { request in
            let live = try await self.application(request).live
            return .items(live.listedCalls.map { live.picture($0).json(showsVariables: true) })
        }
        Route(
            .post,
            "\(Self.path)/calls",
            access: "\(Self.access).calls.create",
            "Dial an extension; who answers comes into the application",
            takes: .json(CallOrder.self),
            answers: .created(Schemas.call).orRefused(409)
        ) { request in
            let order: CallOrder = try await request.body()
            let loop = try await self.application(request)
            let placed = try await self.place(order, into: nil, of: loop)
            return .created(placed.call.json(showsVariables: true))
        }
        Route(
            .delete,
            "\(Self.path)/calls/{call_id}",
            access: "\(Self.access).calls.{call_id}.delete",
            "Hang up a call",
            answers: .noContent
        ) { request in
            let loop = try await self.application(request)
            try await self.hangUp(try self.call(request, of: loop), of: loop)
            return .noContent
        }
    }

    /// `PUT …/calls/{call_id}/<path>` without a body.
    private func action(
        _ path: String,
        _ suffix: String,
        _ summary: String,
        _ body: @escaping @Sendable (APIRequest, ApplicationCall, ApplicationLoop) async throws -> Void
    ) -> Route {
        Route(
            .put,
            "\(Self.path)/calls/{call_id}/\(path)",
            access: "\(Self.access).calls.{call_id}.\(suffix).update",
            summary,
            answers: .noContent
        ) { request in
            let loop = try await self.application(request)
            try await body(request, try self.call(request, of: loop), loop)
            return .noContent
        }
    }

    @RouteBuilder private var callActions: [Route] {
        action("answer", "answer", "Answer a call") { try await self.answer($1, of: $2) }
        action("hold/start", "hold.start", "Put a call on hold") { try await self.setHold(true, $1, of: $2) }
        action("hold/stop", "hold.stop", "Take a call up again") { try await self.setHold(false, $1, of: $2) }
        action("mute/start", "mute.start", "Mute a call") { try await self.setMute(true, $1, of: $2) }
        action("mute/stop", "mute.stop", "End muting a call") { try await self.setMute(false, $1, of: $2) }
        action("progress/start", "progress.start", "Let the caller hear ringing") {
            try await self.setProgress(true, $1, of: $2)
        }
        action("progress/stop", "progress.stop", "End the ringing") { try await self.setProgress(false, $1, of: $2) }
        action("moh/stop", "moh.stop", "End music on hold") { try await self.stopMusic(on: $1, of: $2) }
        action("moh/{moh_uuid:uuid}/start", "moh.{moh_uuid}.start", "Start music on hold") { request, call, loop in
            try await self.startMusic(request.path("moh_uuid").lowercased(), on: call, of: loop)
        }
        Route(
            .put,
            "\(Self.path)/calls/{call_id}/dtmf",
            access: "\(Self.access).calls.{call_id}.dtmf.update",
            "Make it seem as if a call had sent digits",
            query: DigitsOrder.self,
            answers: .noContent
        ) { request in
            let order: DigitsOrder = try request.query()
            let loop = try await self.application(request)
            try await self.press(order.digits, try self.call(request, of: loop), of: loop)
            return .noContent
        }
    }

    @RouteBuilder private var mediaRoutes: [Route] {
        Route(
            .post,
            "\(Self.path)/calls/{call_id}/playbacks",
            access: "\(Self.access).calls.{call_id}.playbacks.create",
            "Play media to a call",
            takes: .json(PlaybackOrder.self),
            answers: .ok(Schemas.playback).orRefused(409)
        ) { request in
            let loop = try await self.application(request)
            let call = try self.call(request, of: loop)
            return .ok(try await self.play(try await request.body(), to: call, of: loop))
        }
        Route(
            .delete,
            "\(Self.path)/playbacks/{playback_uuid:uuid}",
            access: "\(Self.access).playbacks.{playback_uuid}.delete",
            "End a playback",
            answers: .noContent
        ) { request in
            let loop = try await self.application(request)
            try await self.stopPlayback(request.path("playback_uuid").lowercased(), of: loop)
            return .noContent
        }
    }

    @RouteBuilder private var snoopRoutes: [Route] {
        Route(
            .post,
            "\(Self.path)/calls/{call_id}/snoops",
            access: "\(Self.access).calls.{call_id}.snoops.create",
            "Let a call hear another one, or speak to it",
            takes: .json(SnoopOrder.self),
            answers: .created(Schemas.snoop).orRefused(409)
        ) { request in
            let order: SnoopOrder = try await request.body()
            let loop = try await self.application(request)
            return .created(try await self.makeSnoop(of: ChannelID(request.path("call_id")), order, in: loop).json)
        }
        Route(
            .get,
            "\(Self.path)/snoops",
            access: "\(Self.access).snoops.read",
            "The snoops of an application",
            answers: .ok(.items(of: Schemas.snoop))
        ) { request in
            .items(try await self.application(request).live.openSnoops.map(\.json))
        }
        Route(
            .get,
            "\(Self.path)/snoops/{snoop_uuid:uuid}",
            access: "\(Self.access).snoops.{snoop_uuid}.read",
            "A snoop",
            answers: .ok(Schemas.snoop)
        ) { request in
            let loop = try await self.application(request)
            return .ok(try self.snoop(request, of: loop).json)
        }
        Route(
            .put,
            "\(Self.path)/snoops/{snoop_uuid:uuid}",
            access: "\(Self.access).snoops.{snoop_uuid}.update",
            "Change who hears the snooping call",
            takes: .json(SnoopChange.self),
            answers: .noContent
        ) { request in
            let change: SnoopChange = try await request.body()
            let loop = try await self.application(request)
            try await self.change(try self.snoop(request, of: loop), to: change.mode, of: loop)
            return .noContent
        }
        Route(
            .delete,
            "\(Self.path)/snoops/{snoop_uuid:uuid}",
            access: "\(Self.access).snoops.{snoop_uuid}.delete",
            "End a snoop",
            answers: .noContent
        ) { request in
            let loop = try await self.application(request)
            try await self.delete(try self.snoop(request, of: loop), of: loop)
            return .noContent
        }
    }
}
