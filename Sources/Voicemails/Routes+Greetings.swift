import API
import Core
import Foundation
import NIOCore

/// The routes of greetings (contract 31 §3.3), which differ only in whose box it is.
extension Voicemails {
    /// Checks the path's form at once, and finds the box later: the greeting's name is checked between the two.
    typealias GreetingBoxFinding = @Sendable (APIRequest) throws -> @Sendable () async throws -> Box

    @RouteBuilder func greetingRoutes(
        _ path: String,
        _ access: String,
        _ whose: String,
        in box: @escaping GreetingBoxFinding
    ) -> [Route] {
        Route(
            .get,
            "\(path)/greetings/{greeting}",
            access: "\(access).greetings.{greeting}.read",
            "A greeting \(whose)",
            answers: .bytes("audio/wav")
        ) { request in
            let (greeting, box) = try await self.place(request, box)
            guard let file = try await self.greetings.open(greeting, of: box) else {
                throw Failure.noSuchGreeting(greeting.rawValue)
            }
            let name = "vm-greeting-\(greeting.rawValue).wav"
            return APIResponse(file: file, mediaType: "audio/wav", fileName: name, for: request)
        }
        Route(
            .post,
            "\(path)/greetings/{greeting}",
            access: "\(access).greetings.{greeting}.create",
            "Add a greeting \(whose)",
            takes: .bytes("audio/wav"),
            answers: .noContent.orRefused(409)
        ) { request in
            let (greeting, box) = try await self.place(request, box)
            try await self.receive(greeting, of: box, .create, request)
            return .noContent
        }
        Route(
            .put,
            "\(path)/greetings/{greeting}",
            access: "\(access).greetings.{greeting}.update",
            "Replace a greeting \(whose)",
            takes: .bytes("audio/wav"),
            answers: .noContent
        ) { request in
            let (greeting, box) = try await self.place(request, box)
            try await self.receive(greeting, of: box, .replace, request)
            return .noContent
        }
        Route(
            .delete,
            "\(path)/greetings/{greeting}",
            access: "\(access).greetings.{greeting}.delete",
            "Remove a greeting \(whose)",
            answers: .noContent
        ) { request in
            let (greeting, box) = try await self.place(request, box)
            try await self.remove(greeting, of: box)
            return .noContent
        }
        Route(
            .post,
            "\(path)/greetings/{greeting}/copy",
            access: "\(access).greetings.{greeting}.copy.create",
            "Copy a greeting \(whose) over another one",
            takes: .json(CopyRequest.self),
            answers: .noContent
        ) { request in
            let find = try box(request)
            // The body comes before what the path names: existing clients hear of a wrong body first.
            let wanted: CopyRequest = try await request.body()
            let (greeting, box) = try await self.place(request, find)
            try await self.copy(greeting, to: wanted.destination, of: box)
            return .noContent
        }
    }

    private func place(_ request: APIRequest, _ box: GreetingBoxFinding) async throws -> (Greeting, BoxPath) {
        try await place(request, try box(request))
    }

    private func place(
        _ request: APIRequest,
        _ find: @Sendable () async throws -> Box
    ) async throws -> (Greeting, BoxPath) {
        let greeting = try Self.greeting(request)
        let found = try await find()
        // No folder can have such a name, so no greeting is there and none can be put there.
        guard let path = found.path else { throw Failure.noSuchGreeting(greeting.rawValue) }
        return (greeting, path)
    }

    // MARK: Writing

    /// Bytes of a request with a greeting at most: ten minutes at 8 kHz are 9.6 MB.
    static let greetingLimit = 32 * 1_024 * 1_024

    private func receive(
        _ greeting: Greeting,
        of box: BoxPath,
        _ writing: GreetingFiles.Writing,
        _ request: APIRequest
    ) async throws {
        let draft = try await begin(greeting, of: box)
        var count = 0
        try await request.receive(upTo: Self.greetingLimit) { piece in
            count += piece.readableBytes
            try await greetings.append(piece, to: draft)
        }
        guard count > 0 else { throw Failure.invalidGreeting(greeting) }
        if writing == .replace, try await !greetings.exists(greeting, of: box) {
            throw Failure.noSuchGreeting(greeting.rawValue)
        }
        try await finish(draft, greeting, of: box, writing)
    }

    private func copy(_ greeting: Greeting, to destination: Greeting, of box: BoxPath) async throws {
        guard let source = try await greetings.open(greeting, of: box) else {
            throw Failure.noSuchGreeting(greeting.rawValue)
        }
        guard destination != greeting else { return }
        let draft = try await begin(destination, of: box)
        try await source.pieces { try await self.greetings.append($0, to: draft) }
        try await finish(draft, destination, of: box, .replace)
    }

    /// Beside the box's folders; elsewhere when we may not write there but Asterisk would do it for us.
    private func begin(_ greeting: Greeting, of box: BoxPath) async throws -> GreetingFiles.Draft {
        do {
            return try await greetings.begin(greeting, of: box)
        } catch let failure as SpoolFailure {
            guard case .unwritable(_, let code) = failure, code == EACCES || code == EROFS || code == EPERM,
                await actions.writesGreetings()
            else { throw failure }
            return try await greetings.beginElsewhere()
        }
    }

    private func finish(
        _ draft: GreetingFiles.Draft,
        _ greeting: Greeting,
        of box: BoxPath,
        _ writing: GreetingFiles.Writing
    ) async throws {
        let outcome: GreetingFiles.Outcome
        if draft.target != nil {
            outcome = try await greetings.finish(draft, writing)
        } else if let sound = try await greetings.sound(of: draft) {
            outcome = try await actions.write(greeting, of: box, sound: sound, writing)
        } else {
            outcome = .invalid
        }
        switch outcome {
        case .written: return
        case .exists: throw Failure.greetingAlreadyExists(greeting)
        case .invalid: throw Failure.invalidGreeting(greeting)
        }
    }

    private func remove(_ greeting: Greeting, of box: BoxPath) async throws {
        do {
            try await greetings.remove(greeting, of: box)
        } catch let failure as SpoolFailure {
            guard await actions.writesGreetings() else { throw failure }
            try await actions.remove(greeting, of: box)
        }
    }
}
