public import API
import Access
import CallControl
import CallRequests
import Core
import Directory
import Foundation
import NIOCore
import Telephony

/// The REST routes of faxes: sending (contract 30 §3), and ours for seeing what became of them, in both directions.
public struct FaxRoutes: RouteProviding {
    private let sent: SentFaxes
    private let received: ReceivedFaxes

    /// Routes for both directions.
    public init(sent: SentFaxes, received: ReceivedFaxes) {
        self.sent = sent
        self.received = received
    }

    /// The routes.
    @RouteBuilder public var routes: [Route] {
        Route(
            .post,
            "/faxes",
            access: "calld.faxes.create",
            "Send a PDF as a fax",
            query: SendFaxRequest.self,
            takes: .bytes("application/pdf"),
            answers: .created(FaxSchemas.created)
        ) { request in
            let wanted: SendFaxRequest = try request.query()
            let fax = wanted.options.request(context: wanted.context, user: nil)
            return .created(.object(try await sent.send(fax, request).members))
        }
        Route(
            .post,
            "/users/me/faxes",
            access: "calld.users.me.faxes.create",
            "Send a PDF as a fax of the user",
            query: SendOptions.self,
            takes: .bytes("application/pdf"),
            answers: .created(FaxSchemas.created)
        ) { request in
            let user = try request.user()
            let options: SendOptions = try request.query()
            let context = try await sent.context(of: user, tenant: request.tenant)
            return .created(
                .object(try await sent.send(options.request(context: context, user: user), request).members)
            )
        }
        reading
    }

    @RouteBuilder private var reading: [Route] {
        Route(
            .get,
            "/faxes",
            access: "calld.faxes.read",
            "Faxes of the tenant, newest first",
            query: FaxListRequest.self,
            answers: .ok(.items(of: FaxSchemas.fax, counts: ["total"]))
        ) { request in
            let wanted: FaxListRequest = try request.query()
            let all = wanted.direction == .outbound ? sent.items(request.tenant) : received.items(request.tenant)
            let rest = all.dropFirst(wanted.offset)
            return .items(Array(wanted.limit.map { rest.prefix($0) } ?? rest), total: all.count)
        }
        Route(
            .get,
            "/faxes/{fax_id}",
            access: "calld.faxes.{fax_id}.read",
            "A fax",
            answers: .ok(FaxSchemas.fax)
        ) { request in
            let id = request.path("fax_id")
            if let fax = sent.fax(id, request.tenant) { return .ok(fax.item) }
            guard let fax = received.fax(id, request.tenant) else { throw Failure.noSuchFax(id) }
            return .ok(fax.item)
        }
        Route(
            .delete,
            "/faxes/{fax_id}",
            access: "calld.faxes.{fax_id}.delete",
            "Cancel a fax, or remove one that has ended",
            answers: .noContent.orRefused(409)
        ) { request in
            let id = request.path("fax_id")
            if let fax = sent.fax(id, request.tenant) {
                try await sent.cancel(fax, by: request.identity.user)
                return .noContent
            }
            try await received.discard(id, request.tenant, by: request.identity.user)
            return .noContent
        }
        Route(
            .get,
            "/faxes/{fax_id}/document",
            access: "calld.faxes.{fax_id}.document.read",
            "What is sent, or was received, as TIFF",
            answers: .bytes("image/tiff"),
            options: .tokenInQuery
        ) { request in
            let id = request.path("fax_id")
            var file: OpenFile?
            if sent.fax(id, request.tenant) != nil {
                file = try await sent.spool.document(of: id)
            } else if let fax = received.fax(id, request.tenant) {
                file = try await received.spool.document(of: fax)
            }
            guard let file else { throw Failure.noSuchFax(id) }
            return APIResponse(file: file, mediaType: "image/tiff", fileName: "fax-\(id).tif", for: request)
        }
    }
}

extension SentFaxes {
    /// The faxes of a tenant, newest first.
    fileprivate func items(_ tenant: TenantID) -> [JSONValue] {
        aggregates.machines.filter { $0.tenant == tenant && $0.revision > 0 }
            .sorted { ($1.createdAt, $1.id) < ($0.createdAt, $0.id) }
            .map(\.item)
    }

