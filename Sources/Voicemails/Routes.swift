public import API
import Core
import Directory
import NIOCore

/// The REST routes of voicemails (contract 31 §3).
extension Voicemails: RouteProviding {
    /// The routes.
    @RouteBuilder public var routes: [Route] {
        boxRoutes
        userRoutes
        greetingRoutes(
            "/voicemails/{voicemail_id}",
            "calld.voicemails.{voicemail_id}",
            "of a box"
        ) { request in
            let id = try Self.voicemailID(request)
            return { try await self.box(id, request) }
        }
        greetingRoutes("/users/me/voicemails", "calld.users.me.voicemails", "of the user's box") { request in
            { try await self.ownBox(request) }
        }
        lists
    }

    /// A message's routes, which differ only in how the message is looked for.
    typealias MessageFinding = @Sendable (APIRequest) throws -> @Sendable (String) async throws -> Found

    @RouteBuilder private var boxRoutes: [Route] {
        Route(
            .get,
            "/voicemails/{voicemail_id}",
            access: "calld.voicemails.{voicemail_id}.read",
            "A box with its messages",
            answers: .ok(Schemas.voicemail)
        ) { request in
            let id = try Self.voicemailID(request)
            return try await self.answer(try await self.box(id, request))
        }
        Route(
            .get,
            "/voicemails/{voicemail_id}/folders/{folder_id}",
            access: "calld.voicemails.{voicemail_id}.folders.{folder_id}.read",
            "A folder of a box with its messages",
            answers: .ok(Schemas.folder)
        ) { request in
            let (id, folder) = (try Self.voicemailID(request), try Self.folderID(request))
            return try await self.answer(folder: folder, of: try await self.box(id, request))
        }
        messageRoutes("/voicemails/{voicemail_id}", "calld.voicemails.{voicemail_id}", of: "a box") { request in
            let id = try Self.voicemailID(request)
            return { [self] in [try await box(id, request)] }
        }
    }

    @RouteBuilder private var userRoutes: [Route] {
        Route(
            .get,
            "/users/me/voicemails",
            access: "calld.users.me.voicemails.read",
            "The user's box with its messages",
            answers: .ok(Schemas.voicemail)
        ) { request in try await self.answer(try await self.ownBox(request)) }
        Route(
            .get,
            "/users/me/voicemails/folders/{folder_id}",
            access: "calld.users.me.voicemails.folders.{folder_id}.read",
            "A folder of the user's box with its messages",
            answers: .ok(Schemas.folder)
        ) { request in
            let folder = try Self.folderID(request)
            return try await self.answer(folder: folder, of: try await self.ownBox(request))
        }
        messageRoutes(
            "/users/me/voicemails",
            "calld.users.me.voicemails",
            of: "the user's boxes, those of everybody too"
        ) { request in
            _ = try request.user()
            return { [self] in try await boxes(ofUserOf: request) }
        }
    }

    /// Boxes in which a message is looked for; the path's form is checked before anything is read.
    private typealias BoxesFinding = @Sendable (APIRequest) throws -> @Sendable () async throws -> [Box]

    @RouteBuilder private func messageRoutes(
        _ path: String,
        _ access: String,
        of whose: String,
        in boxes: @escaping BoxesFinding
    ) -> [Route] {
        Route(
            .get,
            "\(path)/messages/{message_id}",
            access: "\(access).messages.{message_id}.read",
            "A message of \(whose)",
            answers: .ok(Schemas.message)
        ) { request in
            let found = try boxes(request)
            let id = try Self.messageID(request)
            return try await self.answer(try await self.message(id, in: try await found()))
        }
        Route(
            .put,
            "\(path)/messages/{message_id}",
            access: "\(access).messages.{message_id}.update",
            "Move a message of \(whose) to another folder",
            takes: .json(MoveRequest.self),
            answers: .noContent
        ) { request in
            let found = try boxes(request)
            let id = try Self.messageID(request)
            let wanted: MoveRequest = try await request.body()
            let places = try await found()
            let folder = try Self.folder(wanted.folder)
            try await self.move(try await self.message(id, in: places), to: folder)
            return .noContent
        }
        Route(
            .delete,
            "\(path)/messages/{message_id}",
            access: "\(access).messages.{message_id}.delete",
            "Delete a message of \(whose)",
            answers: .noContent
        ) { request in
            let found = try boxes(request)
            let id = try Self.messageID(request)
            try await self.delete(try await self.message(id, in: try await found()))
            return .noContent
        }
        Route(
            .get,
            "\(path)/messages/{message_id}/recording",
            access: "\(access).messages.{message_id}.recording.read",
            "The sound of a message of \(whose); header Range is obeyed",
            answers: .bytes("audio/wav"),
            options: .tokenInQuery
        ) { request in
            let found = try boxes(request)
            let id = try Self.messageID(request)
            return try await self.recording(try await self.message(id, in: try await found()), request)
        }
    }

    @RouteBuilder private var lists: [Route] {
        Route(
            .get,
            "/users/me/voicemails/messages",
            access: "calld.users.me.voicemails.messages.read",
            "Messages of all the user's boxes, those of everybody too",
            query: MessagesRequest.self,
            answers: .ok(.items(of: Schemas.unifiedMessage))
        ) { request in try await self.list(try request.query(), for: request) }
        Route(
            .get,
            "/voicemails/messages",
            access: "calld.voicemails.messages.read",
            "Messages of all boxes of the tenant",
            query: AdminMessagesRequest.self,
            answers: .ok(.items(of: Schemas.adminMessage))
        ) { request in try await self.adminList(try request.query(), for: request) }
    }
}