    fileprivate func fax(_ id: String, _ tenant: TenantID) -> SentFax? {
        aggregates.machine(id).flatMap { $0.tenant == tenant && $0.revision > 0 ? $0 : nil }
    }

    /// The context of the user's main line.
    fileprivate func context(of user: UserID, tenant: TenantID) async throws -> String {
        guard let record = try await ports.users.user(user, tenant: tenant) else { throw Failure.invalidUser(user) }
        guard let line = record.lines.first else { throw Failure.noMainLine(user) }
        return line.context
    }

    /// Takes a fax, up to the moment when the far end is being called.
    fileprivate func send(_ wanted: SentFax.Request, _ request: APIRequest) async throws -> SentFax {
        try await check(wanted, for: request.tenant)
        let id = UUID().uuidString.lowercased()
        isArriving(id, true)
        defer { isArriving(id, false) }
        do {
            try await receive(id, request)
            let fax = SentFax(
                id: id,
                tenant: request.tenant,
                request: wanted,
                limits: limits,
                createdAt: ports.clock.now
            )
            return try await begin(fax)
        } catch {
            // What became a job looks after its files itself.
            if aggregates.machine(id) == nil { try? await spool.remove(id) }
            if let failure = error as? SpoolFailure { throw Failure.faxSpool(failure.description) }
            throw error
        }
    }

    /// The destination can be called; a context that the client chose is the tenant's.
    private func check(_ wanted: SentFax.Request, for tenant: TenantID) async throws {
        let place = DialplanPlace(context: wanted.context, exten: wanted.exten)
        let isThere: Bool
        do {
            // A user's own fax goes out in the context of their line.
            isThere =
                wanted.user != nil
                ? try await ports.destinations.has(place)
                : try await ports.destinations.allows(place, for: tenant)
        } catch let failure as ManagerFailure {
            throw ports.managerFailures.failure(for: failure)
        }
        guard isThere else {
            throw Failure.invalidExtension(DialplanPlace(context: wanted.context, exten: wanted.exten))
        }
    }

    /// Writes the body to our spool; what does not begin as a PDF is refused at once. A mark of the byte order and
    /// blank lines before it are left out: mail programs and form builders put them there.
    private func receive(_ id: String, _ request: APIRequest) async throws {
        let document = try await spool.begin(id)
        var head = DocumentHead()
        try await request.receive(upTo: Int.max) { piece in
            guard let piece = head.take(piece) else { throw Failure.faxConversion }
            if piece.readableBytes > 0 { try await spool.append(piece, to: document) }
        }
        guard head.isPDF else { throw Failure.faxConversion }
    }

    func begin(_ fax: SentFax) async throws -> SentFax {
        await makeRoom()
        do {
            let begun = try await aggregates.create(
                fax,
                beginning: .requested(by: fax.request.user),
                within: .seconds(configuration.conversionLimit + 30)
            )
            return begun
        } catch let refusal as AggregateRefusal {
            throw failure(for: refusal, of: fax.id)
        }
    }

    /// Gives one up that is under way, removes one that has ended.
    fileprivate func cancel(_ fax: SentFax, by user: UserID?) async throws {
        let event: SentFax.Event =
            fax.phase.isOver ? .discarded(by: user) : .cancelled(by: user, at: ports.clock.now)
        do {
            _ = try await aggregates.request(event, of: fax.id)
        } catch AggregateRefusal.notNow {
            // It has ended meanwhile, and is what the client wanted it to be: not under way.
        } catch let refusal as AggregateRefusal {
            throw failure(for: refusal, of: fax.id)
        }
    }

    private func failure(for refusal: AggregateRefusal, of id: String) -> Failure {
        switch refusal {
        case .notFound, .conflict, .notNow: .noSuchFax(id)
        case .failed(let failure): failure
        case .databaseUnreachable: .databaseUnreachable
        case .late: ports.failures.failure(for: .unreachable("no answer within the limit"))
        }
    }
}
